import type { Path } from '../core/path.ts'
import type { DirectoryHandle, Disk } from '../ports/disk.ts'
import type { DirectoryNode, DirectoryNodes } from './directory-nodes.ts'

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
    this.#last = { node, path, handle: this.#root.open(path) }
    return this.#last.handle
  }

  close(): void {
    this.#last?.handle.close()
    this.#last = undefined
  }
}
