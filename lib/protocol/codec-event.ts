import type { Digest } from '../core/entry.ts'
import type { Answer, ReplicaEvent, ReplicaFacts, Tracked, TrashItem } from '../core/messages.ts'
import { chunkBytes, exemptLimit, verifyDifferences } from '../core/limits.ts'
import type { Content, Move, Outcome } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import type { NamedPaths } from '../core/rule-change.ts'
import { namedPaths as pathsNamed } from '../core/rule-change.ts'
import { entriesLimit, messageValuesLimit } from './bounds.ts'
import type { Codec } from './codec.ts'
import {
  bytes,
  choice,
  digest,
  entryPath,
  flag,
  list,
  location,
  moment,
  optional,
  path,
  record,
  size,
  union,
  whole,
  words,
} from './codec.ts'
import { shallowEntry } from './codec-entry.ts'
import { contents, guardKind, move, outcomes } from './codec-operation.ts'

const id = size
const paths = list(path, messageValuesLimit)

const facts: Codec<ReplicaFacts> = record({
  host: words,
  bootId: words,
  caseSensitive: flag,
  normalising: flag,
  swap: words,
  watcher: words,
  staging: words,
  created: flag,
})

const trashItem: Codec<TrashItem> = record({
  id: words,
  path,
  entry: shallowEntry,
  at: moment,
  why: choice('replaced', 'deleted', 'conflict-loser', 'copy', 'recovered', 'undone'),
  group: words,
})

const tracked: Codec<Tracked> = record({ named: list(entryPath, exemptLimit), others: list(entryPath, exemptLimit) })

const rule = record({ path: entryPath, file: words, line: size, pattern: words })

const namedPaths: Codec<NamedPaths> = record({ total: size, first: list(entryPath, pathsNamed) })

const answer: Codec<Answer> = union('about', {
  trash: record({ items: list(trashItem, messageValuesLimit) }),
  clean: record({ items: size, bytes: size, bytesLeft: size }),
  restore: record({
    restored: list(path, messageValuesLimit),
    refused: list(record({ path, why: words }), messageValuesLimit),
  }),
  text: record({ text: optional(bytes(1024 * 1024)) }),
  time: record({ mtimeMs: optional(moment) }),
  'place-copy': record({ placed: optional(entryPath) }),
  rule: record({ reason: optional(rule), exemption: optional(record({ rule, repository: optional(path) })) }),
  rules: record({ changes: record({ ignored: namedPaths, entries: size, released: namedPaths }) }),
  verify: record({
    done: flag,
    after: optional(entryPath),
    entries: size,
    bytes: size,
    differing: list(
      record({ path: entryPath, known: optional(shallowEntry), found: optional(shallowEntry) }),
      verifyDifferences,
    ),
  }),
  error: record({ code: words, message: words }),
})

/** What a tree is compared by: its digest, and how many entries it has, for untracked ones are in no digest. */
export interface TreeMark {
  readonly digest: Digest
  readonly weight: number
}

export const treeMark: Codec<TreeMark> = record({ digest, weight: whole(entriesLimit) })

/**
 * Events as they travel: whole trees stay behind. `ready` and `fenced` carry the tree's mark instead; what `changed` and
 * `outcomes` did to the tree is in the rows that went before them.
 */
export type WireEvent =
  | { readonly type: 'ready'; readonly mark: TreeMark; readonly facts: ReplicaFacts; readonly tracked: Tracked }
  | {
      readonly type: 'changed'
      readonly paths: readonly Path[]
      readonly moves: readonly Move[]
      readonly contents: ReadonlyMap<Digest, Content>
    }
  | { readonly type: 'outcomes'; readonly batch: number; readonly outcomes: readonly Outcome[] }
  | { readonly type: 'fenced'; readonly id: number; readonly waiting: readonly Path[]; readonly mark: TreeMark }
  | Exclude<ReplicaEvent, { readonly type: 'ready' | 'changed' | 'outcomes' | 'fenced' }>

/** Everything a replica says. `content` travels in the lane of pieces, all others in order. */
export const eventCodec: Codec<WireEvent> = union('type', {
  ready: record({ mark: treeMark, facts, tracked }),
  changed: record({ paths, moves: list(move, messageValuesLimit), contents }),
  outcomes: record({ batch: id, outcomes }),
  content: record({ id, bytes: optional(bytes(chunkBytes)), mtimeMs: moment }),
  staged: record({ digest, offset: size, state: choice('more', 'complete', 'wrong', 'full') }),
  reserved: record({ id, slot: optional(location), held: size }),
  kept: record({ id, copy: optional(location), why: optional(words) }),
  fenced: record({ id, waiting: paths, mark: treeMark }),
  durable: record({ id }),
  tracked: record({ tracked }),
  answer: record({ id, answer }),
  guard: record({ guard: guardKind, state: choice('held', 'lifted'), paths, why: words }),
  remark: record({ code: words, path, why: words, trash: optional(words) }),
  closed: record({ code: words, why: words, verdict: choice('retry', 'halt', 'bug') }),
})
