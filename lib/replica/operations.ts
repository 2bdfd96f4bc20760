import type { Digest } from '../core/entry.ts'
import { SyncError } from '../core/errors.ts'
import type { Content, MoveDirectory, Operation } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { checkPath, nameOf, parentOf } from '../core/path.ts'
import type { DirectoryHandle } from '../ports/disk.ts'
import type { Carried } from './carried.ts'
import { failed, resulting, stale } from './carried.ts'
import type { Hands } from './hands.ts'
import type { Place } from './install.ts'
import { carryOutMove } from './move-directory.ts'
import { openDirectory } from './open-directory.ts'
import { planAsides } from './plan-asides.ts'
import { prepareContents } from './prepare.ts'
import type { Contents } from './prepare.ts'
import type { Purpose, PutOptions } from './put.ts'
import { carryOutPut } from './put.ts'
import type { Recovered } from './recovery.ts'
import { retryPending } from './recovery.ts'
import { carryOutRemove } from './remove.ts'
import type { Pause } from './staging.ts'

/**
 * Carries out operations on one root, one at a time. `prepare` a batch, then `carryOut` each of it in order, then
 * `end`. Each operation names what it expects, so repeating one that was carried out is harmless.
 */
export class Operator {
  readonly #hands: Hands
  #contents: Contents = new Map()
  #asides: ReadonlyMap<Operation, string> = new Map()
  #pinned: { readonly path: Path; readonly handle: DirectoryHandle } | undefined

  constructor(hands: Hands) {
    this.#hands = hands
  }

  /**
   * Puts the content that operations bring into slots, durable. What cannot be prepared shows in the outcome.
   * @param contents what came along, by digest @param pause gives others a turn
   * @returns what earlier batches had left in the middle because the disk failed
   */
  async prepare(
    operations: readonly Operation[],
    contents: ReadonlyMap<Digest, Content>,
    pause: Pause,
  ): Promise<readonly Recovered[]> {
    const found = retryPending(this.#hands.root, this.#hands.work)
    this.#contents = await prepareContents(this.#hands, operations, contents, pause)
    this.#asides = planAsides(this.#hands.work, operations)
    return found
  }

  /**
   * Carries out one operation. The disk's refusals are outcomes; a hostile path is thrown as PATH_INVALID, a mistake
   * of ours as INVARIANT.
   */
  carryOut(operation: Operation, purpose: Purpose): Carried {
    const prepared = this.#contents.get(operation)
    this.#contents.delete(operation)
    if (prepared !== undefined && 'result' in prepared) return resulting(prepared)
    const carried = this.#attempt(operation, { ...purpose, prepared, aside: this.#asides.get(operation) })
    if (prepared !== undefined) this.#hands.staging.giveBack(prepared)
    return carried
  }

  /** Lets go of the directory held for the next operation, and of content that no operation used. */
  end(): void {
    this.#unpin()
    for (const prepared of this.#contents.values()) if ('staged' in prepared) this.#hands.staging.giveBack(prepared)
    this.#contents = new Map()
    this.#hands.work.journal.unplan(this.#asides.values())
    this.#asides = new Map()
  }

  #attempt(operation: Operation, options: PutOptions): Carried {
    const { path } = operation
    checkInside(path)
    try {
      const parent = this.#pin(parentOf(path))
      if (parent === undefined) return stale(path)
      return this.#carryOutAt({ parent, name: nameOf(path), path }, operation, options)
    } catch (error) {
      return resulting(failed(path, error))
    }
  }

  #carryOutAt(place: Place, operation: Operation, options: PutOptions): Carried {
    switch (operation.kind) {
      case 'put':
        return this.#standing([place], carryOutPut(this.#hands, place, operation, options))
      case 'remove':
        return this.#standing([place], carryOutRemove(this.#hands, place, operation, options))
      case 'move':
        return this.#move(place, operation)
    }
  }

  #move(to: Place, move: MoveDirectory): Carried {
    checkInside(move.from)
    const parent = this.#open(parentOf(move.from))
    if (parent === undefined) return stale(move.path)
    const from = { parent, name: nameOf(move.from), path: move.from }
    try {
      return this.#standing([from, to], carryOutMove(this.#hands, from, to, move))
    } finally {
      parent.close()
      // What is pinned may lie elsewhere now.
      this.#unpin()
    }
  }

  /**
   * What somebody moved away with its directory, or removed with it, was not done at its path. Asked afterwards: whoever
   * moves the directory from now on moves what was done in it.
   */
  #standing(places: readonly Place[], carried: Carried): Carried {
    const { result, path } = carried.outcome
    if ((result !== 'done' && result !== 'kept') || places.every(place => this.#isInPlace(place))) return carried
    return { ...carried, outcome: { result: 'stale', path }, stat: undefined }
  }

  /** True when the pinned directory still is the one at its path. */
  #isInPlace({ parent, path }: Place): boolean {
    const there = openDirectory(this.#hands.root, parentOf(path))
    try {
      const pinned = parent.stat()
      const stat = there?.stat()
      return stat !== undefined && stat.inode === pinned.inode && stat.device === pinned.device
    } finally {
      there?.close()
    }
  }

  /** Operations of one directory follow each other, so one handle serves many. Not kept from batch to batch. */
  #pin(path: Path): DirectoryHandle | undefined {
    if (this.#pinned?.path === path) return this.#pinned.handle
    this.#unpin()
    const handle = this.#open(path)
    if (handle !== undefined) this.#pinned = { path, handle }
    return handle
  }

  /** Undefined when another directory than the known one stands there: the operation is not meant for that. */
  #open(path: Path): DirectoryHandle | undefined {
    const { root, isKnownDirectory } = this.#hands
    const handle = openDirectory(root, path)
    let isKnown = false
    try {
      isKnown = handle !== undefined && isKnownDirectory(path, handle.stat())
    } finally {
      if (!isKnown) handle?.close()
    }
    return isKnown ? handle : undefined
  }

  #unpin(): void {
    this.#pinned?.handle.close()
    this.#pinned = undefined
  }
}

function checkInside(path: Path): void {
  checkPath(path)
  if (path === '')
    throw new SyncError('PATH_INVALID', 'Cannot accept an operation on the root itself', { verdict: 'halt' })
}
