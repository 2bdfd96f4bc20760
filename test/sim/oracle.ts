import { isWithin } from '../../lib/core/path.ts'
import type { RecordedUser } from './history-user.ts'
import { digestOf } from './history-user.ts'
import type { Found } from './user.ts'
import { inodesBelow } from './volume.ts'
import { workBase } from './host.ts'
import { inodeAt } from './resolve.ts'

/** Paths where the two sides may differ: what is listed as a conflict or a problem, with all below. */
export interface Listed {
  readonly conflicts: readonly string[]
  readonly problems: readonly string[]
  /** What the defaults leave alone, on top of what the rules of every world do. */
  readonly isLeft?: (path: string) => boolean
}

/** What the rules of a simulated world leave alone. */
export function isIgnored(path: string): boolean {
  return path.split('/').some(name => name === 'ignored' || name === '.git' || name.endsWith('.ign'))
}

/** Everything that differs between two snapshots and should not, in words. */
export function divergences(
  alpha: ReadonlyMap<string, Found>,
  beta: ReadonlyMap<string, Found>,
  listed: Listed,
): string[] {
  const excused = [...listed.conflicts, ...listed.problems]
  const isLeft = (path: string): boolean => isIgnored(path) || listed.isLeft?.(path) === true
  const [keptThere, keptHere] = [new Set(keptDirectories(beta, isLeft)), new Set(keptDirectories(alpha, isLeft))]
  const kept = new Set([...keptHere, ...keptThere])
  const found: string[] = []
  for (const path of new Set([...alpha.keys(), ...beta.keys()])) {
    if (kept.has(path) || excused.some(each => isWithin(path, each) || isWithin(each, path))) continue
    // A problem inside keeps a directory that the other side deleted, with all that is in it.
    const gone = ancestorsOf(path).findLast(above => stands(above, alpha, keptHere) !== stands(above, beta, keptThere))
    if (gone !== undefined && listed.problems.some(each => isWithin(each, gone))) continue
    const a = syncedPart(alpha.get(path), isLeft(path))
    const b = syncedPart(beta.get(path), isLeft(path))
    if (textOf(a) !== textOf(b)) found.push(`differs: ${path}: alpha ${textOf(a)}, beta ${textOf(b)}`)
  }
  return found
}

/** True for a directory that is synced there, and is not only kept for what is ignored in it. */
function stands(path: string, snapshot: ReadonlyMap<string, Found>, kept: ReadonlySet<string>): boolean {
  return snapshot.get(path)?.kind === 'directory' && !kept.has(path)
}

function syncedPart(found: Found | undefined, isLeft: boolean): Found | undefined {
  return found === undefined || isLeft || isSpecial(found) ? undefined : found
}

function isSpecial(found: Found): boolean {
  return found.kind === 'fifo' || found.kind === 'socket' || found.kind === 'device'
}

/** Directories with something in them and nothing that is synced: they may stand on one side alone. */
function keptDirectories(snapshot: ReadonlyMap<string, Found>, isLeft: (path: string) => boolean): string[] {
  const holding = new Set<string>()
  const synced = new Set<string>()
  for (const [path, found] of snapshot) {
    const isLeaf = found.kind !== 'directory'
    const above = ancestorsOf(path)
    const counts = syncedPart(found, isLeft(path)) !== undefined
    for (const each of above) {
      holding.add(each)
      if (isLeaf && counts) synced.add(each)
    }
  }
  // An empty directory is synced content too, unless it lies in what is ignored.
  for (const [path, found] of snapshot) {
    if (found.kind !== 'directory' || holding.has(path) || isLeft(path)) continue
    for (const each of ancestorsOf(path)) synced.add(each)
  }
  return [...holding].filter(path => !synced.has(path))
}

function ancestorsOf(path: string): string[] {
  const above: string[] = []
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) above.push(path.slice(0, end))
  return above
}

function textOf(found: Found | undefined): string {
  if (found === undefined) return 'nothing'
  if (found.kind === 'file') return `file ${found.mode.toString(8)} ${shown(found.bytes)}`
  if (found.kind === 'symlink') return `link to ${found.target}`
  if (found.kind === 'directory') return `directory ${found.mode.toString(8)}`
  return found.kind
}

export function shown(bytes: Uint8Array): string {
  const head = new TextDecoder().decode(bytes.subarray(0, 24)).replaceAll('\n', '|')
  return `${JSON.stringify(head)} (${bytes.length})`
}

/** Versions that a user saved on a host, never destroyed, and that are nowhere on it. */
export function lostVersions(side: string, user: RecordedUser): string[] {
  const there = new Set<string>()
  const slots = inodeAt(user.volume, `${workBase}/slots`, false)
  for (const { inode, parent } of inodesBelow(user.volume.root)) {
    if (inode.kind === 'file' && parent !== slots) there.add(digestOf(inode.data))
  }
  const lost: string[] = []
  for (const [digest, { path, bytes }] of user.owed) {
    if (!there.has(digest)) lost.push(`lost: ${side} ${path} ${shown(bytes)}`)
  }
  return lost
}

/** Files under a root with content that no user ever made. */
export function halfFiles(side: string, user: RecordedUser): string[] {
  const half: string[] = []
  for (const [path, found] of user.snapshot()) {
    if (found.kind === 'file' && !user.ledger.states.has(digestOf(found.bytes)))
      half.push(`half: ${side} ${path} ${shown(found.bytes)}`)
  }
  return half
}

/** What a quiet end and a new start should have cleared away, and what should never have been taken. */
export function leftovers(side: string, user: RecordedUser): string[] {
  const { volume } = user
  const found: string[] = []
  for (const name of ['slots', 'fence']) {
    // What the lane began is kept for an hour: another attempt goes on with it.
    for (const left of inodeAt(volume, `${workBase}/${name}`, false)?.children.keys() ?? [])
      if (!left.startsWith('lane-')) found.push(`left: ${side} ${name}/${left}`)
  }
  const journal = inodeAt(volume, `${workBase}/journal`, false)
  if (journal !== undefined && journal.data.length > 0)
    found.push(`left: ${side} journal of ${journal.data.length} bytes`)
  const index = new TextDecoder().decode(inodeAt(volume, `${workBase}/trash.jsonl`, false)?.data)
  for (const [, path = ''] of index.matchAll(/"path":"([^"]*)"/g))
    if (isIgnored(path)) found.push(`taken: ${side} ${path} is ignored`)
  return found
}

/** Versions in the trash that nobody can ask for: no line of the index tells their path. */
export function nameless(side: string, user: RecordedUser): string[] {
  const paths = new Map<string, string>()
  for (const line of trashLines(user)) {
    const { id = '', path = '' } = parsed(line) ?? {}
    paths.set(id, path)
  }
  const found: string[] = []
  for (const [name, { inode }] of inodeAt(user.volume, `${workBase}/trash`, false)?.children ?? []) {
    const isNamed = (paths.get(name.slice(0, idLength)) ?? '') !== ''
    if (!isNamed) found.push(`nameless: ${side} ${name} ${shown(inode.data)}`)
  }
  return found
}

/** Names in the trash begin with an id as long as this. */
const idLength = '000000000-000'.length

function trashLines({ volume }: RecordedUser): string[] {
  return new TextDecoder().decode(inodeAt(volume, `${workBase}/trash.jsonl`, false)?.data).split('\n')
}

/** Versions that were replaced or deleted though no user anywhere took them away. */
export function unasked(side: string, user: RecordedUser): string[] {
  const found: string[] = []
  for (const line of trashLines(user)) {
    const item = parsed(line)
    if (item?.entry?.kind !== 'file' || (item.why !== 'replaced' && item.why !== 'deleted') || item.entry.size === 0)
      continue
    if (item.entry.digest !== undefined && !user.ledger.gone.has(item.entry.digest))
      found.push(`unasked: ${side} ${item.path} was ${item.why}: ${line.slice(0, 200)}`)
  }
  return found
}

interface TrashLine {
  readonly id?: string
  readonly path?: string
  readonly why?: string
  readonly entry?: { readonly kind?: string; readonly digest?: string; readonly size?: number }
}

/** A line torn by a crash says nothing. */
function parsed(line: string): TrashLine | undefined {
  try {
    return JSON.parse(line) as TrashLine
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
