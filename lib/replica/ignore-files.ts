import type { FileEntry } from '../core/entry.ts'
import { isDirectory, isIgnored } from '../core/entry.ts'
import { SyncError } from '../core/errors.ts'
import { ignoreFileBytes } from '../core/limits.ts'
import type { IgnoreReason } from '../core/ignore-rules.ts'
import type { Operation, Outcome } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { join, nameOf, parentOf } from '../core/path.ts'
import { RuleChange, ruleChangeText } from '../core/rule-change.ts'
import { child, children } from '../core/tree.ts'
import type { DirectoryHandle, Stat } from '../ports/disk.ts'
import type { DirectoryNode } from './directory-nodes.ts'
import type { DirtyName } from './dirty-names.ts'
import { ignoredEntry } from './kept-directory.ts'
import type { Surroundings } from './surroundings.ts'

/** True while an ignore file of the name's directory, or of one above, waits for a look: it is applied before all else. */
export function waitsForRules({ node, name }: DirtyName, { dirty, rules }: Surroundings): boolean {
  const { fileNames } = rules.ignore
  const first = fileNames.includes(name) ? node.parent : node
  for (let above = first; above !== undefined; above = above.parent) {
    for (const fileName of fileNames) if (dirty.has(above, fileName)) return true
  }
  return false
}

/** Applies what the ignore files of a directory say, as the view knows them, and judges what is known below anew. */
export function heedIgnoreFiles(node: DirectoryNode, directory: DirectoryHandle, around: Surroundings): void {
  if (learn(node, directory, around)) judgeAgain(around.view.nodes.pathOf(node), around)
}

/** The same for a directory that is not open, when one of its names was changed by our own doing. */
export function heedOwnChange(path: Path, around: Surroundings): void {
  const node = around.view.nodes.at(parentOf(path))
  if (node === undefined || !around.rules.ignore.fileNames.includes(nameOf(path))) return
  if (learnUnopened(node, around)) judgeAgain(parentOf(path), around)
}

/** At the start: rules that the view knows of from earlier, and all it knows judged by the rules of now. */
export function heedKnownFiles(around: Surroundings): void {
  learnKnownFiles(around)
  judgeAgain('', around)
}

/** Takes what all ignore files say that the view knows of; nothing is judged by it yet. */
export function learnKnownFiles(around: Surroundings): void {
  const { view, rules } = around
  for (const node of view.nodes.below(view.nodes.root)) {
    const entry = view.entryAt(view.nodes.pathOf(node))
    if (rules.ignore.fileNames.some(name => child(entry, name) !== undefined)) learnUnopened(node, around)
  }
}

/** A directory stands at another place: its own rules go with it, those above it are others. */
export function heedMove(move: { readonly from: Path; readonly to: Path }, around: Surroundings): void {
  around.rules.ignore.moved(move.from, move.to)
  around.tracked.moved(move)
  judgeAgain(move.to, around)
}

/** What the rules of this side say against an operation: what is ignored is not touched, whatever the other side thinks. */
export function refusalByRules(operation: Operation, { view, rules }: Surroundings): Outcome | undefined {
  const { path } = operation
  const isMoved = operation.kind === 'move' && rules.ignore.ignores(operation.from, true)
  // The session hears of it with the tree, and plans anew.
  if (isMoved || isIgnored(view.entryAt(path))) return { result: 'stale', path }
  const entry = operation.kind === 'put' ? operation.after : operation.before
  if (!rules.ignore.ignores(path, isDirectory(entry))) return undefined
  const message = `Cannot change ${path}: it is ignored on this side`
  return { result: 'failed', path, code: 'IGNORED', message, verdict: 'problem' }
}

/** Which rule of this side leaves a path alone. Where nothing stands or can be seen, a rule for directories counts. */
export function ruleAt(path: Path, { root, rules }: Surroundings): IgnoreReason | undefined {
  let kind: Stat['kind'] | undefined
  try {
    const directory = root.open(parentOf(path))
    try {
      kind = directory.lookup(nameOf(path))?.kind
    } finally {
      directory.close()
    }
  } catch (error) {
    if (!(error instanceof SyncError) || error.code === 'INVARIANT') throw error
  }
  return rules.ignore.reason(path, kind === undefined || kind === 'directory')
}

interface Asked {
  readonly node: DirectoryNode
  readonly directory: DirectoryHandle
  readonly name: string
}

function learnFile({ node, directory, name }: Asked, { view, rules, dirty }: Surroundings): boolean {
  const path = view.nodes.pathOf(node)
  const entry = child(view.entryAt(path), name)
  const known = rules.ignore.digestOf(path, name)
  // What cannot be read stands for what it said.
  if (entry?.kind === 'problem') return false
  if (entry?.kind !== 'file') {
    if (known === undefined) return false
    rules.ignore.set(path, name, undefined)
    return true
  }
  if (entry.digest === known) return false
  const text = textOf(directory, name, entry, rules.digest)
  if (text === undefined) {
    dirty.note(node, name, 'changed')
    return false
  }
  rules.ignore.set(path, name, { digest: entry.digest, text })
  return true
}

/** Undefined when it is not the content the view knows: then its own event tells more. */
function textOf(
  directory: DirectoryHandle,
  name: string,
  entry: FileEntry,
  digest: (bytes: Uint8Array) => string,
): string | undefined {
  try {
    const file = directory.read(name)
    try {
      const bytes = file.read(0, Math.min(entry.size, ignoreFileBytes))
      if (entry.size <= ignoreFileBytes && digest(bytes) !== entry.digest) return undefined
      return new TextDecoder().decode(bytes)
    } finally {
      file.close()
    }
  } catch (error) {
    if (!(error instanceof SyncError) || error.code === 'INVARIANT') throw error
    return undefined
  }
}

/**
 * What is ignored now leaves the tree at once, as ignored and never as gone; what may be ignored no longer is looked at.
 * Nothing on the disk is touched.
 */
function judgeAgain(top: Path, around: Surroundings): void {
  const { view, rules, dirty } = around
  const change = new RuleChange()
  const open = [top]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const node = view.nodes.at(path)
    for (const [name, entry] of children(view.entryAt(path))) {
      const below = join(path, name)
      const isNow = rules.ignore.ignores(below, isDirectory(entry))
      if (isIgnored(entry) || entry.kind === 'problem') {
        if (node !== undefined) dirty.noteListed(node, name)
        if (isIgnored(entry) && isReleased(below, around)) change.released(below)
      } else if (isNow && entry.kind !== 'untracked') {
        change.ignored(below, entry)
        view.observe(below, ignoredEntry)
      } else if (isDirectory(entry)) open.push(below)
    }
  }
  const why = ruleChangeText(change.changes())
  if (why !== undefined) around.remark({ code: 'RULES', path: top, why, trash: undefined })
}

/**
 * The same for some paths and the directories above them: git's indexes name others now. What is ignored now leaves the
 * tree, and what stands where it no longer is, is looked at.
 */
export function judgePaths(paths: readonly Path[], around: Surroundings): void {
  const { view, rules, dirty } = around
  const change = new RuleChange()
  for (const path of paths) {
    const above: Path[] = []
    for (let at = path; at !== ''; at = parentOf(at)) above.push(at)
    for (const at of above.toReversed()) {
      const entry = view.entryAt(at)
      const node = view.nodes.at(parentOf(at))
      if (entry === undefined || node === undefined) break
      const isNow = rules.ignore.ignores(at, isDirectory(entry))
      if (isIgnored(entry) || entry.kind === 'problem') {
        if (!isNow && !dirty.has(node, nameOf(at))) {
          dirty.noteListed(node, nameOf(at))
          if (isIgnored(entry)) change.released(at)
        }
        break
      }
      if (!isNow || entry.kind === 'untracked') continue
      change.ignored(at, entry)
      view.observe(at, ignoredEntry)
      break
    }
  }
  const why = ruleChangeText(change.changes())
  if (why !== undefined) around.remark({ code: 'RULES', path: '', why: `by git's index, ${why}`, trash: undefined })
}

/** Of an ignored path: whether no rule ignores it any more. The disk is asked only where that depends on what stands there. */
export function isReleased(path: Path, around: Surroundings): boolean {
  const { ignore } = around.rules
  const asDirectory = ignore.ignores(path, true)
  return asDirectory === ignore.ignores(path, false) ? !asDirectory : ruleAt(path, around) === undefined
}

/** True when the rules are others than before. */
function learn(node: DirectoryNode, directory: DirectoryHandle, around: Surroundings): boolean {
  return around.rules.ignore.fileNames.filter(name => learnFile({ node, directory, name }, around)).length > 0
}

function learnUnopened(node: DirectoryNode, around: Surroundings): boolean {
  try {
    const directory = around.root.open(around.view.nodes.pathOf(node))
    try {
      return learn(node, directory, around)
    } finally {
      directory.close()
    }
  } catch (error) {
    // A directory that is gone or not to be read tells so itself when it is listed.
    if (!(error instanceof SyncError) || error.code === 'INVARIANT') throw error
    return false
  }
}
