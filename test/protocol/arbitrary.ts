import fc from 'fast-check'
import type { Entry, FileEntry, SymlinkEntry, SyncedEntry, UntrackedEntry } from '../../lib/core/entry.ts'
import type { Answer, Question, ReplicaCommand } from '../../lib/core/messages.ts'
import type { Content, GuardKind, Operation, Outcome } from '../../lib/core/operation.ts'
import { fromBytes, join } from '../../lib/core/path.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { directory, emptyTree, walk, withEntry } from '../../lib/core/tree.ts'
import type { WireEvent } from '../../lib/protocol/codec-event.ts'

/** Plain objects, as decoders make them. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true })
}

/** Names of any bytes a disk can hold: UTF-8 or not, with a byte order mark, long. */
export const name: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor') },
    { weight: 2, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 12 }).map(bytes => fromBytes(bytes)) },
    fc.constantFrom('\ufeff', '\ufeffx'.padEnd(250, 'y'), 'caf\udce9', '\u{1f600}', 'x'.repeat(255)),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
  )
  .filter(each => !/[/\0]/.test(each) && each !== '.' && each !== '..' && Buffer.byteLength(each) < 256)

export const path: fc.Arbitrary<string> = fc.array(name, { minLength: 1, maxLength: 4 }).map(names => names.join('/'))

const location = path.map(each => `/home/${each}`)

export const digest: fc.Arbitrary<string> = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map(bytes => Buffer.from(bytes).toString('hex'))

const mode = fc.integer({ min: 0, max: 0o777 })
const size = fc.maxSafeNat()
const moment = fc.double({ min: -8.64e15, max: 8.64e15, noNaN: true }).map(each => each + 0)
const words = fc.string({ maxLength: 20 })
const bytes = fc.uint8Array({ maxLength: 200 })

export const file: fc.Arbitrary<FileEntry> = record({ kind: fc.constant('file'), mode, digest, size })

export const symlink: fc.Arbitrary<SymlinkEntry> = record({
  kind: fc.constant('symlink'),
  target: fc.oneof(path, fc.constantFrom('/etc/passwd', '../../..', '\udcff', '\ufeff'.padEnd(300, 'z'))),
})

const untracked: fc.Arbitrary<UntrackedEntry> = record({
  kind: fc.constant('untracked'),
  why: fc.constantFrom('ignored', 'fifo', 'socket', 'device', 'kept'),
})

export const shallowSynced: fc.Arbitrary<SyncedEntry> = fc.oneof(
  file,
  symlink,
  mode.map(each => directory(each)),
)

const shallow: fc.Arbitrary<Entry> = fc.oneof(
  shallowSynced,
  untracked,
  record({ kind: fc.constant('problem'), why: words, over: fc.option(shallowSynced, { nil: undefined }) }),
)

/** Whole entries: directories with what is below them, problems over directories too. */
export const entry: fc.Arbitrary<Entry> = fc.letrec<{ entry: Entry; directory: Entry }>(tie => ({
  entry: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    file,
    symlink,
    untracked,
    tie('directory'),
    record({
      kind: fc.constant('problem'),
      why: fc.constantFrom('EACCES', 'NAME'),
      over: fc.option(fc.oneof(file, tie('directory')), { nil: undefined }),
    }),
  ),
  directory: fc
    .tuple(
      fc.constantFrom(0o755, 0o700),
      fc.uniqueArray(fc.tuple(name, tie('entry')), { selector: pair => pair[0], maxLength: 6 }),
    )
    .map(([bits, entries]) => directory(bits, entries)),
})).entry

const emptyFolder = fc.constantFrom(0o755, 0o700).map(bits => directory(bits))

const placement = record({
  where: fc.nat(),
  name,
  entry: fc.oneof(
    { weight: 4, arbitrary: emptyFolder },
    { weight: 3, arbitrary: file },
    { weight: 2, arbitrary: entry },
  ),
})

/** Trees some levels deep: each entry is put into one of the directories there are by then. */
export const tree: fc.Arbitrary<Tree> = fc.array(placement, { maxLength: 25 }).map(placements =>
  placements.reduce((result, { where, name: called, entry: placed }) => {
    const folders = ['', ...[...walk(result)].filter(([, each]) => each.kind === 'directory').map(([folder]) => folder)]
    return withEntry(result, join(folders[where % folders.length] ?? '', called), placed)
  }, emptyTree),
)

const guard: fc.Arbitrary<GuardKind> = fc.constantFrom(
  'root-missing',
  'root-replaced',
  'root-emptied',
  'mass-delete',
  'first-sync',
  'trash-full',
)
const content: fc.Arbitrary<Content> = record({ bytes, mtimeMs: moment })
const contents = fc.array(fc.tuple(digest, content), { maxLength: 3 }).map(pairs => new Map(pairs))
const undefinable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined })

const put = { kind: fc.constant('put' as const), path, before: undefinable(shallowSynced), after: shallowSynced }

const reason = fc.constant('conflict-loser' as const)

const operation: fc.Arbitrary<Operation> = fc.oneof(
  record(put),
  record({ ...put, basis: path }),
  record({ ...put, basis: path, mtimeMs: moment }),
  record({ ...put, reason }),
  record({ ...put, group: words }),
  record({ kind: fc.constant('remove' as const), path, before: shallowSynced }),
  record({ kind: fc.constant('remove' as const), path, before: shallowSynced, reason, group: words }),
  record({ kind: fc.constant('move' as const), from: path, path, before: mode.map(each => directory(each)) }),
)

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  record({ result: fc.constantFrom('done' as const, 'stale' as const, 'busy' as const, 'kept' as const), path }),
  record({ result: fc.constant('needs' as const), path, digest }),
  record({ result: fc.constant('held' as const), path, guard }),
  record({
    result: fc.constant('failed' as const),
    path,
    code: words,
    message: words,
    verdict: fc.constantFrom('retry' as const, 'problem' as const),
  }),
)

const question: fc.Arbitrary<Question> = fc.oneof(
  record({
    about: fc.constant('trash' as const),
    path: undefinable(path),
    limit: fc.integer({ min: 0, max: 100_000 }),
  }),
  record({ about: fc.constant('restore' as const), trash: fc.array(words) }),
  record({ about: fc.constant('clean' as const), isTrial: fc.boolean() }),
  record({ about: fc.constant('rules' as const), settings: words }),
  record({
    about: fc.constant('text' as const),
    path,
    of: fc.constantFrom('file' as const, 'copy' as const),
    limit: fc.integer({ min: 0, max: 1024 * 1024 }),
  }),
  record({ about: fc.constantFrom('time' as const, 'rule' as const), path }),
  record({ about: fc.constant('place-copy' as const), path, host: name }),
  record({ about: fc.constant('verify' as const), path, after: undefinable(path), again: fc.boolean() }),
)

export const command: fc.Arbitrary<ReplicaCommand> = fc.oneof(
  record({
    type: fc.constant('apply' as const),
    batch: size,
    operations: fc.array(operation, { maxLength: 5 }),
    contents,
  }),
  record({
    type: fc.constant('read' as const),
    id: size,
    path,
    digest,
    offset: size,
    length: fc.integer({ min: 0, max: 65536 }),
  }),
  record({ type: fc.constant('stage' as const), digest, size, offset: size, bytes }),
  record({ type: fc.constant('reserve' as const), id: size, digest, size, path }),
  record({ type: fc.constant('received' as const), digest, size, slot: location }),
  record({
    type: fc.constant('keep' as const),
    id: size,
    path,
    host: fc.constant('mac00'),
    version: shallow,
    content: undefinable(content),
  }),
  record({ type: fc.constant('release' as const), path, host: undefinable(name) }),
  record({ type: fc.constant('fence' as const), id: size, verify: fc.boolean() }),
  record({ type: fc.constant('checkpoint' as const), id: size }),
  record({
    type: fc.constant('exempt' as const),
    host: fc.constantFrom('mac00', 'a b'),
    paths: fc.array(path),
    theirs: fc.array(path),
  }),
  record({ type: fc.constant('approve' as const), guard }),
  record({ type: fc.constant('ask' as const), id: size, question }),
)

const namedPaths = record({ total: size, first: fc.array(path, { maxLength: 3 }) })

const rule = record({ path, file: words, line: size, pattern: words })

const answer: fc.Arbitrary<Answer> = fc.oneof(
  record({
    about: fc.constant('trash' as const),
    items: fc.array(
      record({
        id: words,
        path,
        entry: shallow,
        at: moment,
        why: fc.constantFrom('replaced', 'deleted', 'conflict-loser', 'copy', 'recovered', 'undone'),
        group: words,
      }),
    ),
  }),
  record({
    about: fc.constant('restore' as const),
    restored: fc.array(path),
    refused: fc.array(record({ path, why: words })),
  }),
  record({ about: fc.constant('clean' as const), items: size, bytes: size, bytesLeft: size }),
  record({ about: fc.constant('text' as const), text: undefinable(bytes) }),
  record({ about: fc.constant('time' as const), mtimeMs: undefinable(moment) }),
  record({ about: fc.constant('place-copy' as const), placed: undefinable(path) }),
  record({
    about: fc.constant('rules' as const),
    changes: record({ ignored: namedPaths, entries: size, released: namedPaths }),
  }),
  record({
    about: fc.constant('rule' as const),
    reason: undefinable(rule),
    exemption: undefinable(record({ rule, repository: undefinable(fc.oneof(path, fc.constant(''))) })),
  }),
  record({
    about: fc.constant('verify' as const),
    done: fc.boolean(),
    after: undefinable(path),
    entries: size,
    bytes: size,
    differing: fc.array(record({ path, known: undefinable(shallow), found: undefinable(shallow) }), { maxLength: 3 }),
  }),
  record({ about: fc.constant('error' as const), code: words, message: words }),
)

const mark = record({ digest, weight: fc.integer({ min: 0, max: 1_000_000 }) })
const facts = record({
  host: words,
  bootId: words,
  caseSensitive: fc.boolean(),
  normalising: fc.boolean(),
  swap: words,
  watcher: words,
  staging: words,
  created: fc.boolean(),
})

const tracked = record({ named: fc.array(path), others: fc.array(path) })

export const event: fc.Arbitrary<WireEvent> = fc.oneof(
  record({ type: fc.constant('ready' as const), mark, facts, tracked }),
  record({ type: fc.constant('tracked' as const), tracked }),
  record({
    type: fc.constant('changed' as const),
    paths: fc.array(fc.oneof(path, fc.constant(''))),
    moves: fc.array(record({ from: path, to: path })),
    contents,
  }),
  record({ type: fc.constant('outcomes' as const), batch: size, outcomes: fc.array(outcome) }),
  record({ type: fc.constant('content' as const), id: size, bytes: undefinable(bytes), mtimeMs: moment }),
  record({
    type: fc.constant('staged' as const),
    digest,
    offset: size,
    state: fc.constantFrom('more' as const, 'complete' as const, 'wrong' as const, 'full' as const),
  }),
  record({ type: fc.constant('reserved' as const), id: size, slot: undefinable(location), held: size }),
  record({
    type: fc.constant('kept' as const),
    id: size,
    copy: undefinable(location),
    why: undefinable(words),
  }),
  record({ type: fc.constant('fenced' as const), id: size, waiting: fc.array(path), mark }),
  record({ type: fc.constant('durable' as const), id: size }),
  record({ type: fc.constant('answer' as const), id: size, answer }),
  record({
    type: fc.constant('guard' as const),
    guard,
    state: fc.constantFrom('held' as const, 'lifted' as const),
    paths: fc.array(path),
    why: words,
  }),
  record({
    type: fc.constant('remark' as const),
    code: words,
    path: fc.oneof(path, fc.constant('')),
    why: words,
    trash: undefinable(words),
  }),
  record({
    type: fc.constant('closed' as const),
    code: words,
    why: words,
    verdict: fc.constantFrom('retry' as const, 'halt' as const, 'bug' as const),
  }),
)
