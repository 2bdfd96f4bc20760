import type { Entry } from '../core/entry.ts'
import { isSynced } from '../core/entry.ts'
import { captureHashBytes } from '../core/limits.ts'
import type { Content } from '../core/operation.ts'
import { isFile } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { nameOf, toBytes } from '../core/path.ts'
import { sameShallow, walk } from '../core/tree.ts'
import type { CopyLine } from './copy-index.ts'
import { CopyIndex } from './copy-index.ts'
import { copyName } from './copy-name.ts'
import { digest } from './hash.ts'
import { inspect } from './inspect.ts'
import type { Turns } from './line-file.ts'
import { isRefusal } from './refusal.ts'
import type { Staging } from './staging.ts'
import type { Staged } from './slots.ts'
import type { Work } from './work.ts'

/** The other side's version of a conflicting path. */
export interface Version {
  readonly path: Path
  readonly host: string
  /** What the other side has; undefined or unsynced: nothing to keep. */
  readonly entry: Entry | undefined
  /** A file's content when it is small; else it was staged. */
  readonly content: Content | undefined
}

/** Where the copy is (an absolute path), or why there can be none; neither when its content is not here. */
export interface Kept {
  readonly copy: string | undefined
  readonly why: string | undefined
}

/**
 * Other sides' versions of conflicting paths, as files that a person can open, outside the tree where compilers would
 * find them. A link is kept as a link, a directory as a list of its paths.
 */
export class Copies {
  readonly #work: Work
  readonly #staging: Staging
  readonly #index: CopyIndex

  constructor(work: Work, staging: Staging) {
    this.#work = work
    this.#staging = staging
    this.#index = new CopyIndex(work.area)
  }

  /** The copy kept of a host's version of a path, if there is one. */
  find(path: Path, host: string): CopyLine | undefined {
    return this.#index.find(path, host)
  }

  /** Keeps a version in the place of an earlier one of the same path and host, which goes to the trash. */
  keep(version: Version): Kept {
    const { path, host, entry } = version
    const before = this.#index.find(path, host)
    if (before !== undefined && sameShallow(before.entry, entry) && this.#stands(before)) {
      return { copy: this.#absolute(before), why: undefined }
    }
    if (!isSynced(entry)) {
      this.release(path, host)
      return { copy: undefined, why: 'the other side has nothing there' }
    }
    const staged = this.#stage(version)
    if (staged === undefined) return { copy: undefined, why: undefined }
    const { area, slots } = this.#work
    const line: CopyLine = { path, name: this.#freeName(path, host), host, at: area.clock.now(), entry }
    this.#index.add(line)
    area.move(slots.directory, staged.slot, area.copies, line.name)
    if (before !== undefined) this.#discard(before)
    return { copy: this.#absolute(line), why: undefined }
  }

  /** The conflict with a host is over: the copy goes to the trash. Without a host, all of that path do. */
  release(path: Path, host?: string): void {
    for (const line of [...this.#index.at(path)]) {
      if (host !== undefined && line.host !== host) continue
      this.#discard(line)
      this.#index.remove(line)
    }
  }

  /** What a person would see in the first copy of a path: at most `limit` bytes; undefined when there is none. */
  text(path: Path, limit: number): Uint8Array | undefined {
    const [line] = this.#index.at(path)
    if (line === undefined) return undefined
    const { copies } = this.#work.area
    const kind = copies.lookup(line.name)?.kind
    if (kind === 'symlink') return toBytes(copies.readlink(line.name)).subarray(0, limit)
    if (kind !== 'file') return undefined
    const file = copies.read(line.name)
    try {
      return file.read(0, limit)
    } finally {
      file.close()
    }
  }

  /**
   * Puts in order what a crash left: a copy that no conflict has any more goes to the trash. To be called at the start;
   * what the disk refuses waits for the next one.
   */
  async tidy(turns: Turns): Promise<void> {
    try {
      for (const { name } of this.#work.area.copies.list()) {
        if (this.#index.isCurrent(name)) continue
        this.#discard(this.#index.former(name) ?? { path: '', name, host: '', at: 0, entry: undefined })
      }
      await this.#index.compact(turns)
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
  }

  close(): void {
    this.#index.close()
  }

  /** The version in a slot of ours, durable. */
  #stage(version: Version): Staged | undefined {
    const { slots, area } = this.#work
    const { entry, content } = version
    if (isFile(entry)) {
      const facts = { digest: entry.digest, mode: entry.mode | ownMode, mtimeMs: content?.mtimeMs }
      const prepared =
        content === undefined ? this.#staging.take(facts) : this.#staging.write(content.bytes, facts, true)
      if (prepared?.isDurable === false) slots.sync(prepared.staged.slot)
      return prepared?.staged
    }
    if (entry?.kind === 'symlink' && area.abilities.symlinks) return slots.writeLink(entry, '')
    const bytes = entry?.kind === 'symlink' ? toBytes(entry.target) : listing(entry)
    return slots.write(bytes, { digest: digest(bytes), mode: ownMode, mtimeMs: undefined }, true)
  }

  /** A version goes to the trash; a list of paths is nobody's. */
  #discard(line: CopyLine): void {
    const { area, trash } = this.#work
    const { path, name, entry } = line
    const found = inspect(area.copies, name, captureHashBytes)
    if (found === undefined) return
    if (entry?.kind === 'directory') area.copies.unlink(name)
    else trash.takeFrom(area.copies, name, { path, entry: found.entry ?? entry ?? unknown, why: 'copy', group: '' })
  }

  /** One that no copy has, also none that is gone without our doing. */
  #freeName(path: Path, host: string): string {
    const { copies, clock } = this.#work.area
    for (let count = 1; ; count++) {
      const name = copyName(nameOf(path), host, clock.now(), count)
      if (copies.lookup(name) === undefined && !this.#index.isCurrent(name)) return name
    }
  }

  /** A power cut may put back what had the name before, and people may write to a copy. */
  #stands({ name, entry }: CopyLine): boolean {
    const found = inspect(this.#work.area.copies, name, captureHashBytes)
    if (found?.entry?.kind !== 'file' || !isFile(entry)) return found !== undefined
    return found.entry.digest === entry.digest
  }

  #absolute(line: CopyLine): string {
    return this.#work.area.absolute('copies', line.name)
  }
}

/** Whatever its mode there, here its user can read and write it. Nobody else gets into a work area. */
const ownMode = 0o600

const unknown: Entry = { kind: 'problem', why: 'EACCES', over: undefined }

function listing(entry: Entry | undefined): Uint8Array {
  const lines: string[] = []
  for (const [path, below] of walk(entry)) lines.push(below.kind === 'directory' ? `${path}/\n` : `${path}\n`)
  return toBytes(lines.join(''))
}
