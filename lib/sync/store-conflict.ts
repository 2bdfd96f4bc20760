import type { Path } from '../core/path.ts'
import type { StoredConflict } from '../ports/store.ts'
import { choice, location, moment, optional, record } from '../protocol/codec.ts'
import { shallowEntry } from '../protocol/codec-entry.ts'
import { decodeMessage, encodeMessage } from '../protocol/message.ts'

const version = optional(shallowEntry)

const fields = record({
  kind: choice('content', 'type', 'mode', 'move'),
  since: moment,
  ancestor: version,
  alpha: version,
  beta: version,
  copies: record({ alpha: optional(location), beta: optional(location) }),
})

/** A conflict as it is stored beside its path. */
export function encodeConflict(conflict: StoredConflict): Uint8Array {
  return encodeMessage(['conflict', fields.encode(conflict)])
}

/** Throws PROTOCOL for bytes that are no conflict. */
export function decodeConflict(path: Path, body: Uint8Array): StoredConflict {
  return { path, ...fields.decode(decodeMessage(body)[1]) }
}
