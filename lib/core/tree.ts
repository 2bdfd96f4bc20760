import type { Digest, Digester, Directory, Entry, SyncedEntry } from './entry.ts'
import { isDirectory } from './entry.ts'
import { invariant } from './errors.ts'
import { emptyPage, pageCount, pageDifferences, pageDigest, pageEntries, pageGet, pageOf, pageSet } from './page.ts'
import type { Path } from './path.ts'
import { components, join } from './path.ts'

/** An immutable snapshot of a replica: its root directory. The root's own mode is not synced. */
export type Tree = Directory

/** The mode a root is given in every tree. */
const rootMode = 0o755

export const emptyTree: Tree = { kind: 'directory', mode: rootMode, children: emptyPage }

export function directory(mode: number, entries: readonly (readonly [string, Entry])[] = []): Directory {
  return { kind: 'directory', mode, children: pageOf(entries) }
}

export function child(entry: Entry | undefined, name: string): Entry | undefined {
  return isDirectory(entry) ? pageGet(entry.children, name) : undefined
}

/** Names and entries of a directory; nothing for any other entry. */
export function children(entry: Entry | undefined): Iterable<readonly [string, Entry]> {
  return isDirectory(entry) ? pageEntries(entry.children) : []
}

export function at(tree: Entry | undefined, path: Path): Entry | undefined {
  let entry = tree
  for (const name of components(path)) {
    entry = child(entry, name)
    if (entry === undefined) return undefined
  }
  return entry
}

/** The directory with one child set or, for undefined, removed. */
export function withChild(parent: Directory, name: string, entry: Entry | undefined): Directory {
  const page = pageSet(parent.children, name, entry)
  return page === parent.children ? parent : { kind: 'directory', mode: parent.mode, children: page }
}

/**
 * The tree with `entry` (and all below it) at `path`, or nothing there when undefined. Removing from a directory that
 * is not there changes nothing; putting into one is INVARIANT, for a tree has no child without a parent.
 */
export function withEntry(tree: Tree, path: Path, entry: Entry | undefined): Tree {
  if (path === '') {
    invariant(isDirectory(entry), 'A root is always a directory')
    return entry
  }
  return set(tree, components(path), 0, entry)
}

function set(parent: Directory, names: readonly string[], depth: number, entry: Entry | undefined): Directory {
  const name = names[depth] as string
  if (depth === names.length - 1) return withChild(parent, name, entry)
  const next = pageGet(parent.children, name)
  if (!isDirectory(next)) {
    invariant(
      entry === undefined,
      `Cannot put ${JSON.stringify(names.join('/'))}: ${JSON.stringify(name)} is not a directory`,
    )
    return parent
  }
  return withChild(parent, name, set(next, names, depth + 1, entry))
}

/**
 * The tree with the shallow part of `entry` at `path`: a directory keeps the children that stand there already
 * and takes only the mode. What an operation on one path does to a tree.
 */
export function withShallow(tree: Tree, path: Path, entry: Entry | undefined): Tree {
  if (!isDirectory(entry)) return withEntry(tree, path, entry)
  const before = at(tree, path)
  if (!isDirectory(before)) return withEntry(tree, path, { ...entry, children: emptyPage })
  return before.mode === entry.mode ? tree : withEntry(tree, path, { ...before, mode: entry.mode })
}

/** The tree with what stood at `from` at `to` instead. Nothing at `from` is INVARIANT. */
export function withMove(tree: Tree, from: Path, to: Path): Tree {
  const entry = at(tree, from)
  invariant(entry !== undefined, `Cannot move ${JSON.stringify(from)}: nothing stands there`)
  return withEntry(withEntry(tree, from, undefined), to, entry)
}

/** How many entries lie below, at any depth, untracked ones left out. */
export function weight(entry: Entry | undefined): number {
  return isDirectory(entry) ? entry.children.weight : 0
}

/** The digest of everything below a tree's root. Equal digests: equal replicas. */
export function treeDigest(tree: Tree, digester: Digester): Digest {
  return pageDigest(tree.children, digester)
}

/** Equal in all that is synced: kind, content, mode, and everything below. */
export function same(a: Entry | undefined, b: Entry | undefined, digester: Digester): boolean {
  return a === b || (sameContent(a, b, digester) && modeOf(a) === modeOf(b))
}

/** Equal as an operation sees entries: a directory's children are no part of it. */
export function sameShallow(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined) return false
  if (a.kind === 'file') return b.kind === 'file' && a.digest === b.digest && a.mode === b.mode
  if (a.kind === 'symlink') return b.kind === 'symlink' && a.target === b.target
  return a.kind === 'directory' && b.kind === 'directory' && a.mode === b.mode
}

/** Equal but for the entry's own mode (modes below still count). */
export function sameContent(a: Entry | undefined, b: Entry | undefined, digester: Digester): boolean {
  if (isDirectory(a) && isDirectory(b)) {
    return a.children === b.children || pageDigest(a.children, digester) === pageDigest(b.children, digester)
  }
  return sameLeaf(a, b)
}

/** Equal but for the mode, of entries that are not both directories. */
function sameLeaf(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined) return false
  if (a.kind === 'file') return b.kind === 'file' && a.digest === b.digest
  if (a.kind === 'symlink') return b.kind === 'symlink' && a.target === b.target
  if (a.kind === 'untracked') return b.kind === 'untracked' && a.why === b.why
  return a.kind === 'problem' && b.kind === 'problem' && a.why === b.why && sameThrough(a.over, b.over)
}

/** Equal in all, untracked entries included, by what is there instead of by digest. */
function sameThrough(a: Entry | undefined, b: Entry | undefined): boolean {
  if (isDirectory(a) && isDirectory(b)) return a.mode === b.mode && diff(a, b).next().done === true
  return sameLeaf(a, b) && modeOf(a) === modeOf(b)
}

export function modeOf(entry: Entry | undefined): number | undefined {
  return entry !== undefined && (entry.kind === 'file' || entry.kind === 'directory') ? entry.mode : undefined
}

/** Names under which any of the directories differ (an entry that is no directory counts as empty). */
export function differences(entries: readonly (Entry | undefined)[], digester?: Digester): Iterable<string> {
  return pageDifferences(
    entries.map(entry => (isDirectory(entry) ? entry.children : emptyPage)),
    digester,
  )
}

/** One path that changed: everything at and below it became `entry`. */
export interface Change {
  readonly path: Path
  readonly entry: Entry | undefined
}

/**
 * What turns `from` into `to`, at the topmost paths where they differ. A directory whose mode alone differs comes whole.
 * @param digester skips what is equal but no shared object; differences in untracked entries alone are skipped with it
 */
export function* diff(from: Tree, to: Tree, digester?: Digester): Generator<Change, void, undefined> {
  const pairs = [{ path: '', from, to }]
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    for (const name of differences([pair.from, pair.to], digester)) {
      const before = child(pair.from, name)
      const after = child(pair.to, name)
      const path = join(pair.path, name)
      if (isDirectory(before) && isDirectory(after) && before.mode === after.mode)
        pairs.push({ path, from: before, to: after })
      else if (!sameLeaf(before, after) || modeOf(before) !== modeOf(after)) yield { path, entry: after }
    }
  }
}

/** Every entry below a tree with its path, parents first. */
export function* walk(entry: Entry | undefined, path: Path = ''): Generator<readonly [Path, Entry], void, undefined> {
  for (const [name, below] of children(entry)) {
    const at = join(path, name)
    yield [at, below]
    if (isDirectory(below)) yield* walk(below, at)
  }
}

/** The entry without what lies below it: what an operation carries. */
export function shallow(entry: Directory): Directory
export function shallow(entry: SyncedEntry): SyncedEntry
export function shallow(entry: Entry): Entry
export function shallow(entry: Entry): Entry {
  return entry.kind === 'directory' && entry.children !== emptyPage ? { ...entry, children: emptyPage } : entry
}

/**
 * `entry`, built from parts of `known` wherever the two are equal, so that equal trees share their memory.
 * Cost: the size of `entry`.
 */
export function intern(entry: Entry, known: Entry | undefined): Entry {
  if (entry === known || known === undefined) return entry
  if (entry.kind !== 'directory' || known.kind !== 'directory') {
    return sameThrough(entry, known) ? known : entry
  }
  const interned: (readonly [string, Entry])[] = []
  let equal = entry.mode === known.mode && pageCount(entry.children) === pageCount(known.children)
  for (const [name, below] of children(entry)) {
    const like = pageGet(known.children, name)
    const shared = intern(below, like)
    equal &&= shared === like
    interned.push([name, shared])
  }
  return equal ? known : directory(entry.mode, interned)
}
