import { SyncError, codeOf } from '../core/errors.ts'
import { trackedLimit } from '../core/limits.ts'
import type { Path } from '../core/path.ts'
import { checkPath, components, isWithin, join } from '../core/path.ts'
import type { DirectoryHandle, Stat } from '../ports/disk.ts'
import type { DirectoryKey } from '../ports/watcher.ts'
import type { DirectoryNode } from './directory-nodes.ts'
import { readGitIndex } from './git-index.ts'
import { isPassing } from './look.ts'
import type { Surroundings } from './surroundings.ts'

/** Where git keeps a repository: a directory, or a file that tells where it is. */
export const gitName = '.git'
const indexName = 'index'

/** Another look at an index that is none (ms): some programs write it in place. */
const againMs = 1000

/** Of a `.git` file (bytes): one path. */
const pointerBytes = 4200

interface Repository {
  /** The index that was last read, by its place and disk identity; undefined: there was none. */
  identity: string | undefined
  /** What its index names and a default rule would ignore, from its own directory down; undefined: not read yet. */
  paths: readonly Path[] | undefined
  /** What was last found wrong with it, and whether that was said. */
  flaw: { readonly why: string; readonly isTold: boolean } | undefined
}

/**
 * The git repositories of a root, and what their indexes name that a default rule would ignore. Of `.git` nothing but
 * the index is read; a directory of git's that lies elsewhere (of a worktree, of a submodule) only within the root.
 * An index that cannot be read changes nothing: what it last named stands.
 */
export class Repositories {
  readonly #around: Surroundings
  readonly #wake: () => void
  readonly #known = new Map<DirectoryNode, Repository>()
  readonly #due = new Set<DirectoryNode>()
  /** Said of these that their index lies elsewhere. */
  readonly #outside = new WeakSet<DirectoryNode>()

  /** @param wake there is something to do */
  constructor(around: Surroundings, wake: () => void) {
    this.#around = around
    this.#wake = wake
  }

  /** True while an index is to be read. */
  get areDue(): boolean {
    return this.#due.size > 0
  }

  has(node: DirectoryNode): boolean {
    return this.#known.has(node)
  }

  /** The repository in this directory may be another than before, or none. */
  note(node: DirectoryNode): void {
    this.#due.add(node)
  }

  /** A directory stands at another place, where defaults may ignore other names. */
  moved(to: Path): void {
    for (const node of this.#known.keys()) if (isWithin(this.#around.view.nodes.pathOf(node), to)) this.note(node)
  }

  /** Something happened in a directory that was watched for an index; `name` undefined: nobody knows to what. */
  heed(key: DirectoryKey, name: string | undefined): void {
    if (name !== undefined && name !== indexName) return
    for (const node of this.#known.keys()) if (node.key === -key) this.note(node)
  }

  /** The next that is to be read. */
  take(): DirectoryNode | undefined {
    for (const node of this.#due) {
      this.#due.delete(node)
      return node
    }
    return undefined
  }

  /** The directory is known no more. @returns whether there was a repository in it */
  forget(node: DirectoryNode): boolean {
    this.#due.delete(node)
    if (!this.#known.delete(node)) return false
    this.#around.watcher.unwatch(-node.key)
    return true
  }

  /** What all indexes name and a default rule would ignore. */
  paths(): ReadonlySet<Path> {
    const paths = new Set<Path>()
    for (const [node, repository] of this.#known) {
      const top = this.#around.view.nodes.pathOf(node)
      for (const path of repository.paths ?? []) paths.add(join(top, path))
    }
    return paths
  }

  /** Directories of repositories whose index could not be read yet: what it names is what was known before. */
  unread(): readonly Path[] {
    const { nodes } = this.#around.view
    return [...this.#known].flatMap(([node, { paths }]) => (paths === undefined ? [nodes.pathOf(node)] : []))
  }

  /** The repository whose index names a path, by its directory; undefined: none of this host does. */
  naming(path: Path): Path | undefined {
    for (const [node, { paths }] of this.#known) {
      const top = this.#around.view.nodes.pathOf(node)
      if (isWithin(path, top) && paths?.some(each => isWithin(join(top, each), path)) === true) return top
    }
    return undefined
  }

  /**
   * Looks at the index of the repository in a directory, and reads it if it is another one than was last read.
   * @returns whether what it is known to name is other than before
   */
  *read(node: DirectoryNode): Generator<void, boolean, undefined> {
    this.#due.delete(node)
    const { view, root } = this.#around
    if (view.nodes.byKey(node.key) !== node) return false
    const before = this.#known.get(node)?.paths
    const opened: DirectoryHandle[] = []
    try {
      const place = this.#placeOf(node)
      if (place === undefined) return this.forget(node) && before?.length !== 0
      const repository = this.#known.get(node) ?? { identity: undefined, paths: undefined, flaw: undefined }
      this.#known.set(node, repository)
      // One that cannot be watched is looked at whenever its directory is listed.
      if (!this.#around.watcher.watch(-node.key, `${root.base}/${place}`)) node.watched = false
      const directory = root.open(place)
      opened.push(directory)
      yield* this.#readIndex(node, repository, directory)
    } catch (error) {
      this.#failed(node, error)
    } finally {
      for (const each of opened) each.close()
    }
    return !isSame(before, this.#known.get(node)?.paths)
  }

  *#readIndex(
    node: DirectoryNode,
    repository: Repository,
    directory: DirectoryHandle,
  ): Generator<void, void, undefined> {
    const stat = directory.lookup(indexName)
    if (stat === undefined) {
      // Nothing was added yet, or it is about to be written anew.
      repository.identity = undefined
      repository.paths = []
      return
    }
    const top = this.#around.view.nodes.pathOf(node)
    const identity = identityOf(stat, top)
    if (identity === repository.identity) return
    const { ignore } = this.#around.rules
    let named = new Set<Path>()
    let flaw: string | undefined
    const file = directory.read(indexName)
    try {
      const begin = (): void => {
        named = new Set()
      }
      flaw = yield* readGitIndex(file, {
        begin,
        take: (path, kind) => {
          if (named.size <= trackedLimit && ignore.hasDefault(join(top, path), kind === 'directory')) named.add(path)
        },
      })
    } finally {
      file.close()
    }
    if (named.size > trackedLimit) flaw ??= `it names more than ${trackedLimit} files that are ignored by default`
    if (flaw !== undefined) {
      // Until it changes there is no use in reading it again, once that was said.
      if (this.#flawed(node, repository, flaw)) repository.identity = identity
      return
    }
    repository.identity = identity
    repository.flaw = undefined
    repository.paths = [...named].filter(isPath)
  }

  /** Said the second time it is found, for a program may be about to write it. @returns whether it is said now */
  #flawed(node: DirectoryNode, repository: Repository, why: string): boolean {
    const isKnown = repository.flaw?.why === why
    const isTold = isKnown && repository.flaw?.isTold === true
    repository.flaw = { why, isTold: isKnown }
    if (!isKnown) this.#again(node)
    else if (!isTold) this.#remark(node, `git's index there is not read: ${why}; what is known of it stands`)
    return isKnown
  }

  #remark(node: DirectoryNode, why: string): void {
    const path = this.#around.view.nodes.pathOf(node)
    this.#around.remark({ code: 'GIT_INDEX', path, why, trash: undefined })
  }

  #failed(node: DirectoryNode, error: unknown): void {
    const code = codeOf(error)
    if (!(error instanceof SyncError) || code === undefined || code === 'INVARIANT') throw error
    const repository = this.#known.get(node)
    if (isPassing(error)) return this.#again(node)
    // A directory that goes tells so itself, and one of git's that is gone is no repository.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') this.forget(node)
    else if (repository !== undefined) this.#flawed(node, repository, code)
  }

  #again(node: DirectoryNode): void {
    this.#around.clock.after(againMs, () => {
      if (this.#around.view.nodes.byKey(node.key) !== node) return
      this.note(node)
      this.#wake()
    })
  }

  /** Where git keeps the repository in a directory; undefined: there is none, or not within the root. */
  #placeOf(node: DirectoryNode): Path | undefined {
    const { view, root } = this.#around
    const top = view.nodes.pathOf(node)
    const directory = root.open(top)
    try {
      const kind = directory.lookup(gitName)?.kind
      if (kind === 'directory') return join(top, gitName)
      if (kind !== 'file') return undefined
      const file = directory.read(gitName)
      try {
        const place = pointedAt(new TextDecoder().decode(file.read(0, pointerBytes)), top, root.base)
        if (place === undefined && !this.#outside.has(node))
          this.#remark(
            node,
            "git's index of it lies outside the root and is not read: the defaults ignore what it names",
          )
        if (place === undefined) this.#outside.add(node)
        return place
      } finally {
        file.close()
      }
    } finally {
      directory.close()
    }
  }
}

/** True for what is watched of git's, though it is ignored. */
export function isGitIndex(path: Path): boolean {
  const names = components(path)
  return names.at(-1) === indexName && names.includes(gitName)
}

/** The directory that a `.git` file names, as a path of the root; undefined when it is not within it. */
export function pointedAt(text: string, top: Path, base: string): Path | undefined {
  const target = /^gitdir: ([^\n\r]+)\r?\n?$/.exec(text)?.[1]
  if (target === undefined) return undefined
  if (target.startsWith('/') && !target.startsWith(`${base}/`)) return undefined
  const isAbsolute = target.startsWith('/')
  const names = isAbsolute ? [] : components(top)
  for (const name of (isAbsolute ? target.slice(base.length) : target).split('/')) {
    if (name === '' || name === '.') continue
    if (name !== '..') names.push(name)
    else if (names.pop() === undefined) return undefined
  }
  const path = names.join('/')
  return path !== '' && isPath(path) ? path : undefined
}

function isPath(path: Path): boolean {
  try {
    checkPath(path)
    return true
  } catch (error) {
    if (codeOf(error) !== 'PATH_INVALID') throw error
    return false
  }
}

/** An index is sorted. */
function isSame(a: readonly Path[] | undefined, b: readonly Path[] | undefined): boolean {
  return a?.length === b?.length && (a === undefined || a.every((path, at) => path === b?.[at]))
}

/** What a default would ignore of it depends on where it stands. */
function identityOf({ inode, size, mtimeMs, ctimeMs }: Stat, top: Path): string {
  return `${inode} ${size} ${mtimeMs} ${ctimeMs} ${top}`
}
