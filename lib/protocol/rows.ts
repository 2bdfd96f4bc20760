import type { Digest, Entry } from '../core/entry.ts'
import type { Path } from '../core/path.ts'
import { digest, name, path, text } from './codec.ts'
import { wireKind } from './codec-entry.ts'
import type { Message } from './message.ts'
import { children } from '../core/tree.ts'
import { partBytes } from './bounds.ts'

/**
 * One thing said about a tree: an entry with all below it now stands at `path`; nothing stands there; a directory there
 * keeps its children and has this mode; or, in a listing, a directory there is only named with its mark.
 */
export type RowItem =
  | { readonly is: 'entry'; readonly path: Path; readonly entry: Entry }
  | { readonly is: 'gone'; readonly path: Path }
  | { readonly is: 'mode'; readonly path: Path; readonly mode: number }
  | {
      readonly is: 'reference'
      readonly path: Path
      readonly mode: number
      readonly digest: Digest
      readonly weight: number
    }

/**
 * A row is `depth, kind, name, …fields` in one flat list: rows of depth 0 name an item by its path, the rows after it
 * what lies below, parents first, by name. Below a problem stands, without a name, what it is over.
 */
export const rowKind = { ...wireKind, gone: 6, mode: 7, reference: 8 } as const

/** What a row takes besides its name, roughly (bytes): the digest, numbers, and heads. */
const rowBytes = 48

/** The items as `rows` messages of at most about `partBytes`. Made one by one: nothing is held but the path down to the present row. */
export function* rowMessages(items: Iterable<RowItem>): Generator<Message, void, undefined> {
  let flat: unknown[] = []
  let room = partBytes
  for (const row of rows(items)) {
    for (const value of row) flat.push(value)
    room -= rowBytes + (row[2] as string | Uint8Array).length
    if (room <= 0) {
      yield ['rows', flat]
      flat = []
      room = partBytes
    }
  }
  if (flat.length > 0) yield ['rows', flat]
}

function* rows(items: Iterable<RowItem>): Generator<readonly unknown[], void, undefined> {
  for (const item of items) {
    if (item.is === 'gone') yield [0, rowKind.gone, path.encode(item.path)]
    else if (item.is === 'mode') yield [0, rowKind.mode, path.encode(item.path), item.mode]
    else if (item.is === 'reference')
      yield [0, rowKind.reference, path.encode(item.path), item.mode, digest.encode(item.digest), item.weight]
    else yield* entryRows(path.encode(item.path), item.entry)
  }
}

function* entryRows(at: unknown, entry: Entry): Generator<readonly unknown[], void, undefined> {
  yield entryRow(0, at, entry)
  const open = [below(entry)[Symbol.iterator]()]
  while (open.length > 0) {
    const next = (open.at(-1) as Iterator<readonly [string, Entry]>).next()
    if (next.done === true) open.pop()
    else {
      const [called, inside] = next.value
      yield entryRow(open.length, name.encode(called), inside)
      if (inside.kind === 'directory' || inside.kind === 'problem') open.push(below(inside)[Symbol.iterator]())
    }
  }
}

function below(entry: Entry): Iterable<readonly [string, Entry]> {
  if (entry.kind === 'problem') return entry.over === undefined ? [] : [['', entry.over]]
  return children(entry)
}

function entryRow(depth: number, at: unknown, entry: Entry): readonly unknown[] {
  switch (entry.kind) {
    case 'file':
      return [depth, rowKind.file, at, entry.mode, digest.encode(entry.digest), entry.size]
    case 'symlink':
      return [depth, rowKind.symlink, at, text.encode(entry.target)]
    case 'directory':
      return [depth, rowKind.directory, at, entry.mode]
    case 'untracked':
      return [depth, rowKind.untracked, at, entry.why]
    case 'problem':
      return [depth, rowKind.problem, at, entry.why]
  }
}
