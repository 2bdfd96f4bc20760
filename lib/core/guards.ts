import type { Digest, Digester } from './entry.ts'
import { isDirectory } from './entry.ts'
import { guardDeletes, guardEmptied, guardEntries, guardShare } from './limits.ts'
import type { GuardKind, Operation } from './operation.ts'
import { isFile } from './operation.ts'
import type { Path } from './path.ts'
import { components, isWithin, parentOf } from './path.ts'
import { reconcile } from './reconcile.ts'
import type { Tree } from './tree.ts'
import { at, emptyTree, weight } from './tree.ts'

export interface MassDelete {
  /** True when the deletes must wait for a person; everything else may go on. */
  readonly held: boolean
  /** What passes which bound, as part of a sentence; '' when nothing does. */
  readonly why: string
  /** What would be gone, files and links and directories, without what only moves. */
  readonly deletes: readonly Path[]
}

/**
 * Tells whether operations delete so much that a person should be asked: more than half of the root or of one of its
 * top-level directories, from 20 entries up, or more than 5,000 paths. A delete whose content is put elsewhere by the
 * same operations is a move and does not count, nor does the directory it leaves.
 * @param before the receiving side before any of them
 */
export function massDelete(before: Tree, operations: readonly Operation[]): MassDelete {
  const deletes = unpairedDeletes(operations)
  const total = deletes.length
  const places = [{ name: 'the root', size: weight(before), count: total }]
  for (const [name, count] of countBelow(deletes)) {
    const top = at(before, name)
    if (isDirectory(top)) places.push({ name: JSON.stringify(name), size: weight(top), count })
  }
  const over = places.find(({ size, count }) => size >= guardEntries && count > size * guardShare)
  const why =
    over !== undefined
      ? `deletes ${over.count} of ${over.size} entries of ${over.name}`
      : total > guardDeletes
        ? `deletes ${total} entries, more than ${guardDeletes}`
        : ''
  return { held: why !== '', why, deletes }
}

function unpairedDeletes(operations: readonly Operation[]): Path[] {
  const moved = new Map<Digest, number>()
  for (const operation of operations) {
    if (operation.kind !== 'put' || operation.basis === undefined || !isFile(operation.after)) continue
    moved.set(operation.after.digest, (moved.get(operation.after.digest) ?? 0) + 1)
  }
  const left = new Set<Path>()
  const deletes: Path[] = []
  for (const operation of operations) {
    if (operation.kind !== 'remove') continue
    const { path, before } = operation
    const pairs = isFile(before) ? (moved.get(before.digest) ?? 0) : 0
    if (isFile(before) && pairs > 0) {
      moved.set(before.digest, pairs - 1)
      for (let above = parentOf(path); above !== '' && !left.has(above); above = parentOf(above)) left.add(above)
    } else if (!left.has(path)) deletes.push(path)
  }
  return deletes
}

/** How many of the paths lie below each top-level name. */
function countBelow(paths: readonly Path[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const path of paths) {
    const [top = '', ...below] = components(path)
    if (below.length > 0) counts.set(top, (counts.get(top) ?? 0) + 1)
  }
  return counts
}

/** What is remembered of a root that has been synced. */
export interface KnownRoot {
  /** Undefined when it cannot be compared: some disks get another number when the host starts anew. */
  readonly device: number | undefined
  readonly inode: number
  /** How many entries both sides agreed on. */
  readonly entries: number
}

/** What stands at a root's path. */
export interface FoundRoot {
  readonly kind: string
  readonly device: number
  readonly inode: number
  readonly entries: number
}

/** Why a session must stop. */
export interface Stop {
  readonly guard: GuardKind
  readonly why: string
}

/**
 * Tells whether a root is still the one that was synced; undefined when it is, or when it never was synced (then a
 * missing one is made). What is gone, exchanged or emptied as a whole is hardly ever meant as deletes.
 */
export function rootState(known: KnownRoot | undefined, found: FoundRoot | undefined): Stop | undefined {
  if (known === undefined) return undefined
  if (found === undefined) return { guard: 'root-missing', why: 'it is not there' }
  if (found.kind !== 'directory') return { guard: 'root-replaced', why: `a ${found.kind} stands in its place` }
  if (known.device !== undefined && found.device !== known.device)
    return { guard: 'root-replaced', why: 'it lies on another device' }
  if (found.inode !== known.inode) return { guard: 'root-replaced', why: 'another directory stands in its place' }
  if (found.entries === 0 && known.entries >= guardEmptied) {
    return { guard: 'root-emptied', why: `it is empty; ${known.entries} entries were agreed on` }
  }
  return undefined
}

/** Absolute paths without links, '.' or '..', as the host itself resolves them. */
export interface RootSurroundings {
  readonly home: string
  readonly kitHome: string
  /** The other roots of this host. */
  readonly otherRoots: readonly string[]
}

/** Why a directory may not be a root, as part of a sentence; undefined when it may. A kit home inside a root is fine. */
export function refuseRoot(path: string, { home, kitHome, otherRoots }: RootSurroundings): string | undefined {
  if (!path.startsWith('/')) return 'it is no absolute path'
  const root = trimmed(path)
  if (root === '') return 'it is the root of the file system'
  if (root === trimmed(home)) return 'it is the home directory'
  if (isWithin(trimmed(home), root)) return 'the home directory lies in it'
  if (isWithin(root, `${trimmed(home)}/.ssh`)) return 'it holds ssh keys'
  if (isWithin(root, trimmed(kitHome))) return "it lies in dsync's own directory"
  for (const other of otherRoots.map(trimmed)) {
    if (root === other) return 'it is a root already'
    if (isWithin(root, other)) return `it lies in the root ${other}`
    if (isWithin(other, root)) return `the root ${other} lies in it`
  }
  return undefined
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, '')
}

export interface FirstSync {
  /** True when a person should see the counts before anything moves: both sides are in use and differ. */
  readonly ask: boolean
  /** Entries on each side; alike on both; in conflict; on one side alone. */
  readonly alpha: number
  readonly beta: number
  readonly same: number
  readonly differing: number
  readonly onlyAlpha: number
  readonly onlyBeta: number
}

/** What the first sync of two roots that have never agreed on anything would do. */
export function firstSync(alpha: Tree, beta: Tree, digester: Digester): FirstSync {
  const plan = reconcile({ ancestor: emptyTree, alpha, beta, moves: { alpha: [], beta: [] }, digester })
  const counts = {
    alpha: weight(alpha),
    beta: weight(beta),
    same: plan.agreed.length,
    differing: plan.conflicts.length,
    onlyAlpha: plan.toBeta.length,
    onlyBeta: plan.toAlpha.length,
  }
  const differ = counts.differing + counts.onlyAlpha + counts.onlyBeta > 0
  return { ...counts, ask: counts.alpha > 0 && counts.beta > 0 && differ }
}
