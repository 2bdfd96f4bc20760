import type { Digest } from '../core/entry.ts'
import type { ReplicaCommand, ReplicaEvent } from '../core/messages.ts'
import type { Path } from '../core/path.ts'
import { nameOf, parentOf } from '../core/path.ts'
import type { DirectoryHandle, Disk, ReadHandle } from '../ports/disk.ts'
import type { HashFile } from './hashing.ts'
import { moved } from './look.ts'
import { openDirectory } from './open-directory.ts'
import { isRefusal } from './refusal.ts'
import { parsedSlot } from './slot-name.ts'
import type { Staging } from './staging.ts'
import type { Work } from './work.ts'

export interface LaneSlotsOptions {
  readonly root: Disk
  readonly work: Work
  readonly staging: Staging
  readonly hashFile: HashFile
}

/** Slots that can be kept for other programs at once; the one made first makes room for another. */
const slotsLimit = 16

/** A slot that nobody wrote to for this long is dropped (ms). */
const unusedMs = 3600_000

type LaneCommand = ReplicaCommand & { readonly type: 'reserve' | 'received' }

interface Part {
  readonly digest: Digest
  readonly slot: string
  readonly at: number
}

/**
 * Slots that another program writes: made by `reserve`, looked at by `received`. Each attempt has a slot of its own with
 * a copy of what an earlier one brought (also before this start), so that a writer that is still alive somewhere never
 * touches what was verified.
 */
export class LaneSlots {
  readonly #options: LaneSlotsOptions
  readonly #abort = new AbortController()
  readonly #running = new Set<Promise<ReplicaEvent | undefined>>()
  #parts: Part[] = []

  constructor(options: LaneSlotsOptions) {
    this.#options = options
    const { slots, area } = options.work
    for (const { name } of slots.directory.list()) {
      const { kind, digest } = parsedSlot(name)
      if (kind === 'lane') this.#parts.push({ digest, slot: name, at: area.clock.now() })
    }
  }

  /** Tells the answer, unless the replica is closed meanwhile. */
  async take(command: LaneCommand, tell: (event: ReplicaEvent) => void): Promise<void> {
    const running = this.#take(command)
    this.#running.add(running)
    try {
      const event = await running
      if (event !== undefined) tell(event)
    } finally {
      this.#running.delete(running)
    }
  }

  /** The content comes another way. */
  forget(digest: Digest): void {
    for (const part of this.#parts) if (part.digest === digest) this.#drop(part)
  }

  /** Drops what nobody has written to for long. */
  expire(): void {
    const now = this.#options.work.area.clock.now()
    for (const part of this.#parts) {
      if (now - part.at >= unusedMs && now - this.#writtenAt(part) >= unusedMs) this.#drop(part)
    }
  }

  /** What is in the slots stays there for the next start. */
  async close(): Promise<void> {
    this.#abort.abort()
    await Promise.allSettled(this.#running)
  }

  async #take(command: LaneCommand): Promise<ReplicaEvent | undefined> {
    const { digest, size } = command
    const staged = (state: 'complete' | 'wrong' | 'full') =>
      ({ type: 'staged', digest, offset: size, state }) satisfies ReplicaEvent
    try {
      if (this.#abort.signal.aborted) return undefined
      if (this.#options.staging.has(digest)) return staged('complete')
      if (command.type === 'reserve') {
        const isBusy = this.#running.size >= slotsLimit
        const made = isBusy ? { slot: undefined, held: 0 } : await this.#reserve(command)
        return { type: 'reserved', id: command.id, ...made }
      }
      return staged((await this.#verify(command.slot, digest, size)) ? 'complete' : 'wrong')
    } catch (error) {
      if (this.#abort.signal.aborted) return undefined
      if (!isRefusal(error)) throw error
      if (command.type === 'reserve') return { type: 'reserved', id: command.id, slot: undefined, held: 0 }
      return staged('full')
    }
  }

  async #reserve({ digest, path }: { readonly digest: Digest; readonly path: Path }) {
    const { slots, area } = this.#options.work
    const { directory } = slots
    const earlier = this.#parts.findLast(part => part.digest === digest)
    const part = { digest, slot: slots.newLane(digest), at: area.clock.now() }
    this.#parts.push(part)
    try {
      if (earlier !== undefined) await this.#whileOpen(directory.copy(earlier.slot, directory, part.slot))
      else if (!(await this.#copyFrom(path, part.slot))) directory.create(part.slot).close()
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#drop(part)
      throw error
    }
    for (const each of this.#parts) if (each.digest === digest && each !== part) this.#drop(each)
    const [oldest] = this.#parts
    if (this.#parts.length > slotsLimit && oldest !== undefined) this.#drop(oldest)
    return { slot: area.absolute('slots', part.slot), held: directory.lookup(part.slot)?.size ?? 0 }
  }

  /** Fills a slot with the file at a path; false when there is none that can be read. */
  async #copyFrom(path: Path, slot: string): Promise<boolean> {
    const { root, work } = this.#options
    let parent: DirectoryHandle | undefined
    try {
      parent = openDirectory(root, parentOf(path))
      if (parent?.lookup(nameOf(path))?.kind !== 'file') return false
      await this.#whileOpen(parent.copy(nameOf(path), work.slots.directory, slot))
      return true
    } catch (error) {
      if (this.#abort.signal.aborted || !isRefusal(error)) throw error
      // Whatever was wrong with it: without it the whole content comes.
      if (work.slots.directory.lookup(slot) !== undefined) work.slots.drop(slot)
      return false
    } finally {
      parent?.close()
    }
  }

  /** Whether a slot holds what it was made for; then it is staged, durable. It is no lane's any more either way. */
  async #verify(absolute: string, digest: Digest, size: number): Promise<boolean> {
    const { work, staging } = this.#options
    const { area, slots } = work
    const part = this.#parts.find(each => each.digest === digest && area.absolute('slots', each.slot) === absolute)
    if (part === undefined) return false
    this.#parts = this.#parts.filter(each => each !== part)
    let isThat = false
    try {
      // Where each file is flushed by itself, this makes it one of them.
      slots.directory.setMode(part.slot, 0o600)
      const file = slots.directory.read(part.slot)
      try {
        const before = file.stat()
        if (before.size !== size || (await this.#hashAndFlush(file)) !== digest) return false
        const stat = file.stat()
        if (moved(before, stat)) return false
        isThat = true
        staging.adopt({ slot: part.slot, digest, stat })
        return true
      } finally {
        file.close()
      }
    } finally {
      if (!isThat) slots.discard(part.slot)
    }
  }

  /** The one needs the processor, the other the disk. Both are over when it returns: the file may be closed. */
  async #hashAndFlush(file: ReadHandle): Promise<Digest> {
    const { work, hashFile } = this.#options
    const [hashed, flushed] = await Promise.allSettled([hashFile(file, this.#abort.signal), work.area.disk.flush()])
    if (flushed.status === 'rejected') throw flushed.reason
    if (hashed.status === 'rejected') throw hashed.reason
    return hashed.value
  }

  /** A large copy may take long, and nothing of ours is touched by what is left of it. */
  async #whileOpen(copying: Promise<void>): Promise<void> {
    const { signal } = this.#abort
    let stop = (): void => {}
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason)
      signal.addEventListener('abort', stop)
    })
    try {
      await Promise.race([copying, aborted])
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** 0 when it is gone or cannot be looked at. */
  #writtenAt({ slot }: Part): number {
    try {
      return this.#options.work.slots.directory.lookup(slot)?.mtimeMs ?? 0
    } catch (error) {
      if (!isRefusal(error)) throw error
      return 0
    }
  }

  #drop(part: Part): void {
    this.#parts = this.#parts.filter(each => each !== part)
    this.#options.work.slots.discard(part.slot)
  }
}
