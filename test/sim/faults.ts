import type { ErrorCode } from '../../lib/core/errors.ts'
import { diskError } from '../../lib/replica/disk/errors.ts'

/** What a process asks of its host that can go wrong or be its last act. */
export type CallName =
  | 'open'
  | 'ensureBase'
  | 'flush'
  | 'list'
  | 'stat'
  | 'lookup'
  | 'child'
  | 'read'
  | 'readlink'
  | 'create'
  | 'append'
  | 'symlink'
  | 'mkdir'
  | 'rmdir'
  | 'unlink'
  | 'link'
  | 'rename'
  | 'setMode'
  | 'setTimes'
  | 'syncDirectory'
  | 'statFile'
  | 'readBytes'
  | 'unwritten'
  | 'write'
  | 'sync'
  | 'store'

/** The process is dead: thrown by the call it died in and by every call after that. It has no code, so nobody may swallow it. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

/** Calls that need room on the disk. */
const growing: ReadonlySet<CallName> = new Set([
  'ensureBase',
  'create',
  'append',
  'symlink',
  'mkdir',
  'link',
  'write',
  'store',
])

/** Calls that change the disk. */
const changing: ReadonlySet<CallName> = new Set([
  ...growing,
  'rmdir',
  'unlink',
  'rename',
  'setMode',
  'setTimes',
  'syncDirectory',
  'sync',
  'flush',
])

/** Calls that take a file descriptor. */
const opening: ReadonlySet<CallName> = new Set(['open', 'list', 'child', 'read', 'create', 'append', 'readlink'])

/** Whether a call can fail that way at all; asking for ENOSPC from `lookup` would prove nothing. */
function canFail(name: CallName, code: ErrorCode): boolean {
  if (name === 'unwritten') return false
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return growing.has(name) || name === 'rename' || name === 'sync' || name === 'flush'
    case 'EROFS':
      return changing.has(name)
    case 'EMFILE':
    case 'ENFILE':
      return opening.has(name)
    default:
      return true
  }
}

/**
 * What befalls one process: every call it makes of disks and store is counted here, may fail, be the last, or find that
 * somebody else was quicker. Calls are numbered from 1.
 */
export class Faults {
  /** Calls made so far. */
  calls = 0
  readonly counts = new Map<CallName, number>()
  /** While true whatever needs room fails with ENOSPC; renames and removals go on working. */
  full = false
  /** True from the crash on. */
  dead = false
  /** Told of every call, to print the history of a failing seed. */
  trace: ((line: string) => void) | undefined
  readonly #actions = new Map<number, (() => void)[]>()
  readonly #failures: { readonly from: number; readonly code: ErrorCode }[] = []
  #crash: { readonly call: number; readonly when: 'before' | 'after' } | undefined

  /** Does something, as another program would, just before the n-th call. */
  at(call: number, action: () => void): void {
    const actions = this.#actions.get(call)
    if (actions === undefined) this.#actions.set(call, [action])
    else actions.push(action)
  }

  /** The n-th call, or the first after it that can, fails with this code. */
  failAt(call: number, code: ErrorCode): void {
    this.#failures.push({ from: call, code })
  }

  /** The process dies in the n-th call, before or after that did its work. */
  crashAt(call: number, when: 'before' | 'after' = 'before'): void {
    this.#crash = { call, when }
  }

  /** Nothing that was put in for later happens, and there is room again. */
  heal(): void {
    this.#actions.clear()
    this.#failures.length = 0
    this.#crash = undefined
    this.full = false
  }

  /** The process is killed between two calls. */
  kill(): void {
    this.dead = true
  }

  /**
   * Makes one call, with what befalls it.
   * @param subject the name it is about, for the trace
   * @param failed told of a failure put in here; for calls that leave something behind even then
   */
  call<T>(name: CallName, subject: string, work: () => T, failed?: () => void): T {
    if (this.dead) throw new Crash('The process is dead')
    const number = ++this.calls
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
    this.trace?.(`${number} ${name} ${subject}`)
    this.#actions.get(number)?.forEach(action => action())
    this.#dieAt(number, 'before')
    const code = this.#failureOf(name, number)
    if (code !== undefined) {
      failed?.()
      throw diskError(code, `${name} (put in at call ${number})`, subject)
    }
    const result = work()
    this.#dieAt(number, 'after')
    return result
  }

  #failureOf(name: CallName, number: number): ErrorCode | undefined {
    if (this.full && growing.has(name)) return 'ENOSPC'
    const index = this.#failures.findIndex(failure => failure.from <= number && canFail(name, failure.code))
    return index < 0 ? undefined : this.#failures.splice(index, 1)[0]?.code
  }

  #dieAt(number: number, when: 'before' | 'after'): void {
    if (this.#crash?.call !== number || this.#crash.when !== when) return
    this.dead = true
    throw new Crash(`The process died ${when} call ${number}`)
  }
}
