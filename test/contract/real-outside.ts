import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { codeOf } from '../../lib/core/errors.ts'
import { join, toBytes } from '../../lib/core/path.ts'
import type { Outside } from './disk-case.ts'

/** Removes a folder of ours, whatever modes a test left in it. */
export function removeTree(directory: string): void {
  openUp(Buffer.from(directory))
  fs.rmSync(directory, { recursive: true, force: true })
}

function openUp(directory: Buffer): void {
  fs.chmodSync(directory, 0o700)
  for (const entry of fs.readdirSync(directory, { withFileTypes: true, encoding: 'buffer' })) {
    if (entry.isDirectory()) openUp(Buffer.concat([directory, Buffer.from('/'), entry.name]))
  }
}

/** Another program on a real disk. */
export function realOutside(base: string): Outside {
  const at = (path: string): Buffer => Buffer.from(toBytes(path === '' ? base : join(base, path)))
  return {
    write: (path, text) => fs.writeFileSync(at(path), text),
    open(path) {
      const descriptor = fs.openSync(at(path), 'r+')
      return { write: text => void fs.writeSync(descriptor, text), close: () => fs.closeSync(descriptor) }
    },
    read(path) {
      try {
        return fs.readFileSync(at(path), 'utf8')
      } catch (error) {
        if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
        throw error
      }
    },
    mkdir: path => fs.mkdirSync(at(path)),
    symlink: (target, path) => fs.symlinkSync(Buffer.from(toBytes(target)), at(path)),
    fifo(path) {
      try {
        execFileSync('mkfifo', ['--', `${base}/${path}`], { stdio: 'ignore' })
        return true
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return false
        throw error
      }
    },
    rename: (from, to) => fs.renameSync(at(from), at(to)),
    remove: path => fs.rmSync(at(path), { recursive: true, force: true }),
    chmod: (path, mode) => fs.chmodSync(at(path), mode),
  }
}
