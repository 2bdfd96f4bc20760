import type { Question, ReplicaCommand } from '../core/messages.ts'
import { chunkBytes, exemptLimit } from '../core/limits.ts'
import type { Codec } from './codec.ts'
import {
  bytes,
  choice,
  digest,
  entryPath,
  flag,
  list,
  location,
  name,
  optional,
  path,
  record,
  size,
  text,
  union,
  whole,
  words,
} from './codec.ts'
import { shallowEntry } from './codec-entry.ts'
import { content, contents, guardKind, operations } from './codec-operation.ts'

/** Numbers by which answers find their questions. */
const id = size

/** Bytes of text a question may ask for: no more than an answer's frame holds. */
const textBytes = whole(1024 * 1024)

/** Trash items and versions named in one message. */
const itemsLimit = 200_000

export const question: Codec<Question> = union('about', {
  trash: record({ path: optional(path), limit: whole(itemsLimit) }),
  clean: record({ isTrial: flag }),
  restore: record({ trash: list(words, itemsLimit) }),
  text: record({ path: entryPath, of: choice('file', 'copy'), limit: textBytes }),
  time: record({ path: entryPath }),
  'place-copy': record({ path: entryPath, host: name }),
  rule: record({ path: entryPath }),
  rules: record({ settings: text }),
  verify: record({ path, after: optional(entryPath), again: flag }),
})

/** The same as an event has them: what git's indexes name. */
const exemptPaths = list(entryPath, exemptLimit)

/** Everything a session says, as one message each. `stage` travels in the lane of pieces, all others in order. */
export const commandCodec: Codec<ReplicaCommand> = union('type', {
  apply: record({ batch: id, operations, contents }),
  read: record({ id, path: entryPath, digest, offset: size, length: whole(chunkBytes) }),
  stage: record({ digest, size, offset: size, bytes: bytes(chunkBytes) }),
  reserve: record({ id, digest, size, path: entryPath }),
  received: record({ digest, size, slot: location }),
  keep: record({ id, path: entryPath, host: name, version: shallowEntry, content: optional(content) }),
  release: record({ path: entryPath, host: optional(name) }),
  fence: record({ id, verify: flag }),
  checkpoint: record({ id }),
  exempt: record({ host: words, paths: exemptPaths, theirs: exemptPaths }),
  approve: record({ guard: guardKind }),
  ask: record({ id, question }),
})
