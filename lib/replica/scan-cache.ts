import type { Entry } from '../core/entry.ts'
import { isIgnored } from '../core/entry.ts'
import { SyncError, codeOf } from '../core/errors.ts'
import { children, directory, emptyTree } from '../core/tree.ts'
import type { Tree } from '../core/tree.ts'
import type { DirectoryHandle, Disk, Stat } from '../ports/disk.ts'
import type { DirectoryNode } from './directory-nodes.ts'
import type { Identity } from './identity-table.ts'
import { ignoredEntry } from './kept-directory.ts'
import type { View } from './view.ts'

/**
 * What a replica knew when it was closed, so that the next start hashes only what changed since. A line a directory,
 * parents first: its path parts and children with digests and disk identities. It may be lost or damaged at the price
 * of hashing again: a line that cannot be read ends the reading.
 */
const fileName = 'scan-cache'
const header = 'dsync scan cache 2'

type CachedChild =
  | readonly [
      'f',
      name: string,
      mode: number,
      size: number,
      digest: string,
      mtimeMs: number,
      ctimeMs: number,
      inode: number,
    ]
  | readonly ['l', name: string, target: string]
  | readonly ['ignored', name: string]
  | readonly ['d', name: string, mode: number, device: number, inode: number, mtimeMs: number]

/** Writes the cache of what is known of a root. A full or read-only home costs the next start some hashing, nothing else. */
export function saveScanCache(work: Disk, view: View, bootId: string): void {
  try {
    writeScanCache(work, view, bootId)
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
  }
}

/** Writes the cache anew. Entries whose identity is not recorded are left out: they are hashed next time. */
function writeScanCache(work: Disk, view: View, bootId: string): void {
  const handle = work.open('')
  try {
    removeIfThere(handle, `${fileName}.new`)
    const file = handle.create(`${fileName}.new`)
    try {
      const { root } = view.nodes
      const encoder = new TextEncoder()
      file.write(encoder.encode(`${JSON.stringify([header, bootId, root.device, root.inode])}\n`))
      for (const node of view.nodes.below(root)) {
        file.write(encoder.encode(`${JSON.stringify(linesOf(node, view))}\n`))
      }
      file.sync()
    } finally {
      file.close()
    }
    handle.rename(`${fileName}.new`, handle, fileName, 'replace')
  } finally {
    handle.close()
  }
}

function linesOf(node: DirectoryNode, view: View): readonly [string, readonly CachedChild[]] {
  const path = view.nodes.pathOf(node)
  const lines: CachedChild[] = []
  for (const [name, entry] of children(view.entryAt(path))) {
    const line = lineOf(node, name, entry, view)
    if (line !== undefined) lines.push(line)
  }
  return [path, lines]
}

function lineOf(node: DirectoryNode, name: string, entry: Entry, view: View): CachedChild | undefined {
  // So that the next start can tell what other rules ignore no longer.
  if (isIgnored(entry)) return ['ignored', name]
  if (entry.kind === 'symlink') return ['l', name, entry.target]
  if (entry.kind === 'directory') {
    const child = node.children?.get(name)
    return child && ['d', name, entry.mode, child.device, child.inode, child.mtimeMs]
  }
  if (entry.kind !== 'file') return undefined
  const identity = view.identities.get(node.key, name)
  return (
    identity && ['f', name, entry.mode, entry.size, entry.digest, identity.mtimeMs, identity.ctimeMs, identity.inode]
  )
}

/**
 * Fills a fresh view from the cache: every directory in it must then be listed again, which finds what changed since.
 * Identities vouch for content only within one start of the system: a power cut may keep what was last written to a
 * file and take back the times that would tell.
 * @returns false when there is no usable cache
 */
export function readScanCache(work: Disk, view: View, bootId: string): boolean {
  const lines = readLines(work)
  const first = lines[0] === undefined ? undefined : parse(lines[0])
  const { root } = view.nodes
  if (first?.[0] !== header || first[2] !== root.device || first[3] !== root.inode) return false
  const byPath = new Map<string, readonly CachedChild[]>()
  for (const line of lines.slice(1)) {
    const parsed = parse(line)
    if (typeof parsed?.[0] !== 'string' || !Array.isArray(parsed[1])) break
    byPath.set(parsed[0], parsed[1] as CachedChild[])
  }
  const cached = { byPath, vouches: first[1] === bootId }
  view.tree = { ...emptyTree, children: fill('', root, cached, view).children }
  return true
}

interface Cached {
  readonly byPath: ReadonlyMap<string, readonly CachedChild[]>
  readonly vouches: boolean
}

function fill(path: string, node: DirectoryNode, cached: Cached, view: View): Tree {
  const entries: (readonly [string, Entry])[] = []
  for (const line of cached.byPath.get(path) ?? []) {
    if (line[0] === 'l') entries.push([line[1], { kind: 'symlink', target: line[2] }])
    else if (line[0] === 'ignored') entries.push([line[1], ignoredEntry])
    else if (line[0] === 'f') {
      const [, name, mode, size, digest, mtimeMs, ctimeMs, inode] = line
      const identity: Identity = { size, mtimeMs, ctimeMs, inode }
      if (cached.vouches) view.identities.set(node.key, name, identity)
      entries.push([name, { kind: 'file', mode, size, digest }])
    } else {
      const [, name, mode, device, inode, mtimeMs] = line
      const child = view.enter(node, name, { device, inode } as Stat)
      child.mtimeMs = mtimeMs
      const below = path === '' ? name : `${path}/${name}`
      entries.push([name, { kind: 'directory', mode, children: fill(below, child, cached, view).children }])
    }
  }
  return directory(0o755, entries)
}

function readLines(work: Disk): string[] {
  try {
    const handle = work.open('')
    try {
      const file = handle.read(fileName)
      try {
        return new TextDecoder().decode(file.read(0, file.stat().size)).split('\n')
      } finally {
        file.close()
      }
    } finally {
      handle.close()
    }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return []
  }
}

function parse(line: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return Array.isArray(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function removeIfThere(handle: DirectoryHandle, name: string): void {
  try {
    handle.unlink(name)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}
