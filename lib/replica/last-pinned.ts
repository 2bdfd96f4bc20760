import { SyncError } from '../core/errors.ts'
import type { Path } from '../core/path.ts'
import type { DirectoryHandle, Disk } from '../ports/disk.ts'
import type { DirectoryNode, DirectoryNodes } from './directory-nodes.ts'

/**
 * Pins the directory of a node at its path. ENOENT when another one stands there by now: what is in that is not what
 * is known to be in this.
 */
export function openNode(root: Disk, path: Path, node: DirectoryNode): DirectoryHandle {
  const handle = root.open(path)
  let isThat = false
  try {
    const { device, inode } = handle.stat()
    isThat = device === node.device && inode === node.inode
  } finally {
    if (!isThat) handle.close()
  }
  if (!isThat) throw new SyncError('ENOENT', `Cannot look into ${path}: another directory stands there now`)
  return handle
}

/** The directory that was looked into last, kept open: names of one directory come one after the other. */
export class LastPinned {
  readonly #root: Disk
  readonly #nodes: DirectoryNodes
  #last: { readonly node: DirectoryNode; readonly path: Path; readonly handle: DirectoryHandle } | undefined

  constructor(root: Disk, nodes: DirectoryNodes) {
    this.#root = root
    this.#nodes = nodes
  }

  open(node: DirectoryNode): DirectoryHandle {
    const path = this.#nodes.pathOf(node)
    if (this.#last?.node === node && this.#last.path === path) return this.#last.handle
    this.close()
    this.#last = { node, path, handle: openNode(this.#root, path, node) }
    return this.#last.handle
  }

  close(): void {
    this.#last?.handle.close()
    this.#last = undefined
  }
}
