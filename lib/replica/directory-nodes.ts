import type { Path } from '../core/path.ts'
import { join } from '../core/path.ts'
import type { DirectoryKey } from '../ports/watcher.ts'

/**
 * A directory the replica knows. The node, its key and its watch stay the same when the directory is renamed, so a
 * rename costs nothing per file below it.
 */
export interface DirectoryNode {
  readonly key: DirectoryKey
  name: string
  parent: DirectoryNode | undefined
  device: number
  inode: number
  /** The directory's own time when it was last listed: unchanged, it holds the same names. -1: never listed. */
  mtimeMs: number
  /** False: no watch could be placed, it is polled. */
  watched: boolean
  children: Map<string, DirectoryNode> | undefined
}

/** The key of the kit's own fence directory, which is watched along with the root. */
export const fenceKey: DirectoryKey = 0
const rootKey: DirectoryKey = 1

/** All directories of one replica, by key, by place and by inode. */
export class DirectoryNodes {
  readonly root: DirectoryNode
  readonly #byKey = new Map<DirectoryKey, DirectoryNode>()
  readonly #byInode = new Map<string, DirectoryNode>()
  #nextKey = rootKey + 1

  constructor(device: number, inode: number) {
    this.root = {
      key: rootKey,
      name: '',
      parent: undefined,
      device,
      inode,
      mtimeMs: -1,
      watched: false,
      children: undefined,
    }
    this.#byKey.set(rootKey, this.root)
    this.#byInode.set(inodeKey(device, inode), this.root)
  }

  get count(): number {
    return this.#byKey.size
  }

  byKey(key: DirectoryKey): DirectoryNode | undefined {
    return this.#byKey.get(key)
  }

  byInode(device: number, inode: number): DirectoryNode | undefined {
    return this.#byInode.get(inodeKey(device, inode))
  }

  at(path: Path): DirectoryNode | undefined {
    let node: DirectoryNode | undefined = this.root
    if (path !== '') for (const name of path.split('/')) node = node?.children?.get(name)
    return node
  }

  /** The node for a child directory: the one there if it is the same directory, else a new one (the old one and all below is dropped). */
  enter(
    parent: DirectoryNode,
    name: string,
    device: number,
    inode: number,
    dropped: (node: DirectoryNode) => void,
  ): DirectoryNode {
    const known = parent.children?.get(name)
    if (known !== undefined) {
      if (known.device === device && known.inode === inode) return known
      this.drop(known, dropped)
    }
    const node: DirectoryNode = {
      key: this.#nextKey++,
      name,
      parent,
      device,
      inode,
      mtimeMs: -1,
      watched: false,
      children: undefined,
    }
    parent.children ??= new Map()
    parent.children.set(name, node)
    this.#byKey.set(node.key, node)
    this.#byInode.set(inodeKey(device, inode), node)
    return node
  }

  /** Gives a node another place. Whatever node stood there is dropped. */
  move(node: DirectoryNode, parent: DirectoryNode, name: string, dropped: (node: DirectoryNode) => void): void {
    // First out of its old place, which may lie in the directory that stood at the new one.
    node.parent?.children?.delete(node.name)
    const there = parent.children?.get(name)
    if (there !== undefined && there !== node) this.drop(there, dropped)
    node.parent = parent
    node.name = name
    parent.children ??= new Map()
    parent.children.set(name, node)
  }

  /** Forgets a node and all below it, telling of each. */
  drop(node: DirectoryNode, dropped: (node: DirectoryNode) => void): void {
    node.parent?.children?.delete(node.name)
    const stack = [node]
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      this.#byKey.delete(next.key)
      const key = inodeKey(next.device, next.inode)
      if (this.#byInode.get(key) === next) this.#byInode.delete(key)
      dropped(next)
      for (const child of next.children?.values() ?? []) stack.push(child)
    }
  }

  pathOf(node: DirectoryNode): Path {
    let path = node.name
    for (let up = node.parent; up?.parent !== undefined; up = up.parent) path = join(up.name, path)
    return path
  }

  /** True when `node` is `ancestor` or lies below it. */
  isBelow(node: DirectoryNode, ancestor: DirectoryNode): boolean {
    for (let up: DirectoryNode | undefined = node; up !== undefined; up = up.parent) if (up === ancestor) return true
    return false
  }

  /** A node and all below it, parents first. */
  *below(node: DirectoryNode): Generator<DirectoryNode, void, undefined> {
    yield node
    for (const child of node.children?.values() ?? []) yield* this.below(child)
  }
}

function inodeKey(device: number, inode: number): string {
  return `${device}:${inode}`
}
