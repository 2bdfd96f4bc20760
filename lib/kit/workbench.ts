import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { SyncError, codeOf } from '../core/errors.ts'
import { processState } from '../daemon/process-identity.ts'

/** What is to lie in a directory under a name, and the link that is to lead to it. */
export interface Placed {
  readonly name: string
  readonly link: string
  /** True when it lies there as it should. */
  isWhole(): boolean
  /** Makes it whole at a path at which nothing is; it may be called again. */
  make(path: string): void
}

/**
 * Where one process makes what it then shows by a rename, in the directory in which that is to lie. Its name there,
 * `new.<letters>.<process>`, says whose it is, as in `takeScript`: that of a process that is gone is anybody's to remove.
 */
export interface Workbench {
  /**
   * Puts something there, unless it is there, and has its link lead to it. What lies there damaged goes; what another
   * process put there meanwhile stays. Throws BUSY when others come between again and again, and what `link` throws.
   */
  place(placed: Placed): void
  /**
   * Makes a link lead somewhere, with no moment at which there is none. Throws REFUSED when something else stands there.
   */
  link(path: string, target: string): void
  /** Removes what is old there and not in use. While another process is at work there all of it stays, until the next time. */
  clear(isOld: (name: string) => boolean, isUsed: (name: string) => boolean): void
  /** Takes the bench away, with all that is on it. */
  close(): void
}

/** How often somebody else may come between, in a step of microseconds. */
const attempts = 9

/** Sets a bench up in a directory, and clears away those of processes that are gone. */
export function openWorkbench(directory: string): Workbench {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const own = `new.${randomBytes(4).toString('hex')}.${process.pid}`
  const bench = join(directory, own)
  mkdirSync(bench, { mode: 0o700 })
  const others = (): readonly string[] => readdirSync(directory).filter(name => name.startsWith('new.') && name !== own)
  for (const other of others()) {
    if (!isOwned(other)) rmSync(join(directory, other), { recursive: true, force: true })
  }
  let count = 0
  const fresh = (): string => join(bench, `${++count}`)

  const link = (path: string, target: string): void => {
    const standing = lstatSync(path, { throwIfNoEntry: false })
    if (standing !== undefined && !standing.isSymbolicLink()) {
      throw new SyncError('REFUSED', `Cannot link ${path}: something else stands there`, { hint: 'Move it elsewhere' })
    }
    if (standing !== undefined && readlinkSync(path) === target) return
    const made = fresh()
    symlinkSync(target, made)
    renameSync(made, path)
  }

  return {
    place({ name, link: from, isWhole, make }) {
      const path = join(directory, name)
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (!isWhole()) {
          const made = fresh()
          make(made)
          if (!isWhole()) {
            move(path, fresh(), ['ENOENT'])
            if (!move(made, path, ['ENOTEMPTY', 'EEXIST'])) continue
          }
        }
        link(from, name)
        // It is gone when somebody took it for an old one before the link was made.
        if (existsSync(path)) return
      }
      throw new SyncError('BUSY', `Cannot put ${path} there: others put something else there`, { verdict: 'retry' })
    },
    link,
    clear(isOld, isUsed) {
      if (others().some(isOwned)) return
      for (const name of readdirSync(directory)) {
        if (!isOld(name) || isUsed(name)) continue
        const [path, aside] = [join(directory, name), fresh()]
        // Whoever came to use it since either sees it gone and brings it anew, or is seen here.
        if (move(path, aside, ['ENOENT']) && isUsed(name)) move(aside, path, ['ENOTEMPTY', 'EEXIST'])
      }
    },
    close: () => rmSync(bench, { recursive: true, force: true }),
  }
}

function isOwned(name: string): boolean {
  const [, process] = /\.(\d{1,15})$/.exec(name) ?? []
  return process !== undefined && processState(Number(process)).alive
}

/** @returns false when it failed with one of these codes */
function move(from: string, to: string, unless: readonly string[]): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (unless.includes(codeOf(error) ?? '')) return false
    throw error
  }
}
