import type { Branch, Digest, Digester, Entry, Leaf, Page } from './entry.ts'
import { pageDepthLimit, pageEntriesLimit, pageFanOut } from './limits.ts'
import { toBytes } from './path.ts'

export const emptyPage: Page = { names: [], entries: [], weight: 0, digest: undefined }

function isLeaf(page: Page): page is Leaf {
  return 'names' in page
}

/** How many entries the directory holds itself. */
export function pageCount(page: Page): number {
  return isLeaf(page) ? page.names.length : page.count
}

export function pageGet(page: Page, name: string): Entry | undefined {
  return getAt(page, name, isLeaf(page) ? 0 : nameHash(name), 0)
}

/** Looks a name up in a page that stands `top` levels below its directory. */
function getAt(page: Page, name: string, hash: number, top: number): Entry | undefined {
  let at = page
  for (let level = top; !isLeaf(at); level++) at = at.pages[slotOf(hash, level)] ?? emptyPage
  const index = find(at.names, name)
  return index >= 0 ? at.entries[index] : undefined
}

/** The page with `name` standing for `entry`, or without it when `entry` is undefined. */
export function pageSet(page: Page, name: string, entry: Entry | undefined): Page {
  return set(page, name, entry, isLeaf(page) ? 0 : nameHash(name), 0)
}

function set(page: Page, name: string, entry: Entry | undefined, hash: number, level: number): Page {
  if (isLeaf(page)) return setInLeaf(page, name, entry, level)
  const slot = slotOf(hash, level)
  const before = page.pages[slot] ?? emptyPage
  const after = set(before, name, entry, hash, level + 1)
  if (after === before) return page
  const pages = page.pages.with(slot, after)
  const count = page.count + pageCount(after) - pageCount(before)
  const weight = page.weight + after.weight - before.weight
  const branch: Branch = { pages, count, weight, digest: undefined }
  return count > pageEntriesLimit ? branch : leafOf([...pageEntries(branch)])
}

function setInLeaf(leaf: Leaf, name: string, entry: Entry | undefined, level: number): Page {
  const index = find(leaf.names, name)
  if (index >= 0) {
    const before = leaf.entries[index]
    if (before === entry) return leaf
    const weight = leaf.weight - weightOf(before) + weightOf(entry)
    if (entry !== undefined)
      return { names: leaf.names, entries: leaf.entries.with(index, entry), weight, digest: undefined }
    return {
      names: leaf.names.toSpliced(index, 1),
      entries: leaf.entries.toSpliced(index, 1),
      weight,
      digest: undefined,
    }
  }
  if (entry === undefined) return leaf
  const at = -index - 1
  const names = leaf.names.toSpliced(at, 0, name)
  const entries = leaf.entries.toSpliced(at, 0, entry)
  const weight = leaf.weight + weightOf(entry)
  if (names.length <= pageEntriesLimit || level >= pageDepthLimit) return { names, entries, weight, digest: undefined }
  return split(
    names.map((each, i) => [each, entries[i] as Entry]),
    level,
  )
}

/** A page of these entries, in any order; names must differ. */
export function pageOf(entries: readonly (readonly [string, Entry])[]): Page {
  return build(entries, 0)
}

function build(entries: readonly (readonly [string, Entry])[], level: number): Page {
  if (entries.length === 0) return emptyPage
  return entries.length <= pageEntriesLimit || level >= pageDepthLimit ? leafOf(entries) : split(entries, level)
}

function split(entries: readonly (readonly [string, Entry])[], level: number): Branch {
  const parts: (readonly [string, Entry])[][] = Array.from({ length: pageFanOut }, () => [])
  for (const pair of entries) parts[slotOf(nameHash(pair[0]), level)]?.push(pair)
  const pages = parts.map(part => build(part, level + 1))
  return { pages, count: entries.length, weight: pages.reduce((sum, page) => sum + page.weight, 0), digest: undefined }
}

function leafOf(entries: readonly (readonly [string, Entry])[]): Leaf {
  const sorted = entries.toSorted((a, b) => (a[0] < b[0] ? -1 : 1))
  let weight = 0
  for (const [, entry] of sorted) weight += weightOf(entry)
  return { names: sorted.map(pair => pair[0]), entries: sorted.map(pair => pair[1]), weight, digest: undefined }
}

/** Every entry of the directory with its name: sorted within a leaf, in the order of pages otherwise. */
export function* pageEntries(page: Page): Generator<readonly [string, Entry], void, undefined> {
  if (isLeaf(page)) {
    for (let i = 0; i < page.names.length; i++) yield [page.names[i] as string, page.entries[i] as Entry]
  } else {
    for (const part of page.pages) yield* pageEntries(part)
  }
}

/**
 * Every name under which any of the pages differ. Pages that are one object are skipped whole, so the cost follows the
 * difference; pages that merely have equal digests are skipped too when `digester` is given, and with them differences
 * in untracked entries alone. Pages given must be those of whole directories.
 */
export function pageDifferences(pages: readonly Page[], digester?: Digester): Iterable<string> {
  return differencesAt(pages, 0, digester)
}

function* differencesAt(
  pages: readonly Page[],
  level: number,
  digester: Digester | undefined,
): Generator<string, void, undefined> {
  const first = pages[0] ?? emptyPage
  if (pages.every(page => page === first)) return
  if (digester !== undefined) {
    const digest = pageDigest(first, digester)
    if (pages.every(page => pageDigest(page, digester) === digest)) return
  }
  const leaves = pages.filter(isLeaf)
  if (leaves.length === pages.length) yield* leafDifferences(leaves)
  else if (leaves.length === 0) {
    for (let slot = 0; slot < pageFanOut; slot++) {
      yield* differencesAt(
        pages.map(page => (isLeaf(page) ? page : (page.pages[slot] ?? emptyPage))),
        level + 1,
        digester,
      )
    }
  } else yield* mixedDifferences(pages, level)
}

/** Walks leaves side by side: they are sorted. */
function* leafDifferences(leaves: readonly Leaf[]): Generator<string, void, undefined> {
  const at = leaves.map(() => 0)
  for (;;) {
    let name: string | undefined
    for (const [i, leaf] of leaves.entries()) {
      const next = leaf.names[at[i] ?? 0]
      if (next !== undefined && (name === undefined || next < name)) name = next
    }
    if (name === undefined) return
    const entries = leaves.map((leaf, i) => {
      const index = at[i] ?? 0
      if (leaf.names[index] !== name) return undefined
      at[i] = index + 1
      return leaf.entries[index]
    })
    if (entries.some(entry => entry !== entries[0])) yield name
  }
}

/** Of pages that are split to different depths: each name is looked up in all. */
function* mixedDifferences(pages: readonly Page[], level: number): Generator<string, void, undefined> {
  for (const [i, page] of pages.entries()) {
    for (const [name, entry] of pageEntries(page)) {
      const hash = nameHash(name)
      const others = pages.map(other => (other === page ? entry : getAt(other, name, hash, level)))
      const isFirst = others.findIndex(other => other !== undefined) === i
      if (isFirst && others.some(other => other !== entry)) yield name
    }
  }
}

/** The Merkle digest of the page: of its entries for a leaf, of its pages for a branch. Untracked entries are left out. */
export function pageDigest(page: Page, digester: Digester): Digest {
  if (page.digest !== undefined) return page.digest
  const lines: string[] = []
  if (isLeaf(page)) {
    for (let i = 0; i < page.names.length; i++) {
      const mark = entryMark(page.entries[i] as Entry, digester)
      if (mark !== undefined) lines.push(mark, ' ', page.names[i] as string, '\0')
    }
  } else {
    lines.push('pages')
    for (const part of page.pages) lines.push(' ', pageDigest(part, digester))
  }
  page.digest = digester(toBytes(lines.join('')))
  return page.digest
}

/** What stands for an entry in its directory's digest; undefined for untracked entries. */
export function entryMark(entry: Entry, digester: Digester): string | undefined {
  switch (entry.kind) {
    case 'file':
      return `f${entry.mode.toString(8)} ${entry.digest}`
    case 'symlink':
      return `l ${entry.target}\0`
    case 'directory':
      return `d${entry.mode.toString(8)} ${pageDigest(entry.children, digester)}`
    case 'untracked':
      return undefined
    case 'problem':
      return `p ${entry.over === undefined ? '' : entryMark(entry.over, digester)}`
  }
}

function weightOf(entry: Entry | undefined): number {
  if (entry === undefined || entry.kind === 'untracked') return 0
  return entry.kind === 'directory' ? 1 + entry.children.weight : 1
}

/** The index of `name`, or `-1 - where it belongs`. */
function find(names: readonly string[], name: string): number {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((names[middle] as string) < name) low = middle + 1
    else high = middle
  }
  return names[low] === name ? low : -1 - low
}

function slotOf(hash: number, level: number): number {
  return (hash >>> (level * 4)) & (pageFanOut - 1)
}

/** FNV-1a over UTF-16 units with Murmur3's finish: spreads short names evenly, and is the same on every host. */
function nameHash(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
