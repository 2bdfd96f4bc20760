import type { Digest, Entry } from '../entry.ts'
import { isSynced } from '../entry.ts'
import { inlineContentBytes } from '../limits.ts'
import type { ReplicaCommand, ReplicaEvent } from '../messages.ts'
import type { Content, Side } from '../operation.ts'
import { isFile, otherSide } from '../operation.ts'
import type { Path } from '../path.ts'
import type { Outstanding } from './barriers.ts'
import type { Both, OpenConflict } from './messages.ts'
import { sides } from './messages.ts'

/** One copy that is to be kept on `holder`: the other side's version of a conflicting path. */
interface Keep {
  readonly holder: Side
  readonly path: Path
  readonly version: Entry
  /** When what led to it was first heard of (monotonic ms). */
  readonly since: number
  /** Its large content was sent for it. */
  readonly isStaged: boolean
}

type Kept = ReplicaEvent & { readonly type: 'kept' }

/** Which copy came to be, or why it did not. `isTold`: the same was said of it before. */
interface Settled {
  readonly path: Path
  readonly holder: Side
  readonly isTold: boolean
}

/** What keeping asks of the session. */
export interface KeeperOrders {
  readonly command: (side: Side, command: ReplicaCommand) => void
  /** Stages large content on the holder; `slotReady` follows. */
  readonly stage: (holder: Side, needs: { readonly digest: Digest; readonly size: number; readonly path: Path }) => void
  /**
   * A copy did not come to be for what is on that side: its conflict is to be judged again, not at once. `since`:
   * whoever waits goes on waiting for it; without, nobody does.
   */
  readonly missed: (side: Side, path: Path, since?: number) => void
  readonly nextId: () => number
  readonly hostOf: (side: Side) => string
}

/** Brings each side a copy of the other's version of every conflict, and keeps it up to date while both go on editing. */
export class Keeper {
  readonly #orders: KeeperOrders
  readonly #reads = new Map<number, Keep>()
  readonly #staging = new Map<Digest, Keep[]>()
  readonly #sent = new Map<number, Keep>()
  /** The version that each side is to hold a copy of, by path: a small one may be there before an earlier, large one. */
  readonly #wanted: Both<Map<Path, Keep['version']>> = { alpha: new Map(), beta: new Map() }
  /** Conflicts of which a copy did not come to be when it was wanted. */
  readonly #missed = new Set<Path>()
  /** Why a disk refused a copy, by path: it is tried again, and told once. */
  readonly #refused = new Map<Path, string>()

  constructor(orders: KeeperOrders) {
    this.#orders = orders
  }

  /**
   * The conflict is new, or a version of it is: send the copies.
   * @param since when what led to it was first heard of (monotonic ms)
   */
  keep(conflict: OpenConflict, since: number): void {
    for (const holder of sides) {
      const owner = otherSide(holder)
      const version = conflict[owner]
      this.#wanted[holder].delete(conflict.path)
      if (version === undefined) continue
      const keep: Keep = { holder, path: conflict.path, version, since, isStaged: false }
      this.#wanted[holder].set(conflict.path, version)
      if (!isFile(version) || version.size > inlineContentBytes) this.#send(keep, undefined)
      else {
        const id = this.#orders.nextId()
        this.#reads.set(id, keep)
        this.#orders.command(owner, {
          type: 'read',
          id,
          path: conflict.path,
          digest: version.digest,
          offset: 0,
          length: version.size,
        })
      }
    }
  }

  /** True when the content was asked for here. */
  content(id: number, content: Content | undefined): boolean {
    const keep = this.#reads.get(id)
    if (keep === undefined) return false
    this.#reads.delete(id)
    if (this.#isOver(keep)) return true
    if (content !== undefined) this.#send(keep, content)
    else this.#miss(keep)
    return true
  }

  slotReady(holder: Side, digest: Digest): void {
    for (const keep of this.#takeStaging(holder, digest)) if (!this.#isOver(keep)) this.#send(keep, undefined)
  }

  /** Large content could not be read or staged. It may have been asked for under a name it no longer has. */
  slotLost(holder: Side, digest: Digest): void {
    for (const keep of this.#takeStaging(holder, digest)) if (!this.#isOver(keep)) this.#miss(keep)
  }

  #takeStaging(holder: Side, digest: Digest): readonly Keep[] {
    const keeps = this.#staging.get(digest) ?? []
    const rest = keeps.filter(keep => keep.holder !== holder)
    if (rest.length > 0) this.#staging.set(digest, rest)
    else this.#staging.delete(digest)
    return keeps.filter(keep => keep.holder === holder)
  }

  /** Another version is wanted by now, or none. */
  #isOver({ holder, path, version }: Keep): boolean {
    return this.#wanted[holder].get(path) !== version
  }

  #miss({ holder, path, since }: Keep): void {
    this.#missed.add(path)
    this.#orders.missed(otherSide(holder), path, since)
  }

  /** True, once, for a conflict of which a copy did not come to be when it was wanted. */
  takeMissed(path: Path): boolean {
    return this.#missed.delete(path)
  }

  /** Copies on their way: a barrier waits for them as for any change. */
  *outstanding(): Generator<Outstanding, void, undefined> {
    yield* this.#reads.values()
    for (const keeps of this.#staging.values()) yield* keeps
    yield* this.#sent.values()
  }

  /**
   * Which conflict a `kept` event is about. Undefined when the content was not there and comes with another try: large
   * content is sent only where it is not kept already, and something else may have used it up.
   */
  kept({ id, copy, why }: Kept): Settled | undefined {
    const keep = this.#sent.get(id)
    this.#sent.delete(id)
    if (keep === undefined || this.#isOver(keep)) return undefined
    const { path, holder } = keep
    // Of what is not synced there is nothing to keep.
    if (copy !== undefined || !isSynced(keep.version)) {
      this.#refused.delete(path)
      return { path, holder, isTold: false }
    }
    if (why !== undefined) return this.#refuse(keep, why)
    if (keep.isStaged || !isFile(keep.version) || keep.version.size <= inlineContentBytes) {
      this.#miss(keep)
      return undefined
    }
    const { digest, size } = keep.version
    this.#staging.set(digest, [...(this.#staging.get(digest) ?? []), { ...keep, isStaged: true }])
    this.#orders.stage(keep.holder, { digest, size, path: keep.path })
    return undefined
  }

  #refuse({ path, holder }: Keep, why: string): Settled {
    const isTold = this.#refused.get(path) === why
    this.#refused.set(path, why)
    this.#missed.add(path)
    this.#orders.missed(holder, path)
    return { path, holder, isTold }
  }

  release(path: Path): void {
    this.#missed.delete(path)
    this.#refused.delete(path)
    for (const side of sides) this.#wanted[side].delete(path)
    // Alpha may be in conflict with other hosts too, beta is with its hub alone.
    this.#orders.command('alpha', { type: 'release', path, host: this.#orders.hostOf('beta') })
    this.#orders.command('beta', { type: 'release', path, host: undefined })
  }

  #send(keep: Keep, content: Content | undefined): void {
    const id = this.#orders.nextId()
    this.#sent.set(id, keep)
    this.#orders.command(keep.holder, {
      type: 'keep',
      id,
      path: keep.path,
      host: this.#orders.hostOf(otherSide(keep.holder)),
      version: keep.version,
      content,
    })
  }
}
