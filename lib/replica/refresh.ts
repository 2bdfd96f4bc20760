import type { Entry } from '../core/entry.ts'
import { isDirectory, isIgnored } from '../core/entry.ts'
import { SyncError, codeOf } from '../core/errors.ts'
import type { Content } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { join, nameOf, parentOf } from '../core/path.ts'
import type { Sight } from '../core/readiness.ts'
import { believed } from '../core/readiness.ts'
import { child, children, directory, same } from '../core/tree.ts'
import type { DirectoryHandle, Stat } from '../ports/disk.ts'
import type { DirectoryNode } from './directory-nodes.ts'
import type { DirtyName } from './dirty-names.ts'
import type { Look } from './look.ts'
import { isAbsence, isPassing, look, lookedUp, modeOf, problemOver } from './look.ts'
import { heedIgnoreFiles, heedMove, waitsForRules } from './ignore-files.ts'
import { ignoredDirectory, ignoredEntry, isKept } from './kept-directory.ts'
import { gitName } from './repositories.ts'
import type { Surroundings } from './surroundings.ts'

/** Another look when the system is short of descriptors or memory (ms). */
const passingMs = 200

/** Another look at what waits for an ignore file (ms). */
const rulesMs = 20

/**
 * Looks at one dirty name and, when what it sees is believed, brings the view up to date.
 * @param open gives the pinned directory of a node, kept open from name to name by the caller
 * @returns true when something others should be told of was learnt
 */
export function refreshName(
  dirty: DirtyName,
  open: (node: DirectoryNode) => DirectoryHandle,
  around: Surroundings,
): boolean {
  const { view, rules, clock } = around
  const { node, name } = dirty
  if (view.nodes.byKey(node.key) !== node) return false
  if (name === gitName) around.tracked.note(node)
  const parentPath = view.nodes.pathOf(node)
  const parent = view.entryAt(parentPath)
  const path = join(parentPath, name)
  if (isKept(parent) && node.parent !== undefined) {
    // Something new in it may make it a directory like any other.
    around.dirty.noteListed(node.parent, node.name)
    return false
  }
  if (!isDirectory(parent)) return false
  const previous = child(parent, name)
  if (waitsForRules(dirty, around)) {
    around.dirty.putOff(dirty, clock.monotonic() + rulesMs)
    return false
  }
  // What stands there now may be ours and go again: it is no version of anybody's.
  if (around.isUnfinishedAt(path)) return freeze('UNFINISHED', { dirty, path, previous }, around)
  try {
    const handle = open(node)
    // What was known before a write says nothing, however the file's times look: a tool may have set them back between
    // our putting it there and our asking for them.
    const isRewritten = dirty.pending.written && around.watcher.traits.closes
    const unchanged = (stat: Stat): boolean => !isRewritten && view.identities.matches(node.key, name, stat)
    let againAt: number | undefined
    const isBelieved = (sight: Sight): boolean => {
      const answer = believed(sight, dirty.pending, clock.monotonic())
      againAt = 'againAt' in answer ? answer.againAt : undefined
      return againAt === undefined
    }
    const seen = look(handle, { path, name, previous, unchanged, closed: dirty.pending.closed, isBelieved }, rules)
    // Whatever was heard of it was about that.
    if (seen.found === 'absent' && seen.called !== undefined && !around.dirty.has(node, seen.called))
      around.dirty.note(node, seen.called, dirty.pending.closed ? 'closed' : 'changed')
    if (seen.found === 'absent' && previous !== undefined) isBelieved('absent')
    if (againAt !== undefined) {
      around.dirty.putOff(dirty, againAt)
      return false
    }
    if (seen.found === 'file') {
      around.hashLater(dirty, path, seen.sight === 'whole')
      return false
    }
    if (seen.found === 'directory') return commitDirectory(seen.stat, { dirty, path, previous, parent: handle }, around)
    const learnt = commit(seen, { dirty, path, previous }, around)
    if (rules.ignore.fileNames.includes(name)) heedIgnoreFiles(node, handle, around)
    return learnt
  } catch (error) {
    return refreshFailed(error, { dirty, path, previous }, around)
  }
}

interface Asked {
  readonly dirty: DirtyName
  readonly path: Path
  readonly previous: Entry | undefined
}

/** Enters what was seen into the view. */
export function commit(seen: Look, asked: Asked, around: Surroundings): boolean {
  const { view, rules } = around
  const { path, previous, dirty } = asked
  switch (seen.found) {
    case 'absent':
      if (previous === undefined) return false
      view.observe(path, undefined)
      return true
    case 'ignored':
      if (isIgnored(previous)) return false
      view.observe(path, ignoredEntry)
      return true
    case 'directory':
    case 'file':
      return false
    case 'entry': {
      if (seen.entry.kind === 'file') recordIdentity(dirty, seen.stat, around)
      if (same(previous, seen.entry, rules.digest)) return false
      if (previous !== undefined) around.dirty.sent(dirty)
      view.observe(path, seen.entry, seen.content)
      return true
    }
  }
}

/**
 * A file that changed within the clock's grain may change again without moving its times: it is looked at once more.
 * Only ctime tells: whoever sets mtime, be it to a time to come, moves ctime to now.
 */
function recordIdentity(dirty: DirtyName, stat: Stat, around: Surroundings): void {
  const { view, clock, racyMs } = around
  if (racyMs > 0 && Math.abs(clock.now() - stat.ctimeMs) < racyMs) {
    view.identities.delete(dirty.node.key, dirty.name)
    around.dirty.putOff({ ...dirty, pending: { ...dirty.pending, closed: true } }, clock.monotonic() + racyMs)
  } else view.setIdentity(dirty.node, dirty.name, stat)
}

function commitDirectory(
  stat: Stat,
  asked: Asked & { readonly parent: DirectoryHandle },
  around: Surroundings,
): boolean {
  const { view } = around
  const { dirty, path, previous } = asked
  const { node, name } = dirty
  const mode = modeOf(stat, previous, around.rules)
  const known = node.children?.get(name)
  if (known !== undefined && known.device === stat.device && known.inode === stat.inode && isDirectory(previous)) {
    if (stat.mtimeMs !== known.mtimeMs) around.relist(known, true)
    if (previous.mode === mode) return false
    view.observe(path, { ...previous, mode })
    return true
  }
  const moved = movedHere(stat, dirty, around)
  if (moved !== undefined) {
    heedMove(view.moveNode(moved, node, name, true), around)
    for (const below of view.nodes.below(moved)) around.relist(below, !around.watcher.traits.followsMoves)
    const entry = view.entryAt(path)
    if (isDirectory(entry) && entry.mode !== mode) view.observe(path, { ...entry, mode })
    return true
  }
  const entered = view.enter(node, name, stat)
  const isNew = previous === undefined || isKept(previous)
  const ignored = isNew ? ignoredDirectory(asked.parent, { name, path, mode }, around.rules.ignore) : undefined
  if (isKept(previous) && ignored !== undefined) {
    if (entered.mtimeMs < 0) around.relist(entered, true)
    return false
  }
  around.relist(entered, true)
  // The old directory's children stay known until a look at each: rebuilding a directory is not deleting it.
  // So does what was agreed below a directory that could not be read and now can.
  const base = previous?.kind === 'problem' ? previous.over : previous
  if (base === previous && isDirectory(base) && base.mode === mode) return false
  view.observe(path, isDirectory(base) ? { ...base, mode } : (ignored ?? directory(mode)))
  return true
}

/**
 * The known directory that now stands under this name: the same device and inode, gone from its old place, and either
 * a rename event says so or its listing is as old as when it was last listed. An inode alone proves nothing: the next
 * directory made often gets the number of the last one removed.
 */
function movedHere(stat: Stat, dirty: DirtyName, around: Surroundings): DirectoryNode | undefined {
  const { view } = around
  const known = view.nodes.byInode(stat.device, stat.inode)
  if (known?.parent === undefined || (known.parent === dirty.node && known.name === dirty.name)) return undefined
  const told = dirty.from !== undefined && dirty.from.node === known.parent && dirty.from.name === known.name
  if (!told && !(known.mtimeMs >= 0 && known.mtimeMs === stat.mtimeMs)) return undefined
  if (view.nodes.isBelow(dirty.node, known)) return undefined
  const oldPath = view.nodes.pathOf(known)
  if (!isDirectory(view.entryAt(oldPath))) return undefined
  return standsAt(view.nodes.pathOf(known.parent), known.name, stat, around) ? undefined : known
}

function standsAt(parent: Path, name: string, stat: Stat, { root, rules }: Surroundings): boolean {
  try {
    const handle = root.open(parent)
    try {
      const there = handle.lookup(name)
      if (there === undefined || there.device !== stat.device || there.inode !== stat.inode) return false
      return rules.spellings.of(handle, name) === name
    } finally {
      handle.close()
    }
  } catch (error) {
    if (isAbsence(error)) return false
    throw error
  }
}

/** Notes a path for a look at what stands there by now. */
export function lookAgain(path: Path, { view, dirty }: Surroundings): void {
  const node = view.nodes.at(parentOf(path))
  if (node !== undefined) dirty.note(node, nameOf(path), 'closed')
}

/** Trusts nothing that is known of a path: it is read again, or the nearest directory above it that is known is listed. */
export function lookAnew(path: Path, around: Surroundings): void {
  const { view, dirty, relist } = around
  let parent = parentOf(path)
  while (view.nodes.at(parent) === undefined) parent = parentOf(parent)
  const node = view.nodes.at(parent) ?? view.nodes.root
  if (parent !== parentOf(path)) return relist(node, true)
  view.identities.delete(node.key, nameOf(path))
  dirty.note(node, nameOf(path), 'changed')
}

/** Lists a directory again and notes every name that is not as known. The watch is placed first, so nothing falls between. */
export function* relistDirectory(node: DirectoryNode, around: Surroundings): Generator<void, void, undefined> {
  const { view, root, watcher, dirty } = around
  if (view.nodes.byKey(node.key) !== node) return
  const path = view.nodes.pathOf(node)
  let handle: DirectoryHandle | undefined
  try {
    node.watched = watcher.watch(node.key, path === '' ? root.base : `${root.base}/${path}`)
    handle = root.open(path)
    const stat = handle.stat()
    if (stat.device !== node.device || stat.inode !== node.inode) {
      if (node.parent !== undefined) dirty.note(node.parent, node.name, 'changed')
      return
    }
    const items = handle.list()
    const listed = new Set<string>()
    yield* around.tracked.listed(
      node,
      items.some(({ name }) => name === gitName),
    )
    const { fileNames } = around.rules.ignore
    for (const { name } of items)
      if (fileNames.includes(name) && !isAsKnown(node, name, { path, handle }, around)) dirty.noteListed(node, name)
    heedIgnoreFiles(node, handle, around)
    for (const item of items) {
      listed.add(item.name)
      if (item.kind === 'problem' || !isAsKnown(node, item.name, { path, handle }, around))
        dirty.noteListed(node, item.name)
      yield
    }
    for (const [name] of children(view.entryAt(path))) if (!listed.has(name)) dirty.note(node, name, 'gone')
    node.mtimeMs = stat.mtimeMs
  } catch (error) {
    relistFailed(error, node, path, around)
  } finally {
    handle?.close()
  }
}

/** True when a name of a listing needs no look: the very file whose digest is known, or the very directory. */
function isAsKnown(
  node: DirectoryNode,
  name: string,
  at: { path: Path; handle: DirectoryHandle },
  around: Surroundings,
): boolean {
  const { view } = around
  const previous = child(view.entryAt(at.path), name)
  if (previous === undefined) return false
  const stat = lookedUp(at.handle, name)
  if (stat === undefined) return false
  if (isIgnored(previous)) return around.rules.ignore.ignores(join(at.path, name), stat.kind === 'directory')
  if (stat.kind === 'file')
    return (
      previous.kind === 'file' &&
      previous.mode === modeOf(stat, previous, around.rules) &&
      view.identities.matches(node.key, name, stat)
    )
  if (stat.kind !== 'directory' || !isDirectory(previous)) return false
  const known = node.children?.get(name)
  return (
    known !== undefined &&
    known.device === stat.device &&
    known.inode === stat.inode &&
    previous.mode === modeOf(stat, previous, around.rules)
  )
}

function relistFailed(error: unknown, node: DirectoryNode, path: Path, around: Surroundings): void {
  const { view, dirty } = around
  if (isAbsence(error) && node.parent !== undefined) dirty.note(node.parent, node.name, 'gone')
  else if (isPassing(error)) around.relistAfter(node, passingMs)
  else if (error instanceof SyncError && error.code !== 'INVARIANT' && node.parent !== undefined) {
    // Unknown content is not empty content: the whole subtree freezes until the directory can be read again.
    view.observe(path, problemOver(error.code, view.entryAt(path)))
  } else if (error instanceof SyncError && error.code !== 'INVARIANT') around.rootUnreadable()
  else throw error
}

function refreshFailed(error: unknown, asked: Asked, around: Surroundings): boolean {
  const { dirty } = asked
  const code = codeOf(error)
  if (isAbsence(error)) {
    // Should it be back by then it is listed again: what was heard of this name is not lost.
    dirty.node.mtimeMs = -1
    // The parent itself changed: its own name tells, once it is looked at. Nobody tells of a root that is held open.
    if (dirty.node.parent !== undefined) around.dirty.note(dirty.node.parent, dirty.node.name, 'changed')
    else around.rootUnreadable()
    return false
  }
  if (isPassing(error)) {
    around.dirty.putOff(dirty, around.clock.monotonic() + passingMs)
    return false
  }
  if (!(error instanceof SyncError) || code === undefined || code === 'INVARIANT') throw error
  return freeze(code, asked, around)
}

function freeze(why: string, { path, previous }: Asked, { view, rules }: Surroundings): boolean {
  const entry = problemOver(why, previous)
  if (same(previous, entry, rules.digest)) return false
  view.observe(path, entry)
  return true
}

/** What a worker's hash of a large file adds: nothing, unless the file is still the one that was hashed. */
export function hashed(
  asked: Asked,
  entry: Entry,
  stat: Stat,
  content: Content | undefined,
  around: Surroundings,
): boolean {
  return commit({ found: 'entry', entry, stat, content }, asked, around)
}
