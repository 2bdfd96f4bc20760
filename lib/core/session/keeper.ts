import type { Digest, Entry } from '../entry.ts'
import { inlineContentBytes } from '../limits.ts'
import type { ReplicaCommand } from '../messages.ts'
import type { Content, Side } from '../operation.ts'
import { isFile, otherSide } from '../operation.ts'
import type { Path } from '../path.ts'
import type { OpenConflict } from './messages.ts'
import { sides } from './messages.ts'

/** One copy that is to be kept on `holder`: the other side's version of a conflicting path. */
interface Keep {
  readonly holder: Side
  readonly path: Path
  readonly version: Entry
  readonly digest: Digest | undefined
}

/** What keeping asks of the session. */
export interface KeeperOrders {
  readonly command: (side: Side, command: ReplicaCommand) => void
  /** Stages large content on the holder; `slotReady` follows. */
  readonly stage: (holder: Side, needs: { readonly digest: Digest; readonly size: number; readonly path: Path }) => void
  readonly nextId: () => number
  readonly hostOf: (side: Side) => string
}

/** Brings each side a copy of the other's version of every conflict, and keeps it up to date while both go on editing. */
export class Keeper {
  readonly #orders: KeeperOrders
  readonly #reads = new Map<number, Keep>()
  readonly #staging = new Map<Digest, Keep[]>()
  readonly #sent = new Map<number, Keep>()

  constructor(orders: KeeperOrders) {
    this.#orders = orders
  }

  /** The conflict is new, or a version of it is: send the copies. */
  keep(conflict: OpenConflict): void {
    for (const holder of sides) {
      const owner = otherSide(holder)
      const version = conflict[owner]
      if (version === undefined) continue
      const keep: Keep = { holder, path: conflict.path, version, digest: isFile(version) ? version.digest : undefined }
      if (!isFile(version)) this.#send(keep, undefined)
      else if (version.size <= inlineContentBytes) {
        const id = this.#orders.nextId()
        this.#reads.set(id, keep)
        this.#orders.command(owner, { type: 'read', id, path: conflict.path, digest: version.digest, offset: 0, length: version.size })
      } else {
        this.#staging.set(version.digest, [...(this.#staging.get(version.digest) ?? []), keep])
        this.#orders.stage(holder, { digest: version.digest, size: version.size, path: conflict.path })
      }
    }
  }

  /** True when the content was asked for here. Content that is gone is no loss: a newer version follows. */
  content(id: number, content: Content | undefined): boolean {
    const keep = this.#reads.get(id)
    if (keep === undefined) return false
    this.#reads.delete(id)
    if (content !== undefined) this.#send(keep, content)
    return true
  }

  slotReady(holder: Side, digest: Digest): void {
    const keeps = this.#staging.get(digest)
    if (keeps === undefined) return
    const rest = keeps.filter(keep => keep.holder !== holder)
    if (rest.length > 0) this.#staging.set(digest, rest)
    else this.#staging.delete(digest)
    for (const keep of keeps) if (keep.holder === holder) this.#send(keep, undefined)
  }

  /** Which conflict a `kept` event is about. */
  kept(id: number): { readonly path: Path; readonly holder: Side } | undefined {
    const keep = this.#sent.get(id)
    this.#sent.delete(id)
    return keep
  }

  release(path: Path): void {
    for (const side of sides) this.#orders.command(side, { type: 'release', path })
  }

  #send(keep: Keep, content: Content | undefined): void {
    const id = this.#orders.nextId()
    this.#sent.set(id, keep)
    this.#orders.command(keep.holder, { type: 'keep', id, path: keep.path, host: this.#orders.hostOf(otherSide(keep.holder)), version: keep.version, content })
  }
}
