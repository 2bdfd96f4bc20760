import { SyncError } from '../core/errors.ts'
import type { Exemption, ReplicaCommand, Tracked } from '../core/messages.ts'
import type { Path } from '../core/path.ts'
import { isWithin, rebase } from '../core/path.ts'
import type { Disk } from '../ports/disk.ts'
import type { DirectoryKey } from '../ports/watcher.ts'
import type { Attachment, Attachments } from './attachments.ts'
import type { DirectoryNode } from './directory-nodes.ts'
import { judgePaths } from './ignore-files.ts'
import { lookAgain } from './refresh.ts'
import { Repositories } from './repositories.ts'
import type { Surroundings, Tracking } from './surroundings.ts'
import type { Told } from './tracked-memory.ts'
import { readTracked, saveTracked } from './tracked-memory.ts'

/** What leaves an index counts this much longer (ms): the files of a repository that is removed go after its index. */
const leavingMs = 2000

/** How often that is put off while names wait for a look. */
const leavingTurns = 15

/** Hosts whose word is remembered. */
const hostsRemembered = 64

type Exempt = ReplicaCommand & { readonly type: 'exempt' }

interface Parts {
  readonly around: Surroundings
  readonly work: Disk
  readonly attachments: Attachments
  /** Something waits for a look. */
  readonly isBusy: () => boolean
  readonly wake: () => void
}

/**
 * Which paths no default rule ignores: what git's indexes on this host name, and what sessions say for other hosts. It
 * is remembered, so that nothing is taken for ignored because a host, or its index, is not there yet.
 */
export class TrackedPaths implements Tracking {
  readonly #parts: Parts
  readonly #repositories: Repositories
  /** By the other host of the session that said it. */
  readonly #told = new Map<string, Told>()
  readonly #hosts = new WeakMap<Attachment, string>()
  /** What each session was last told that indexes name. */
  readonly #heard = new WeakMap<Attachment, ReadonlySet<Path>>()
  #named: ReadonlySet<Path> = new Set()
  /** No index of this host names them any more, or a directory took them along to where none names them yet. */
  readonly #leaving = new Set<Path>()
  #exempt: ReadonlySet<Path> = new Set()
  #cancelLeaving: (() => void) | undefined
  #isStale = false
  #saved: string | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#repositories = new Repositories(parts.around, parts.wake)
  }

  /** What was in force when the replica was closed is again, until the indexes are read and the sessions speak. */
  begin(): void {
    const { work, around } = this.#parts
    const memory = readTracked(work)
    if (memory === undefined) return
    for (const [host, told] of memory.told) this.#told.set(host, told)
    for (const path of memory.named) this.#leaving.add(path)
    this.#exempt = this.#inForce()
    around.rules.ignore.exempt(this.#exempt)
    this.#letLeave(leavingTurns)
  }

  close(): void {
    this.#cancelLeaving?.()
  }

  /** What a session is told with its first event. */
  at(attachment: Attachment): Tracked {
    const named = this.#namedFor(attachment)
    this.#heard.set(attachment, named)
    return { named: [...named], others: [...this.#exempt].filter(path => !named.has(path)) }
  }

  /** A session says what is exempt on both its sides. */
  take(attachment: Attachment, { host, paths, theirs }: Exempt): void {
    this.#hosts.set(attachment, host)
    this.#told.delete(host)
    if (paths.length > 0) this.#told.set(host, { paths: new Set(paths), theirs: new Set(theirs) })
    for (const first of this.#told.keys()) {
      if (this.#told.size <= hostsRemembered) break
      this.#told.delete(first)
    }
    this.#settle()
  }

  /** Why no default ignores a path; undefined: none would, or one does. */
  exemption(path: Path): Exemption | undefined {
    const rule = this.#parts.around.rules.ignore.exemption(path)
    return rule && { rule, repository: this.#repositories.naming(path) }
  }

  /** Something happened in a directory that was watched for an index. */
  heed(key: DirectoryKey, name: string | undefined): void {
    this.#repositories.heed(key, name)
  }

  note(node: DirectoryNode): void {
    this.#repositories.note(node)
  }

  /** True while something is to be read before what is known of the root is complete. */
  get areDue(): boolean {
    return this.#isStale || this.#repositories.areDue
  }

  /** The directory is known no more. */
  forget(node: DirectoryNode): void {
    if (this.#repositories.forget(node)) this.#isStale = true
  }

  /** Work that waits: an index to be read. */
  next(): Generator<void, void, undefined> | undefined {
    const node = this.#repositories.take()
    if (node !== undefined) return this.#read(node)
    return this.#isStale ? this.#settleNow() : undefined
  }

  /** To be run before the names of a directory are judged. @param isRepository it has an entry `.git` */
  *listed(node: DirectoryNode, isRepository: boolean): Generator<void, void, undefined> {
    if (isRepository || this.#repositories.has(node)) yield* this.#read(node)
  }

  /** A directory stands at another place: what is exempt below goes with it until its index, or the other side, says so. */
  moved({ from, to }: { readonly from: Path; readonly to: Path }): void {
    for (const path of this.#exempt) if (isWithin(path, from)) this.#leaving.add(rebase(path, from, to))
    this.#repositories.moved(to)
    this.#settle()
  }

  *#read(node: DirectoryNode): Generator<void, void, undefined> {
    if (yield* this.#repositories.read(node)) this.#settle()
  }

  // oxlint-disable-next-line require-yield -- it does all it does at once
  *#settleNow(): Generator<void, void, undefined> {
    this.#settle()
  }

  /** Brings the rules, the sessions and the memory up to what is known now. */
  #settle(): void {
    const { around, attachments } = this.#parts
    this.#isStale = false
    const named = this.#repositories.paths()
    for (const path of this.#named) {
      if (named.has(path)) continue
      this.#leaving.add(path)
      // It may be gone, and nobody may have told.
      lookAgain(path, around)
    }
    for (const path of named) this.#leaving.delete(path)
    this.#named = named
    if (this.#going().length > 0) this.#letLeave(leavingTurns)
    const old = this.#exempt
    const now = this.#inForce()
    const changed = [...old, ...now].filter(path => old.has(path) !== now.has(path))
    if (changed.length > 0) {
      this.#exempt = now
      around.rules.ignore.exempt(now)
      judgePaths(changed, around)
    }
    for (const attachment of attachments.ready()) {
      const heard = this.#heard.get(attachment)
      if (heard === undefined || !isSame(heard, this.#namedFor(attachment)))
        attachments.tell(attachment, { type: 'tracked', tracked: this.at(attachment) })
    }
    this.#save()
  }

  /** What indexes name, but for what the other side of this very session said. */
  #namedFor(attachment: Attachment): ReadonlySet<Path> {
    const host = this.#hosts.get(attachment)
    const named = new Set([...this.#named, ...this.#leaving])
    for (const [other, { theirs }] of this.#told) if (other !== host) for (const path of theirs) named.add(path)
    return named
  }

  #inForce(): ReadonlySet<Path> {
    const all = new Set([...this.#named, ...this.#leaving])
    for (const { paths } of this.#told.values()) for (const path of paths) all.add(path)
    return all
  }

  /** What leaves: not what an index may still name that cannot be read. */
  #going(): readonly Path[] {
    const unread = this.#repositories.unread()
    return [...this.#leaving].filter(path => !unread.some(top => isWithin(path, top)))
  }

  #letLeave(turns: number): void {
    const { around, isBusy, wake } = this.#parts
    this.#cancelLeaving?.()
    this.#cancelLeaving = around.clock.after(leavingMs, () => {
      if (isBusy() && turns > 0) return this.#letLeave(turns - 1)
      this.#cancelLeaving = undefined
      for (const path of this.#going()) this.#leaving.delete(path)
      this.#isStale = true
      wake()
    })
  }

  /** A disk that refuses costs the next start some looks. */
  #save(): void {
    const memory = { named: [...this.#named, ...this.#leaving], told: this.#told }
    try {
      this.#saved = saveTracked(this.#parts.work, memory, this.#saved)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
    }
  }
}

function isSame(a: ReadonlySet<Path>, b: ReadonlySet<Path>): boolean {
  return a.size === b.size && [...a].every(path => b.has(path))
}
