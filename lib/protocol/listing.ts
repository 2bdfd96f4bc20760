import type { Digest, Directory, Entry, Page } from '../core/entry.ts'
import { isDirectory, isSynced } from '../core/entry.ts'
import { pageFanOut } from '../core/limits.ts'
import { pageCount, pageDigest, pageEntries } from '../core/page.ts'
import type { Path } from '../core/path.ts'
import { join } from '../core/path.ts'
import type { Tree } from '../core/tree.ts'
import { at, child, withChild, withEntry } from '../core/tree.ts'
import { digest as sha256 } from '../replica/hash.ts'
import type { TreeMark } from './codec-event.ts'
import { digest, name, size } from './codec.ts'
import type { Want } from './describe.ts'
import { pageAt, wantsLimit } from './describe.ts'
import { alike, withItem } from './mirror.ts'
import { RowReader } from './row-reader.ts'
import type { RowItem } from './rows.ts'
import { markOf, sameMark } from './tree-digest.ts'
import { violation } from './violation.ts'

export interface ListingOptions {
  /** What the other end's tree is compared with. Its digests should be known. */
  readonly baseline: Tree
  /** The untracked entries in the baseline. */
  readonly untracked: readonly Path[]
  /** The mark of the other end's tree, as it announced it. */
  readonly mark: TreeMark
  ask(wants: readonly Want[]): void
}

/**
 * Builds the other end's tree from the baseline by asking only about what differs: page by page, level by level, many
 * questions on their way at once. What is equal stays the baseline's own objects; what is new comes whole.
 */
export class Listing {
  readonly #options: ListingOptions
  #tree: Tree
  /** Questions on their way, in order, and those not asked yet. */
  readonly #asked: Want[] = []
  #wanted: Want[] = []
  /** What the question being answered has said so far. */
  #rows: RowReader | undefined
  #items: RowItem[] = []
  #pages: readonly unknown[] | undefined
  readonly #asides: RowItem[] = []
  /** There is nothing to compare with: the tree is asked for whole. */
  readonly #whole: boolean

  constructor(options: ListingOptions) {
    this.#options = options
    this.#tree = options.baseline
    this.#whole = pageCount(options.baseline.children) === 0
  }

  get finished(): boolean {
    return this.#asked.length === 0 && this.#wanted.length === 0
  }

  /** The other end's tree, once `finished`; to be checked against the mark it announced. */
  result(): Tree {
    const gone = new Set(this.#whole ? [] : this.#options.untracked)
    for (const item of this.#asides.splice(0)) {
      gone.delete(item.path)
      const before = at(this.#tree, item.path)
      if (item.is === 'entry' && !alike(before, item.entry)) this.#tree = withItem(this.#tree, item)
    }
    for (const path of gone) {
      if (at(this.#tree, path)?.kind === 'untracked') this.#tree = withEntry(this.#tree, path, undefined)
    }
    return this.#tree
  }

  start(): void {
    const { baseline, mark } = this.#options
    if (this.#whole) this.#want('', [], 'deep')
    else {
      if (!sameMark(mark, markOf(baseline))) this.#want('', [], 'step')
      this.#want('', [], 'aside')
    }
    this.#askMore()
  }

  rows(flat: unknown): void {
    const want = this.#present()
    const known = (path: Path): Entry | undefined =>
      at(this.#options.baseline, want.how === 'deep' || want.how === 'aside' ? path : join(want.path, path))
    const item = (each: RowItem): void => void this.#items.push(each)
    this.#rows ??= new RowReader({ known, item })
    this.#rows.read(flat)
  }

  pages(fields: readonly unknown[]): void {
    if (this.#present().how !== 'step' || this.#pages !== undefined) throw violation('it sent pages nobody asked for')
    this.#pages = fields
  }

  /** The present question is answered: takes in what was said. */
  described(): void {
    const want = this.#present()
    this.#rows?.end()
    const items = this.#items
    const pages = this.#pages
    this.#asked.shift()
    this.#rows = undefined
    this.#items = []
    this.#pages = undefined
    if (pages !== undefined) this.#takePages(want, pages)
    else if (want.how === 'deep') this.#takeDeep(want, items)
    else if (want.how === 'aside') this.#takeAsides(items)
    else this.#takeRows(want, items)
    this.#askMore()
  }

  #present(): Want {
    const want = this.#asked[0]
    if (want === undefined) throw violation('it described something nobody asked about')
    return want
  }

  #want(path: Path, slots: readonly number[], how: Want['how']): void {
    this.#wanted.push({ path, slots: Uint8Array.from(slots), how })
  }

  #askMore(): void {
    const wants = this.#wanted.splice(0, wantsLimit - this.#asked.length)
    if (wants.length === 0) return
    this.#asked.push(...wants)
    this.#options.ask(wants)
  }

  #takePages(want: Want, fields: readonly unknown[]): void {
    const known = this.#knownPage(want)
    if (fields.length !== 2 * pageFanOut) throw violation('it sent the marks of too many or too few pages')
    if (!('pages' in known)) return this.#want(want.path, [...want.slots], 'list')
    for (const [slot, page] of known.pages.entries()) {
      const mark = { digest: digest.decode(fields[2 * slot]), weight: size.decode(fields[2 * slot + 1]) }
      if (!this.#isMark(page, mark)) this.#want(want.path, [...want.slots, slot], 'step')
    }
  }

  /** What a page or part of one holds now: changes the directory where that differs from the baseline's. */
  #takeRows(want: Want, items: readonly RowItem[]): void {
    const known = this.#knownPage(want)
    const before = at(this.#tree, want.path)
    if (!isDirectory(before)) throw violation('it described a directory that it said is none')
    const missing = new Map(pageEntries(known))
    let after: Directory = before
    for (const item of items) {
      const called = name.decode(item.path)
      missing.delete(called)
      const entry = this.#entryOf(item, join(want.path, called), child(this.#knownDirectory(want.path), called))
      if (entry !== child(after, called)) after = withChild(after, called, entry)
    }
    for (const [called, entry] of missing) {
      if (entry.kind !== 'untracked') after = withChild(after, called, undefined)
    }
    if (after !== before) this.#tree = withEntry(this.#tree, want.path, after)
  }

  /** What stands at a path by this row; for a directory, what will be changed further by the questions this asks. */
  #entryOf(item: RowItem, path: Path, known: Entry | undefined): Entry | undefined {
    if (item.is === 'entry') return item.entry
    if (item.is !== 'reference') throw violation('it described a directory by what changed')
    if (!isDirectory(known)) {
      this.#want(path, [], 'deep')
      return undefined
    }
    if (!this.#isMark(known.children, item)) this.#want(path, [], 'step')
    return known.mode === item.mode ? known : { ...known, mode: item.mode }
  }

  #takeDeep(want: Want, items: readonly RowItem[]): void {
    const [item, second] = items
    if (item?.is !== 'entry' || item.path !== want.path || !isDirectory(item.entry) || second !== undefined)
      throw violation('it described something else than it was asked about')
    this.#tree = withItem(this.#tree, item)
  }

  #takeAsides(items: readonly RowItem[]): void {
    for (const item of items) {
      if (item.is !== 'entry' || isSynced(item.entry)) throw violation('it listed a synced entry as another')
      this.#asides.push(item)
    }
  }

  #knownDirectory(path: Path): Directory {
    const known = at(this.#options.baseline, path)
    if (!isDirectory(known)) throw violation('it described a directory nobody knows')
    return known
  }

  #knownPage(want: Want): Page {
    return pageAt(this.#knownDirectory(want.path).children, want.slots)
  }

  #isMark(page: Page, mark: { readonly digest: Digest; readonly weight: number }): boolean {
    return page.weight === mark.weight && pageDigest(page, sha256) === mark.digest
  }
}
