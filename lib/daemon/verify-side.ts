import { SyncError } from '../core/errors.ts'
import type { Answer, Difference } from '../core/messages.ts'
import type { Side } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import type { SessionHandle } from '../sync/session-handle.ts'

/** Differences of one side after which it is read no further: something is wrong with more than single files. */
const suspectsLimit = 5000

/** How far the reading of one side has come. */
export interface Reading {
  entries: number
  bytes: number
  readonly suspects: Difference[]
  /** There were too many differences to read on. */
  isCut: boolean
}

export function newReading(): Reading {
  return { entries: 0, bytes: 0, suspects: [], isCut: false }
}

/** One side of one session, and what is done when the person goes or the time is over: the signal throws its reason. */
export interface Place {
  readonly handle: SessionHandle
  readonly side: Side
  readonly signal: AbortSignal
}

/** Has one side read everything at and below a path anew, piece by piece. Throws SyncError when the side does not answer. */
export async function readSide(place: Place, path: Path, into: Reading): Promise<void> {
  for await (const { entries, bytes, differing } of pieces(place, path, false)) {
    into.entries += entries
    into.bytes += bytes
    into.suspects.push(...differing)
    if (into.suspects.length < suspectsLimit) continue
    into.isCut = true
    return
  }
}

/** Has one side look at one path again; undefined when it is what the tree says after all. */
export async function lookAgain(place: Place, path: Path): Promise<Difference | undefined> {
  let found: Difference | undefined
  for await (const { differing } of pieces(place, path, true)) found = differing[0]
  return found
}

async function* pieces({ handle, side, signal }: Place, path: Path, again: boolean) {
  let after: Path | undefined
  for (;;) {
    signal.throwIfAborted()
    const answer: Answer = await handle.ask(side, { about: 'verify', path, after, again })
    if (answer.about === 'error') {
      const isAway = answer.code === 'TIMEOUT' || answer.code === 'TRANSPORT_LOST'
      throw new SyncError(isAway ? answer.code : 'REFUSED', `Cannot verify: ${answer.message}`)
    }
    if (answer.about !== 'verify')
      throw new SyncError('PROTOCOL', `Cannot verify: an answer about ${answer.about} came`)
    yield answer
    if (answer.done) return
    after = answer.after
  }
}
