import type { Digest } from '../core/entry.ts'
import { codeOf } from '../core/errors.ts'
import type { ReplicaCommand, ReplicaEvent } from '../core/messages.ts'
import { nameOf, parentOf } from '../core/path.ts'
import type { Disk } from '../ports/disk.ts'
import type { View } from './view.ts'

/**
 * Answers with a piece of a file that still is what the tree says. A whole small file is hashed again; a piece of a
 * large one is vouched for by the disk's own times, and its receiver hashes the whole.
 */
export function readContent(
  command: ReplicaCommand & { readonly type: 'read' },
  from: { readonly root: Disk; readonly view: View; readonly digest: (bytes: Uint8Array) => Digest },
): ReplicaEvent {
  const { id, path, digest, offset, length } = command
  const gone: ReplicaEvent = { type: 'content', id, bytes: undefined, mtimeMs: 0 }
  const entry = from.view.entryAt(path)
  const node = from.view.nodes.at(parentOf(path))
  if (entry?.kind !== 'file' || entry.digest !== digest || node === undefined) return gone
  try {
    const directory = from.root.open(parentOf(path))
    try {
      const file = directory.read(nameOf(path))
      try {
        const bytes = file.read(offset, length)
        const stat = file.stat()
        const isWhole = offset === 0 && bytes.length === stat.size
        const isThatFile = isWhole ? from.digest(bytes) === digest : from.view.identities.matches(node.key, nameOf(path), stat)
        return isThatFile ? { type: 'content', id, bytes, mtimeMs: stat.mtimeMs } : gone
      } finally {
        file.close()
      }
    } finally {
      directory.close()
    }
  } catch (error) {
    // Gone, unreadable, or no file any more: the watcher tells what became of it.
    if (codeOf(error) === undefined) throw error
    return gone
  }
}
