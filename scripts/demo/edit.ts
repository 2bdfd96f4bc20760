import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { codeOf } from '../../lib/core/errors.ts'
import { expect } from '../stage/observer.ts'

/** One edit of one side, and how the other side knows that it has arrived. Both are told the root to work in. */
export interface Edit {
  readonly says: string
  readonly path: string
  readonly make: (root: string) => void
  readonly arrived: (root: string) => boolean
}

type Save = (path: string, content: string | Uint8Array) => void

/** A file with new content, in a directory that may be missing. Whoever reads it meanwhile finds the old content or the new. */
export function put(says: string, path: string, content: string | Uint8Array, save: Save = writeFileSync): Edit {
  const wanted = Buffer.from(content)
  let old: Buffer | undefined
  return {
    says,
    path,
    make(root) {
      old = contentAt(join(root, path))
      mkdirSync(dirname(join(root, path)), { recursive: true })
      save(join(root, path), content)
    },
    arrived(root) {
      const found = contentAt(join(root, path))
      if (found?.equals(wanted) === true) return true
      expect(same(found, old), `${path} was seen half written`)
      return false
    },
  }
}

/** As editors save: a new file takes the old one's place. */
export function byRename(path: string, content: string | Uint8Array): void {
  writeFileSync(`${path}.new`, content)
  renameSync(`${path}.new`, path)
}

export function rename(path: string, to: string): Edit {
  return {
    says: 'rename',
    path: `${path} → ${to}`,
    make: root => renameSync(join(root, path), join(root, to)),
    arrived: root => exists(join(root, to)) && !exists(join(root, path)),
  }
}

export function runnable(path: string): Edit {
  return {
    says: 'made executable',
    path,
    make: root => chmodSync(join(root, path), 0o755),
    arrived: root => (lstatSync(join(root, path)).mode & 0o777) === 0o755,
  }
}

export function link(path: string, target: string): Edit {
  return {
    says: 'new link',
    path,
    make: root => symlinkSync(target, join(root, path)),
    arrived: root => exists(join(root, path)) && readlinkSync(join(root, path)) === target,
  }
}

export function remove(path: string): Edit {
  return {
    says: 'delete',
    path,
    make: root => rmSync(join(root, path)),
    arrived: root => !exists(join(root, path)),
  }
}

/** A file's content; undefined when there is no such file. */
function contentAt(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

function same(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b)
}
