import type { Entry } from '../core/entry.ts'
import { invariant } from '../core/errors.ts'
import { captureHashBytes } from '../core/limits.ts'
import type { TrashItem } from '../core/messages.ts'
import { isFile } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { isWithin } from '../core/path.ts'
import type { DirectoryHandle } from '../ports/disk.ts'
import type { Seen } from './inspect.ts'
import { hasContent, inspect } from './inspect.ts'
import { isContent } from './slot-journal.ts'
import type { Slots } from './slots.ts'
import type { TrashLine } from './trash-index.ts'
import { TrashIndex } from './trash-index.ts'
import { parsedTrashName, trashName } from './trash-name.ts'
import type { WorkArea } from './work-area.ts'
import { idPattern } from './work-area.ts'

/** What is known of something that goes to the trash. */
export type TrashNote = Pick<TrashItem, 'path' | 'entry' | 'why' | 'group'>

/** An item whose content must be hashed once more: what was compared was its identity, or somebody can still write to it. */
export interface Recheck {
  readonly id: string
  readonly because: 'not-hashed' | 'still-open'
  /** Where the file is, for a worker. */
  readonly file: string
  readonly path: Path
  /** What it is listed as. */
  readonly entry: Entry
}

export interface Trashed {
  readonly id: string
  readonly recheck: Recheck | undefined
}

const unreadable: Entry = { kind: 'problem', why: 'EACCES', over: undefined }

/** Where everything goes that dsync replaced or deleted. Items are files named by id and path; the index says what they were. */
export class Trash {
  readonly index: TrashIndex
  /** Content put in since the start (bytes). */
  bytesAdded = 0
  readonly #area: WorkArea
  readonly #slots: Slots

  constructor(area: WorkArea, slots: Slots) {
    this.#area = area
    this.#slots = slots
    this.index = new TrashIndex(area.base)
    const newest = this.index.newestFirst().next()
    if (newest.done !== true) area.continueAfter(newest.value.item.id)
  }

  /**
   * Takes over what lies in a slot, as it was seen there. What others can still write to, by another name or an open
   * descriptor, is kept as a copy too, so that the version stays what it is.
   */
  take(slot: string, seen: Seen, note: TrashNote): Trashed {
    const isOpen = seen.unwritten === false
    const isShared = seen.stat.kind === 'file' && (isOpen || seen.stat.links > 1)
    const copyId = isShared ? this.#takeCopy(slot, seen, note) : undefined
    if (copyId !== undefined && !isOpen) {
      this.#slots.drop(slot)
      return { id: copyId, recheck: undefined }
    }
    const isCertain = !isOpen && (seen.stat.kind !== 'file' || seen.entry !== undefined)
    const unsure = isOpen ? 'still-open' : isCertain ? undefined : 'not-hashed'
    const noted: TrashNote = copyId === undefined ? note : { ...note, why: 'recovered' }
    const id = this.#add(this.#slots.directory, slot, noted, unsure)
    return { id: copyId ?? id, recheck: unsure && this.#recheck(id, unsure, note) }
  }

  /** Takes over what somebody wrote and what has no place to go back to. `path` is '' when it is not known. */
  recover(slot: string, path: Path, group = ''): Trashed {
    const seen = inspect(this.#slots.directory, slot, Infinity)
    invariant(seen !== undefined, `The slot ${slot} is there: nobody else works in this area`)
    return this.take(slot, seen, { path, entry: seen.entry ?? unreadable, why: 'recovered', group })
  }

  /** Takes over something of ours from elsewhere in the area. */
  takeFrom(directory: DirectoryHandle, name: string, note: TrashNote): string {
    return this.#add(directory, name, note)
  }

  /** Records a removed directory, so that it can be made again. */
  note(note: TrashNote): string {
    const id = this.#area.newId()
    const item = { ...note, id, at: this.#area.clock.now() }
    this.index.append({ item, isBare: true, says: 'new', unsure: undefined })
    return id
  }

  /** What is left to be looked at of an item. */
  recheckOf(item: TrashItem, because: Recheck['because']): Recheck {
    return this.#recheck(item.id, because, item)
  }

  /**
   * Tells what a recheck found. The same content: where a copy of it was kept too, this second item of it goes. Other
   * content: somebody wrote it, and it is listed as recovered. @returns true when it was the same
   */
  rechecked(recheck: Recheck, found: Entry): boolean {
    const isSame = isContent(recheck.entry) && hasContent(found, recheck.entry)
    const line = this.#line(recheck.id)
    if (line === undefined) return isSame
    const certain = { ...line, says: 'later', unsure: undefined } as const
    if (!isSame) this.index.append({ ...certain, item: { ...line.item, entry: found, why: 'recovered' } })
    else if (recheck.because === 'still-open' && this.#hasCopy(line.item)) this.forget(recheck.id)
    else this.index.append(certain)
    return isSame
  }

  /** Items of a path and below, or all, newest first. */
  list(path: Path | undefined, limit: number): TrashItem[] {
    const items: TrashItem[] = []
    for (const line of this.index.newestFirst()) {
      if (items.length >= limit) break
      if ((path === undefined || isWithin(line.item.path, path)) && this.stands(line)) items.push(line.item)
    }
    return items
  }

  /** The items of these ids that are still there, newest first. */
  find(ids: readonly string[]): TrashLine[] {
    const wanted = new Set(ids)
    const oldest = ids.reduce((a, b) => (a < b ? a : b), ids[0] ?? '')
    const found: TrashLine[] = []
    for (const line of this.index.newestFirst()) {
      if (wanted.delete(line.item.id) && this.stands(line)) found.push(line)
      if (wanted.size === 0 || (line.says === 'new' && line.item.id < oldest)) break
    }
    return found
  }

  /**
   * Ends an item, and what is kept of it. A directory that a swap caught and that could not go back is not emptied
   * here. @returns false when something is left
   */
  forget(id: string): boolean {
    const line = this.#line(id)
    if (line === undefined) return true
    if (!this.remove(line.item)) return false
    if (line.isBare) this.index.append({ ...line, says: 'gone' })
    return true
  }

  /** Deletes what is kept of an item; a line without it says nothing. @returns false when something is left */
  remove(item: Pick<TrashItem, 'id' | 'path'>): boolean {
    const { trash } = this.#area
    const name = trashName(item)
    const stat = trash.lookup(name)
    if (stat?.kind === 'directory') return false
    if (stat !== undefined) trash.unlink(name)
    return true
  }

  /**
   * Names of items that lost their lines in a power cut, which takes the last ones: they are younger than the last
   * line of a new item.
   */
  lost(): string[] {
    const listed = new Set<string>()
    let newest = ''
    for (const { item, says } of this.index.newestFirst()) {
      listed.add(item.id)
      if (says !== 'new') continue
      newest = item.id
      break
    }
    const names = this.#area.trash.list().map(({ name }) => name)
    return names.filter(name => {
      const { id } = parsedTrashName(name)
      return idPattern.test(id) && id > newest && !listed.has(id)
    })
  }

  /** Lists what lies in the trash without a line, by what its name tells. Undefined: it is not there. */
  adopt(name: string): TrashItem | undefined {
    const seen = inspect(this.#area.trash, name, captureHashBytes)
    if (seen === undefined) return undefined
    const isPending = seen.entry === undefined && seen.stat.kind === 'file'
    const item: TrashItem = {
      ...parsedTrashName(name),
      entry: seen.entry ?? { kind: 'problem', why: isPending ? 'PENDING' : 'EACCES', over: undefined },
      at: this.#area.clock.now(),
      why: 'recovered',
      group: '',
    }
    this.#area.continueAfter(item.id)
    this.index.append({ item, isBare: false, says: 'later', unsure: isPending ? 'not-hashed' : undefined })
    return item
  }

  /** True when what a line says is there. */
  stands(line: TrashLine): boolean {
    return line.isBare || this.#area.trash.lookup(trashName(line.item)) !== undefined
  }

  /** After this, what was put here is found with its path after a power cut too. Costs one sync; not on an edit's path. */
  sync(): void {
    this.index.sync()
  }

  close(): void {
    this.index.close()
  }

  #recheck(id: string, because: Recheck['because'], { path, entry }: Pick<TrashNote, 'path' | 'entry'>): Recheck {
    return { id, because, file: this.#area.absolute('trash', trashName({ id, path })), path, entry }
  }

  #takeCopy(slot: string, seen: Seen, note: TrashNote): string | undefined {
    if (!isFile(seen.entry) || seen.entry.size > captureHashBytes) return undefined
    const copy = this.#slots.copy(this.#slots.directory, slot, seen.entry, seen.stat.mtimeMs)
    return copy === undefined ? undefined : this.#add(this.#slots.directory, copy.slot, note)
  }

  #add(from: DirectoryHandle, name: string, note: TrashNote, unsure?: Recheck['because']): string {
    const item: TrashItem = { ...note, id: this.#area.newId(), at: this.#area.clock.now() }
    const kept = trashName(item)
    this.index.append({ item, isBare: false, says: 'new', unsure })
    this.bytesAdded += isFile(note.entry) ? note.entry.size : 0
    // Where the name does not tell the path, a power cut must not take the line.
    if (parsedTrashName(kept).path !== item.path) this.index.sync()
    this.#area.move(from, name, this.#area.trash, kept)
    return item.id
  }

  /** True when the copy that `take` kept of an item is there: it came right before. Too large a file has none. */
  #hasCopy({ id, path, entry }: TrashItem): boolean {
    if (!isContent(entry)) return false
    for (const line of this.index.newestFirst()) {
      const { item, says } = line
      if (item.id >= id) continue
      if (item.path === path && hasContent(item.entry, entry) && line.unsure === undefined && this.stands(line))
        return true
      if (says === 'new') return false
    }
    return false
  }

  #line(id: string): TrashLine | undefined {
    for (const line of this.index.newestFirst()) {
      if (line.item.id === id) return line
      if (line.says === 'new' && line.item.id < id) return undefined
    }
    return undefined
  }
}
