import { codeOf } from '../core/errors.ts'
import type { GuardKind } from '../core/operation.ts'
import type { Clock } from '../ports/clock.ts'
import type { DirectoryHandle, Disk, Stat } from '../ports/disk.ts'
import { lookedUp } from './look.ts'

/** How often a root that is gone is looked for (ms). */
const lookAgainMs = 2000

interface Told {
  readonly held: (guard: GuardKind, why: string) => void
  readonly lifted: (guard: GuardKind) => void
}

/**
 * Notices when the root's name no longer leads to the directory that was scanned: an unmounted disk or a root moved
 * away must never look like deletions. It lifts by itself when the very same directory is back.
 */
export class RootGuard {
  readonly #holder: { readonly disk: Disk; readonly name: string }
  readonly #root: Pick<Stat, 'device' | 'inode'>
  readonly #clock: Clock
  readonly #told: Told
  #held: GuardKind | undefined
  /** It refused to be listed, and has not been listed since. */
  #isUnreadable = false
  #cancel: () => void = () => {}

  constructor(
    holder: { readonly disk: Disk; readonly name: string },
    root: Pick<Stat, 'device' | 'inode'>,
    clock: Clock,
    told: Told,
  ) {
    this.#holder = holder
    this.#root = root
    this.#clock = clock
    this.#told = told
  }

  get isHeld(): boolean {
    return this.#held !== undefined
  }

  /** Looks at the root by its name; false while it is held. */
  check(): boolean {
    const [guard, why] = this.#look()
    if (guard === this.#held) return guard === undefined
    const before = this.#held
    this.#held = guard
    this.#cancel()
    if (before !== undefined) this.#told.lifted(before)
    if (guard === undefined) return true
    this.#told.held(guard, why)
    this.#watchForReturn()
    return false
  }

  /** The root refused to be listed: held until it can be. True when it can be now. */
  rootUnreadable(): boolean {
    this.#isUnreadable = true
    return this.check()
  }

  /** A person cannot wish a root back: only its return lifts these guards. */
  approve(_guard: GuardKind): void {
    this.check()
  }

  close(): void {
    this.#cancel()
  }

  #watchForReturn(): void {
    this.#cancel = this.#clock.after(lookAgainMs, () => {
      if (!this.check()) this.#watchForReturn()
    })
  }

  #look(): readonly [GuardKind | undefined, string] {
    const where = `${this.#holder.disk.base}/${this.#holder.name}`
    try {
      const handle = this.#holder.disk.open('')
      try {
        const stat = handle.lookup(this.#holder.name)
        if (stat === undefined) return ['root-missing', `the root ${where} is gone`]
        if (stat.kind !== 'directory') return ['root-replaced', `the root ${where} is a ${stat.kind} now`]
        if (stat.device !== this.#root.device || stat.inode !== this.#root.inode)
          return ['root-replaced', `the root ${where} is another directory now`]
        if (this.#isUnreadable) tryToList(handle, this.#holder.name)
        this.#isUnreadable = false
        return [undefined, '']
      } finally {
        handle.close()
      }
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      return ['root-missing', `the root ${where} cannot be reached: ${codeOf(error)}`]
    }
  }
}

/** Lists it and looks into it: of a directory that may only be listed nothing but names is known. */
function tryToList(holder: DirectoryHandle, name: string): void {
  const handle = holder.child(name)
  try {
    const [first] = handle.list()
    if (first !== undefined) lookedUp(handle, first.name)
  } finally {
    handle.close()
  }
}
