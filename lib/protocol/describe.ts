import type { Directory, Page, ProblemEntry, UntrackedEntry } from '../core/entry.ts'
import { isDirectory } from '../core/entry.ts'
import { pageDepthLimit, pageFanOut } from '../core/limits.ts'
import { pageDigest, pageEntries } from '../core/page.ts'
import type { Path } from '../core/path.ts'
import type { Tree } from '../core/tree.ts'
import { at, walk } from '../core/tree.ts'
import { digest as sha256 } from '../replica/hash.ts'
import type { Codec } from './codec.ts'
import { bytes, choice, list, path, record } from './codec.ts'
import type { Message } from './message.ts'
import type { RowItem } from './rows.ts'
import { rowMessages } from './rows.ts'
import { violation } from './violation.ts'

/**
 * What a mirror asks about one directory of the served snapshot. `step`: one page of it, found by going down `slots`
 * from the directory's first page; a split page is answered by the marks of its parts, a leaf by its rows.
 * `list`: all rows below that page, however it is split. `deep`: the directory with everything below it.
 * `aside`: every entry below it that digests do not tell: untracked ones, and problems with their reasons.
 */
export interface Want {
  readonly path: Path
  readonly slots: Uint8Array
  readonly how: 'step' | 'list' | 'deep' | 'aside'
}

export interface AsideItem {
  readonly is: 'entry'
  readonly path: Path
  readonly entry: UntrackedEntry | ProblemEntry
}

/** Questions one message may hold. */
export const wantsLimit = 256

export const wants: Codec<readonly Want[]> = list(
  record({ path, slots: bytes(pageDepthLimit), how: choice('step', 'list', 'deep', 'aside') }),
  wantsLimit,
)

/**
 * The answers, in order: for each question `pages` or any number of `rows`, then `described`.
 * Yields undefined where others may take a turn. Throws PROTOCOL when the snapshot has no such directory or page.
 */
export function* describe(snapshot: Tree, asked: readonly Want[]): Generator<Message | undefined, void, undefined> {
  for (const want of asked) {
    const directory = at(snapshot, want.path)
    if (!isDirectory(directory))
      throw violation(`it asked about ${JSON.stringify(want.path)}, which is no directory here`)
    const page = pageAt(directory.children, want.slots)
    if (want.how === 'step' && 'pages' in page) yield pagesMessage(page.pages)
    else if (want.how === 'deep') yield* rowMessages([{ is: 'entry', path: want.path, entry: directory }])
    else if (want.how === 'aside') yield* asideMessages(directory, want.path)
    else yield* rowMessages(shallowItems(page))
    yield ['described']
  }
}

export function pageAt(page: Page, slots: Uint8Array): Page {
  let found = page
  for (const slot of slots) {
    const next = 'pages' in found ? found.pages[slot] : undefined
    if (next === undefined) throw violation('it asked about a page that is not there')
    found = next
  }
  return found
}

function pagesMessage(pages: readonly Page[]): Message {
  return [
    'pages',
    ...pages.slice(0, pageFanOut).flatMap(page => [Buffer.from(pageDigest(page, sha256), 'hex'), page.weight]),
  ]
}

/** The entries of a page, directories by reference, untracked ones left out. */
function* shallowItems(page: Page): Generator<RowItem, void, undefined> {
  for (const [name, entry] of pageEntries(page)) {
    if (entry.kind === 'untracked') continue
    if (entry.kind !== 'directory') yield { is: 'entry', path: name, entry }
    else {
      const { mode, children } = entry
      yield { is: 'reference', path: name, mode, digest: pageDigest(children, sha256), weight: children.weight }
    }
  }
}

function* asideMessages(directory: Directory, path: Path): Generator<Message | undefined, void, undefined> {
  const found: RowItem[] = []
  for (const item of asides(directory, path)) {
    if (item === undefined) yield undefined
    else found.push(item)
  }
  yield* rowMessages(found)
}

/** Entries below a directory that its digest does not tell; undefined where others may take a turn. */
export function* asides(directory: Directory, path: Path): Generator<AsideItem | undefined, void, undefined> {
  let seen = 0
  for (const [below, entry] of walk(directory, path)) {
    if (entry.kind === 'untracked' || entry.kind === 'problem') yield { is: 'entry', path: below, entry }
    if (++seen % 1024 === 0) yield undefined
  }
}
