import { codeOf } from '../core/errors.ts'
import type { ReplicaCommand, ReplicaEvent } from '../core/messages.ts'
import type { Path } from '../core/path.ts'
import { nameOf, parentOf } from '../core/path.ts'
import type { DirectoryHandle } from '../ports/disk.ts'
import type { Surroundings } from './surroundings.ts'
import { lookAnew } from './refresh.ts'

type ReadCommand = ReplicaCommand & { readonly type: 'read' }

/**
 * Answers with pieces of files that still are what the tree says. A whole small file is hashed again; a piece of a
 * large one is vouched for by the disk's own times, and its receiver hashes the whole.
 */
export class ContentReader {
  readonly #around: Surroundings
  readonly #pump: () => void
  #pinned: { readonly path: Path; readonly handle: DirectoryHandle } | undefined

  /** @param pump is called when there is something to look at anew */
  constructor(around: Surroundings, pump: () => void) {
    this.#around = around
    this.#pump = pump
  }

  read(command: ReadCommand): ReplicaEvent {
    const { view } = this.#around
    const { id, path, digest } = command
    const gone: ReplicaEvent = { type: 'content', id, bytes: undefined, mtimeMs: 0 }
    const entry = view.entryAt(path)
    if (entry?.kind !== 'file' || entry.digest !== digest) return gone
    const content = this.#tryPiece(command)
    // The watcher tells what became of it, unless it lost that: then whoever waits for it would wait for ever.
    if (content === undefined) this.#doubt(path)
    return content ?? gone
  }

  #doubt(path: Path): void {
    lookAnew(path, this.#around)
    this.#pump()
  }

  /** Undefined: it is gone, unreadable, another one, or no file any more. */
  #tryPiece(command: ReadCommand): ReplicaEvent | undefined {
    try {
      return this.#piece(command)
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      return undefined
    }
  }

  #piece({ id, path, digest, offset, length }: ReadCommand): ReplicaEvent | undefined {
    const { view, rules } = this.#around
    const [parent, name] = [parentOf(path), nameOf(path)]
    const node = view.nodes.at(parent)
    if (node === undefined) return undefined
    const file = this.#pin(parent).read(name)
    try {
      const bytes = file.read(offset, length)
      const stat = file.stat()
      const isWhole = offset === 0 && bytes.length === stat.size
      const isThatFile = isWhole ? rules.digest(bytes) === digest : view.identities.matches(node.key, name, stat)
      return isThatFile ? { type: 'content', id, bytes, mtimeMs: stat.mtimeMs } : undefined
    } finally {
      file.close()
    }
  }

  /** Neighbours are asked for together, so one handle serves many; it is let go of with the turn. */
  #pin(path: Path): DirectoryHandle {
    if (this.#pinned?.path === path) return this.#pinned.handle
    const { root, clock } = this.#around
    if (this.#pinned === undefined) clock.soon(() => this.close())
    this.close()
    this.#pinned = { path, handle: root.open(path) }
    return this.#pinned.handle
  }

  close(): void {
    this.#pinned?.handle.close()
    this.#pinned = undefined
  }
}
