import { carry, holdsOnlyUntracked, isObstacle } from './carry.ts'
import type { Directory, Entry, SyncedEntry } from './entry.ts'
import { isDirectory, isIgnored, isSynced } from './entry.ts'
import { reconcileLostDirectory } from './lost-directory.ts'
import type { Side } from './operation.ts'
import { isFile, otherSide } from './operation.ts'
import type { Path } from './path.ts'
import { join } from './path.ts'
import type { Draft, Writing } from './plan.ts'
import { differences, same } from './tree.ts'
import type { Versions } from './versions.ts'
import { agreedDirectory, childVersions } from './versions.ts'

/**
 * The rules for one path; children of directories on both sides are left to `reconcileDirectories`. Changed on one side:
 * that is taken. The same on both: agreed. Else the cases below. A problem freezes its path; what one side ignores is left
 * alone on both and forgotten; any other untracked entry counts as absent, but nothing is put where it stands.
 */
export function reconcileEntry(writing: Writing, path: Path, versions: Versions): void {
  const { draft, digester, moved } = writing
  const { ancestor } = versions
  if (moved.has(path)) return
  if (listProblems(draft, path, versions)) return
  if (isIgnored(versions.alpha) || isIgnored(versions.beta)) return leaveIgnored(draft, path, versions)
  if (isDirectory(versions.alpha) && isDirectory(versions.beta)) {
    // New directories with nothing that is synced in them are nothing to one another, whatever their modes.
    if (ancestor === undefined && holdsOnlyUntracked(versions.alpha) && holdsOnlyUntracked(versions.beta)) return
    mergeModes(draft, path, { ancestor, alpha: versions.alpha, beta: versions.beta })
    writing.directories.push({ path, versions })
    return
  }
  const alpha = trackedOf('alpha', versions)
  const beta = trackedOf('beta', versions)
  if (isDirectory(ancestor)) {
    if (isDirectory(alpha))
      return reconcileLostDirectory(writing, { side: 'alpha', path, ancestor, held: alpha }, versions)
    if (isDirectory(beta))
      return reconcileLostDirectory(writing, { side: 'beta', path, ancestor, held: beta }, versions)
  }
  const alphaChanged = !same(ancestor, alpha, digester)
  const betaChanged = !same(ancestor, beta, digester)
  if (!alphaChanged && !betaChanged) return
  if (same(alpha, beta, digester)) draft.agree(path, alpha)
  else if (!alphaChanged) take(draft, path, versions, { from: 'beta', entry: beta })
  else if (!betaChanged) take(draft, path, versions, { from: 'alpha', entry: alpha })
  else if (alpha !== undefined && beta !== undefined) reconcileEdits(writing, path, { ancestor, alpha, beta })
  else {
    const from = alpha === undefined ? 'beta' : 'alpha'
    const restored = take(draft, path, versions, { from, entry: alpha ?? beta })
    if (restored) draft.notice({ path, kind: 'edit-beat-delete', side: otherSide(from) })
  }
}

/** Judges the children of directories, those below them, and so on; without recursion, for trees may be deep. */
export function reconcileDirectories(writing: Writing): void {
  const { directories, digester } = writing
  for (let next = directories.pop(); next !== undefined; next = directories.pop()) {
    const { path, versions } = next
    const { ancestor, alpha, beta } = versions
    for (const name of differences([ancestor, alpha, beta], digester)) {
      reconcileEntry(writing, join(path, name), childVersions(versions, name))
    }
  }
}

function listProblems(draft: Draft, path: Path, { alpha, beta }: Versions): boolean {
  if (alpha?.kind === 'problem') draft.problem({ path, side: 'alpha', why: alpha.why })
  if (beta?.kind === 'problem') draft.problem({ path, side: 'beta', why: beta.why })
  return alpha?.kind === 'problem' || beta?.kind === 'problem'
}

/**
 * The common past of what is ignored ends, so that nothing there is ever taken for deleted: should it be synced again, it
 * is new on both sides. While only one side ignores what the other would sync, somebody is told.
 */
function leaveIgnored(draft: Draft, path: Path, versions: Versions): void {
  if (versions.ancestor !== undefined) draft.agree(path, undefined)
  for (const side of ['alpha', 'beta'] as const) {
    if (isIgnored(versions[side]) && isSynced(versions[otherSide(side)])) draft.problem({ path, side, why: 'IGNORED' })
  }
}

/** What a side holds that can be synced. A new directory of nothing but untracked entries is untracked itself, unless it replaced something. */
function trackedOf(side: Side, versions: Versions): SyncedEntry | undefined {
  const entry = versions[side]
  if (!isSynced(entry)) return undefined
  const isNew = isDirectory(entry) && !isDirectory(versions.ancestor) && !isSynced(versions[otherSide(side)])
  return isNew && holdsOnlyUntracked(entry) ? undefined : entry
}

function mergeModes(
  draft: Draft,
  path: Path,
  versions: Versions & { readonly alpha: Directory; readonly beta: Directory },
): void {
  const { ancestor, alpha, beta } = versions
  const before = isDirectory(ancestor) ? ancestor : undefined
  const mode =
    mergedMode(before?.mode, alpha.mode, beta.mode) ?? (before === undefined ? modeOfUsed(alpha, beta) : undefined)
  if (mode === undefined) {
    if (before === undefined) draft.agree(path, agreedDirectory(alpha, beta))
    draft.conflict(path, 'mode', versions)
    return
  }
  const changed = alpha.mode !== mode ? 'alpha' : beta.mode !== mode ? 'beta' : undefined
  const stands = changed === 'beta' ? beta : alpha
  // What is below may be agreed before the mode is: its directory is known first, as it stands where it is to change.
  if (before === undefined || (changed === undefined && before.mode !== mode)) draft.agree(path, stands)
  if (changed !== undefined) draft.put(changed, path, stands, { ...stands, mode })
}

/** A directory that holds only what is untracked takes the mode of the one that comes. */
function modeOfUsed(alpha: Directory, beta: Directory): number | undefined {
  const isUnused = { alpha: holdsOnlyUntracked(alpha), beta: holdsOnlyUntracked(beta) }
  if (isUnused.alpha === isUnused.beta) return undefined
  return isUnused.alpha ? beta.mode : alpha.mode
}

function mergedMode(ancestor: number | undefined, alpha: number, beta: number): number | undefined {
  if (alpha === beta || beta === ancestor) return alpha
  return alpha === ancestor ? beta : undefined
}

/** Brings what one side holds to the other. False when an untracked entry is in the way: a conflict. */
function take(
  draft: Draft,
  path: Path,
  versions: Versions,
  taken: { readonly from: Side; readonly entry: SyncedEntry | undefined },
): boolean {
  const side = otherSide(taken.from)
  const current = versions[side]
  const before = isSynced(current) ? current : undefined
  if (taken.entry === undefined) {
    if (before !== undefined) draft.delete(side, path, before)
    return true
  }
  if (isObstacle(current, taken.entry) && side !== draft.source) {
    draft.conflict(path, 'type', versions)
    return false
  }
  carry(draft, { side, path, before, after: taken.entry })
  return true
}

/** Both sides made something else of it, and not two directories. */
function reconcileEdits(
  writing: Writing,
  path: Path,
  versions: { readonly ancestor: Entry | undefined; readonly alpha: SyncedEntry; readonly beta: SyncedEntry },
): void {
  const { draft, digester } = writing
  const { ancestor, alpha, beta } = versions
  if (alpha.kind !== beta.kind) return draft.conflict(path, 'type', versions)
  if (!isFile(alpha) || !isFile(beta)) return draft.conflict(path, 'content', versions)
  const before = isFile(ancestor) ? ancestor : undefined
  const onlyAlpha = alpha.digest === beta.digest || beta.digest === before?.digest
  if (!onlyAlpha && alpha.digest !== before?.digest) return draft.conflict(path, 'content', versions)
  const mode = mergedMode(before?.mode, alpha.mode, beta.mode)
  if (mode === undefined) return draft.conflict(path, 'mode', versions)
  const merged = { ...(onlyAlpha ? alpha : beta), mode }
  // The source keeps its mode, the other side its own: the content is agreed.
  if (draft.source !== undefined && alpha.digest === beta.digest)
    draft.agree(path, draft.source === 'alpha' ? alpha : beta)
  if (!same(alpha, merged, digester)) draft.put('alpha', path, alpha, merged)
  if (!same(beta, merged, digester)) draft.put('beta', path, beta, merged)
}
