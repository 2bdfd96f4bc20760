import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinNative } from 'node:path'
import { codeOf } from '../../lib/core/errors.ts'
import { fromBytes, join, toBytes } from '../../lib/core/path.ts'

/** What stands at a path, as far as a watcher may have something to tell about it. */
export type Look =
  | { readonly kind: 'file'; readonly text: string; readonly mode: number }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'directory'; readonly names: readonly string[] }

/** A root and what people and programs do to it. Paths are relative core names; calls are done when they return. */
export interface WatchDisk {
  /** Absolute path of the root. */
  readonly root: string
  look(path: string): Look | undefined
  mkdir(path: string): void
  /** Opens with O_TRUNC, writes, closes. */
  write(path: string, text: string): void
  append(path: string, text: string): void
  truncate(path: string): void
  copy(from: string, to: string): void
  rename(from: string, to: string): void
  symlink(path: string, target: string): void
  chmod(path: string, mode: number): void
  unlink(path: string): void
  /** Like `rm -rf`. */
  removeAll(path: string): void
  close(): void
}

/** Directories not removed yet: a test that is cut short, by the time it may take or by Ctrl-C, leaves nothing behind either. */
const left = new Set<string>()

function removeTop(top: string): void {
  rmSync(top, { recursive: true, force: true, maxRetries: 5 })
  left.delete(top)
}

process.on('exit', () => {
  for (const top of left) removeTop(top)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))

/** A real directory below the system's temporary one, which goes at the latest with this process. */
export function realDisk(): WatchDisk {
  const top = realpathSync(mkdtempSync(joinNative(tmpdir(), 'dsync-watch-')))
  left.add(top)
  const root = joinNative(top, 'root')
  mkdirSync(root)
  const at = (path: string) => Buffer.from(toBytes(path === '' ? root : join(root, path)))
  return {
    root,
    look: path => look(at(path)),
    mkdir: path => mkdirSync(at(path)),
    write: (path, text) => writeFileSync(at(path), text),
    append: (path, text) => appendFileSync(at(path), text),
    truncate: path => truncateSync(at(path)),
    copy: (from, to) => copyFileSync(at(from), at(to)),
    rename: (from, to) => renameSync(at(from), at(to)),
    symlink: (path, target) => symlinkSync(target, at(path)),
    chmod: (path, mode) => chmodSync(at(path), mode),
    unlink: path => unlinkSync(at(path)),
    removeAll: path => rmSync(at(path), { recursive: true }),
    close: () => removeTop(top),
  }
}

function look(path: Buffer): Look | undefined {
  try {
    const stat = lstatSync(path)
    if (stat.isDirectory())
      return { kind: 'directory', names: readdirSync(path, { encoding: 'buffer' }).map(fromBytes) }
    if (stat.isSymbolicLink()) return { kind: 'symlink', target: readlinkSync(path) }
    return { kind: 'file', text: readFileSync(path, 'latin1'), mode: stat.mode & 0o777 }
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
