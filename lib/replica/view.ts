import type { Digest, Entry } from '../core/entry.ts'
import { isDirectory } from '../core/entry.ts'
import type { Content, Move } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { isWithin, join, rebase } from '../core/path.ts'
import type { Tree } from '../core/tree.ts'
import { at, emptyTree, withEntry, withMove } from '../core/tree.ts'
import type { Stat } from '../ports/disk.ts'
import type { DirectoryNode } from './directory-nodes.ts'
import { DirectoryNodes } from './directory-nodes.ts'
import { IdentityTable } from './identity-table.ts'
import { isKept } from './kept-directory.ts'

/**
 * What a replica knows of its disk: the tree of contents, the directories as nodes, and the disk identities that
 * vouch for the digests. Collects what changed since it was last asked.
 */
export class View {
  tree: Tree = emptyTree
  readonly nodes: DirectoryNodes
  readonly identities: IdentityTable
  readonly #dropped: (node: DirectoryNode) => void
  #paths = new Set<Path>()
  #moves: Move[] = []
  #contents = new Map<Digest, Content>()

  /** @param dropped is told of every directory that is known no more: its watch goes. */
  constructor(root: Stat, seed: number, dropped: (node: DirectoryNode) => void) {
    this.nodes = new DirectoryNodes(root.device, root.inode)
    this.identities = new IdentityTable(seed)
    this.#dropped = dropped
  }

  entryAt(path: Path): Entry | undefined {
    return at(this.tree, path)
  }

  /** The disk holds `entry` at the path, by somebody else's doing. A directory's children are as given. */
  observe(path: Path, entry: Entry | undefined, content?: Content): void {
    const parent = path.lastIndexOf('/') < 0 ? this.tree : at(this.tree, path.slice(0, path.lastIndexOf('/')))
    // A parent that is unreadable or gone in the meantime: its own change says all there is to say.
    if (!isDirectory(parent)) return
    this.set(path, entry)
    this.#paths.add(path)
    if (content !== undefined && entry?.kind === 'file') this.#contents.set(entry.digest, content)
  }

  /** The disk holds `entry` by our own doing: nobody needs to be told. */
  set(path: Path, entry: Entry | undefined): void {
    this.tree = withEntry(this.tree, path, entry)
    // A directory kept for what is ignored in it stays known and watched.
    if (!isDirectory(entry) && !isKept(entry)) this.#dropNode(path)
  }

  setIdentity(directory: DirectoryNode, name: string, stat: Stat): void {
    this.identities.set(directory.key, name, stat)
  }

  enter(parent: DirectoryNode, name: string, stat: Stat): DirectoryNode {
    return this.nodes.enter(parent, name, stat.device, stat.inode, this.#dropped)
  }

  /** The directory known as `node` stands at another place, with all below. */
  moveNode(node: DirectoryNode, parent: DirectoryNode, name: string, observed: boolean): Move {
    const move = { from: this.nodes.pathOf(node), to: join(this.nodes.pathOf(parent), name) }
    this.tree = withMove(this.tree, move.from, move.to)
    this.nodes.move(node, parent, name, this.#dropped)
    if (observed) {
      this.#moves.push(move)
      this.#paths = new Set(
        [...this.#paths].map(path => (isWithin(path, move.from) ? rebase(path, move.from, move.to) : path)),
      )
    }
    return move
  }

  get hasNews(): boolean {
    return this.#paths.size > 0 || this.#moves.length > 0
  }

  /** What `observe` and observed moves gathered since the last call. */
  takeNews(): {
    readonly paths: readonly Path[]
    readonly moves: readonly Move[]
    readonly contents: ReadonlyMap<Digest, Content>
  } {
    const news = { paths: [...this.#paths], moves: this.#moves, contents: this.#contents }
    this.#paths = new Set()
    this.#moves = []
    this.#contents = new Map()
    return news
  }

  #dropNode(path: Path): void {
    const node = this.nodes.at(path)
    if (node !== undefined && node !== this.nodes.root) this.nodes.drop(node, this.#dropped)
  }
}
