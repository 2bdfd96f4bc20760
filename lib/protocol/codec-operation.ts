import type { Digest } from '../core/entry.ts'
import { batchBytes, frameBytesLimit } from '../core/limits.ts'
import type { Content, GuardKind, Move, Operation, Outcome, Put, Remove } from '../core/operation.ts'
import { operationsLimit } from './bounds.ts'
import type { Codec } from './codec.ts'
import { bytes, choice, digest, entryPath, list, moment, optional, record, union, words } from './codec.ts'
import { directoryEntry, syncedEntry } from './codec-entry.ts'
import { violation } from './violation.ts'

export const guardKind: Codec<GuardKind> = choice(
  'root-missing',
  'root-replaced',
  'root-emptied',
  'mass-delete',
  'first-sync',
  'trash-full',
)

export const move: Codec<Move> = record({ from: entryPath, to: entryPath })

const reason = optional(choice('conflict-loser'))
const group = optional(words)

const putFields = record({
  path: entryPath,
  before: optional(syncedEntry),
  after: syncedEntry,
  basis: optional(entryPath),
  reason,
  group,
  mtimeMs: optional(moment),
})

/** Optional fields of an operation are absent, not undefined, on both sides. */
const put: Codec<Omit<Put, 'kind'>> = {
  encode: operation =>
    putFields.encode({ basis: undefined, reason: undefined, group: undefined, mtimeMs: undefined, ...operation }),
  decode: wire => {
    const { basis, reason: why, group: together, mtimeMs, ...rest } = putFields.decode(wire)
    return {
      ...rest,
      ...(basis === undefined ? {} : { basis }),
      ...(why === undefined ? {} : { reason: why }),
      ...(together === undefined ? {} : { group: together }),
      ...(mtimeMs === undefined ? {} : { mtimeMs }),
    }
  },
}

const removeFields = record({ path: entryPath, before: syncedEntry, reason, group })

const remove: Codec<Omit<Remove, 'kind'>> = {
  encode: operation => removeFields.encode({ reason: undefined, group: undefined, ...operation }),
  decode: wire => {
    const { reason: why, group: together, ...rest } = removeFields.decode(wire)
    return {
      ...rest,
      ...(why === undefined ? {} : { reason: why }),
      ...(together === undefined ? {} : { group: together }),
    }
  },
}

export const operation: Codec<Operation> = union('kind', {
  put,
  remove,
  move: record({ from: entryPath, path: entryPath, before: directoryEntry }),
})

export const operations = list(operation, operationsLimit)

const done = record({ path: entryPath })

export const outcome: Codec<Outcome> = union('result', {
  done,
  stale: done,
  busy: done,
  kept: done,
  needs: record({ path: entryPath, digest }),
  held: record({ path: entryPath, guard: guardKind }),
  failed: record({ path: entryPath, code: words, message: words, verdict: choice('retry', 'problem') }),
})

export const outcomes = list(outcome, operationsLimit)

/** One whole content. Larger ones go in pieces. */
export const content: Codec<Content> = record({ mtimeMs: moment, bytes: bytes(frameBytesLimit) })

const contentRows = list(record({ digest, mtimeMs: moment, bytes: bytes(frameBytesLimit) }), operationsLimit)

/** Contents by digest, no more of them in all than four batches may hold. The digests are checked where they are staged. */
export const contents: Codec<ReadonlyMap<Digest, Content>> = {
  encode: map => contentRows.encode(Array.from(map, ([key, value]) => ({ digest: key, ...value }))),
  decode: wire => {
    const map = new Map<Digest, Content>()
    let total = 0
    for (const row of contentRows.decode(wire)) {
      total += row.bytes.length
      map.set(row.digest, { bytes: row.bytes, mtimeMs: row.mtimeMs })
    }
    if (total > 4 * batchBytes) throw violation(`it sent ${total} bytes of content in one message`)
    return map
  },
}
