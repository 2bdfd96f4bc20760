import { folded } from '../core/folded-name.ts'
import type { Clock } from '../ports/clock.ts'
import type { DirectoryHandle, Stat } from '../ports/disk.ts'

/** A directory whose times are as old as this hides no later change behind them (ms): FAT counts in steps of 2 s. */
const settledMs = 3000

interface Listed {
  /** Where nothing can come between two questions: the same handle within one turn. */
  directory: DirectoryHandle | undefined
  readonly stat: Stat
  /** Its times vouch for it. */
  readonly isSettled: boolean
  /** By the spelling itself and by what all of it have in common. */
  readonly names: ReadonlyMap<string, string>
}

/**
 * How things are called on a disk that takes several spellings for one name (case, Unicode forms): a lookup finds what
 * stands there by any of them, and only a listing tells which one it bears.
 */
export class Spellings {
  readonly #folds: boolean
  readonly #clock: Clock
  #last: Listed | undefined

  constructor(folds: boolean, clock: Clock) {
    this.#folds = folds
    this.#clock = clock
  }

  /** The spelling borne by what a lookup of this name finds; undefined when the listing has none of that name. */
  of(directory: DirectoryHandle, name: string): string | undefined {
    if (!this.#folds) return name
    if (this.#last?.directory !== directory) this.#last = this.#list(directory)
    return this.#last?.names.get(name) ?? this.#last?.names.get(folded(name))
  }

  /** Others had a turn: what was listed counts only where the directory's times say that it still does. */
  forget(): void {
    if (this.#last?.isSettled === true) this.#last.directory = undefined
    else this.#last = undefined
  }

  #list(directory: DirectoryHandle): Listed {
    const stat = directory.stat()
    if (this.#last?.isSettled === true && isSame(this.#last.stat, stat)) return { ...this.#last, directory }
    const names = new Map<string, string>()
    for (const { name } of directory.list()) {
      if (!names.has(folded(name))) names.set(folded(name), name)
      names.set(name, name)
    }
    const age = Math.abs(this.#clock.now() - Math.max(stat.mtimeMs, stat.ctimeMs))
    return { directory, stat, isSettled: age > settledMs, names }
  }
}

function isSame(a: Stat, b: Stat): boolean {
  return a.inode === b.inode && a.device === b.device && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs
}
