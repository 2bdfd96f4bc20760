import type { Entry } from '../core/entry.ts'
import { isSynced } from '../core/entry.ts'
import { SyncError, codeOf } from '../core/errors.ts'
import { verifyBytes, verifyDifferences, verifyEntries } from '../core/limits.ts'
import type { Answer, Difference, Question } from '../core/messages.ts'
import { emptyPage } from '../core/page.ts'
import type { Path } from '../core/path.ts'
import { join, nameOf, parentOf } from '../core/path.ts'
import { children, shallow } from '../core/tree.ts'
import type { DirectoryHandle } from '../ports/disk.ts'
import { directoriesFrom } from './directories-from.ts'
import type { Room } from './fresh-content.ts'
import { FreshContent } from './fresh-content.ts'
import { isEntry } from './inspect.ts'
import { problemOver } from './look.ts'
import type { Surroundings } from './surroundings.ts'
import { lookAnew } from './refresh.ts'

type Asked = Question & { readonly about: 'verify' }
type Found = Omit<Answer & { readonly about: 'verify' }, 'about'>

/** Entries looked at between two pauses. */
const entriesBetweenPauses = 64

/** What has been found for one answer so far. */
class Findings {
  readonly room: Room
  readonly differing: Difference[] = []
  entries = 0

  constructor(pause: () => Promise<void>) {
    this.room = { bytes: verifyBytes, pause }
  }

  get isFull(): boolean {
    return this.room.bytes <= 0 || this.entries >= verifyEntries || this.differing.length >= verifyDifferences
  }

  answer(done: boolean, after: Path | undefined): Found {
    const { entries, differing, room } = this
    return { done, after, entries, bytes: verifyBytes - room.bytes, differing }
  }
}

/**
 * Compares the tree with what is on the disk, reading everything anew: neither times nor the cache vouch for anything.
 * One question after the other, in small pieces between all other work. It changes nothing but, when asked again about
 * a path, what is taken for known there.
 */
export class Verifying {
  readonly #around: Surroundings
  readonly #keepsModes: boolean
  readonly #content = new FreshContent()
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(around: Surroundings, keepsModes: boolean) {
    this.#around = around
    this.#keepsModes = keepsModes
  }

  /** Throws SyncError when the root cannot be read. */
  answer(question: Asked): Promise<Found> {
    const turn = this.#last.then(() => (question.again ? this.#again(question.path) : this.#walk(question)))
    this.#last = turn.catch(() => {})
    return turn
  }

  /** Breaks off what is being read. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#last
  }

  async #walk({ path, after }: Asked): Promise<Found> {
    const { view } = this.#around
    const findings = this.#begin()
    let last = after
    if (after === undefined && path !== '') {
      if (!(await this.#itself(path, findings))) return findings.answer(false, undefined)
      last = path
    }
    const from = after === undefined || after === path ? undefined : parentOf(after)
    for (const directory of directoriesFrom(view.tree, path, from)) {
      const handle = this.#open(directory, findings)
      if (handle === undefined) continue
      try {
        const since = directory === from && after !== undefined ? nameOf(after) : ''
        for (const name of this.#names(handle, directory)) {
          if (name <= since) continue
          if (findings.isFull || !(await this.#compare(handle, join(directory, name), findings)))
            return findings.answer(false, last)
          last = join(directory, name)
        }
      } finally {
        handle.close()
      }
    }
    return findings.answer(true, undefined)
  }

  /** Looks at one path alone. What still differs is looked at like anything that changed, and read for it. */
  async #again(path: Path): Promise<Found> {
    const findings = this.#begin()
    if (!(await this.#itself(path, findings))) return findings.answer(false, undefined)
    if (findings.differing.some(({ found }) => found?.kind !== 'problem')) lookAnew(path, this.#around)
    return findings.answer(true, undefined)
  }

  #begin(): Findings {
    const { clock } = this.#around
    return new Findings(async () => {
      await new Promise<void>(resolve => clock.soon(resolve))
      if (this.#closed) throw new SyncError('TRANSPORT_LOST', 'Cannot go on reading: the root is being closed')
    })
  }

  /** False: it does not fit into this answer. */
  async #itself(path: Path, findings: Findings): Promise<boolean> {
    const handle = this.#open(parentOf(path), findings)
    try {
      return handle === undefined || (await this.#compare(handle, path, findings))
    } finally {
      handle?.close()
    }
  }

  /** Undefined: it is gone, as a look at its own name says, or it cannot be read. */
  #open(path: Path, findings: Findings): DirectoryHandle | undefined {
    try {
      return this.#around.root.open(path)
    } catch (error) {
      if (path === '' || !isRefusal(error)) throw error
      const known = this.#around.view.entryAt(path)
      const code = codeOf(error) ?? ''
      if (isSynced(known) && !isGone(code))
        findings.differing.push({ path, known: shallow(known), found: problemOver(code, undefined) })
      return undefined
    }
  }

  #names(handle: DirectoryHandle, path: Path): readonly string[] {
    const names = new Set<string>()
    for (const { name, kind } of handle.list()) if (kind !== 'problem') names.add(name)
    for (const [name] of children(this.#around.view.entryAt(path))) names.add(name)
    return [...names].toSorted(byUnits)
  }

  /** False: it does not fit into this answer. */
  async #compare(handle: DirectoryHandle, path: Path, findings: Findings): Promise<boolean> {
    const found = await this.#look(handle, path, findings.room)
    if (found === 'more') return false
    // What is known now, not before: the engine may have heard of a change while it was read here.
    const known = this.#around.view.entryAt(path)
    if (known === undefined ? found === undefined : !isSynced(known)) return true
    findings.entries++
    if (findings.entries % entriesBetweenPauses === 0) await findings.room.pause()
    if (isSynced(known) && isEntry(found?.entry, known, this.#keepsModes)) return true
    const entry = found?.isOpen === true ? problemOver('BUSY', undefined) : found?.entry
    findings.differing.push({ path, known: known && shallow(known), found: entry })
    return true
  }

  /** What stands there that could be synced; undefined when nothing does. */
  async #look(
    handle: DirectoryHandle,
    path: Path,
    room: Room,
  ): Promise<{ readonly entry: Entry; readonly isOpen?: boolean } | 'more' | undefined> {
    const { rules } = this.#around
    const name = nameOf(path)
    try {
      const stat = handle.lookup(name)
      if (stat === undefined || rules.ignore.ignores(path, stat.kind === 'directory')) return undefined
      if (stat.kind === 'symlink') return { entry: { kind: 'symlink', target: handle.readlink(name) } }
      if (stat.kind === 'directory') {
        if (stat.device !== rules.device) return { entry: problemOver('MOUNT', undefined) }
        return { entry: { kind: 'directory', mode: stat.mode & 0o777, children: emptyPage } }
      }
      if (stat.kind !== 'file' || !isWanted(this.#around.view.entryAt(path))) return undefined
      const fresh = await this.#content.read(handle, { path, name }, room)
      return fresh === 'busy' ? { entry: problemOver('BUSY', undefined) } : fresh
    } catch (error) {
      if (!isRefusal(error)) throw error
      const code = codeOf(error) ?? ''
      return isGone(code) ? undefined : { entry: problemOver(code, undefined) }
    }
  }
}

/** False for what is known and not synced: nobody compares it. */
function isWanted(known: Entry | undefined): boolean {
  return known === undefined || isSynced(known)
}

function isRefusal(error: unknown): boolean {
  return error instanceof SyncError && error.code.startsWith('E')
}

function isGone(code: string): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP'
}

/** The order of names in which `directoriesFrom` and cursors go. */
function byUnits(a: string, b: string): number {
  return a < b ? -1 : 1
}
