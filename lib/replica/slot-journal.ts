import type { Entry, FileEntry, SymlinkEntry } from '../core/entry.ts'
import type { TrashReason } from '../core/messages.ts'
import type { Path } from '../core/path.ts'
import type { Stat } from '../ports/disk.ts'
import { LineFile } from './line-file.ts'
import { isPath, isReason, isRecord, revivedEntry } from './stored-entry.ts'
import { parsedSlot } from './slot-name.ts'
import type { WorkArea } from './work-area.ts'

/** What can be swapped with something. */
export type ContentEntry = FileEntry | SymlinkEntry

export function isContent(entry: Entry | undefined): entry is ContentEntry {
  return entry?.kind === 'file' || entry?.kind === 'symlink'
}

/** Something is about to be captured: what stands at `path` will lie in `slot`. */
export interface Capture {
  readonly slot: string
  readonly path: Path
  readonly expected: ContentEntry
  /** What is put there instead; undefined: nothing. */
  readonly after: ContentEntry | undefined
  /** Why it goes to the trash if it is what was expected. */
  readonly why: TrashReason
  readonly group: string
  /** True: what is expected there is ours, needed no more, if it is the very one that `vouched` tells. */
  readonly own: boolean
  /** A file too large to hash counts as expected if it is this one still: taken just before, with nobody writing to it. */
  readonly vouched: Vouched | undefined
}

export type Vouched = Pick<Stat, 'inode' | 'size' | 'mtimeMs'>

/** The slot `copying` is about to be copied to `path`, where a crash may leave a part of it; that is taken `aside`. */
export interface Copying {
  readonly copying: string
  readonly path: Path
  readonly aside: string
}

interface Copied {
  readonly copied: string
}

type JournalLine = Capture | Copying | Copied

export interface Unfinished {
  /** By slot. */
  readonly captures: ReadonlyMap<string, Capture>
  readonly copies: readonly Copying[]
}

/** A journal that nothing waits for is begun anew at this length (bytes). */
const journalBytesLimit = 256 * 1024

/**
 * What is about to be swapped, written down before. After a crash each slot that still exists is put in order by its
 * last line here; a line whose slot is gone was finished. Slot names never come again, so old lines do no harm.
 */
export class SlotJournal {
  readonly #lines: LineFile<JournalLine>
  readonly #pending = new Map<string, Capture>()
  readonly #planned = new Set<string>()
  readonly #copying = new Map<string, Copying>()
  #bytes: number

  constructor(area: WorkArea) {
    this.#lines = new LineFile(area.base, journalName, revivedLine)
    this.#bytes = area.base.lookup(journalName)?.size ?? 0
    this.#resume(area)
  }

  /**
   * @param durable true where a power cut between two steps would leave the path empty; so it is anyway where nothing
   * else would tell the path after one. A line written by `plan` need not be written again.
   */
  begin(capture: Capture, durable: boolean): void {
    const { slot, path } = capture
    if (!this.#planned.has(slot)) this.#append(capture, durable || parsedSlot(slot).path !== path)
    this.#pending.set(slot, capture)
  }

  /** Writes down captures that a batch may come to, with one sync for all. See `unplan`. */
  plan(captures: readonly Capture[]): void {
    for (const capture of captures) this.#append(capture, false)
    this.#lines.sync()
    for (const { slot } of captures) this.#planned.add(slot)
  }

  beginCopy(copying: Copying): void {
    this.#copying.set(copying.copying, copying)
    this.#append(copying, true)
  }

  /** The copy of `slot` is whole, or nothing of it is left: what stands at its path from now on is not to be touched. */
  endCopy(slot: string): void {
    this.#append({ copied: slot }, true)
    this.#copying.delete(slot)
  }

  /** The batch is over: planned captures that it did not come to are not to come any more. */
  unplan(slots: Iterable<string>): void {
    for (const slot of slots) this.#planned.delete(slot)
  }

  /** What was captured in `slot` has found its place. */
  end(slot: string): void {
    this.#pending.delete(slot)
  }

  /** True while a part of a copy may stand at its path: what is copied is needed to recognise it. */
  isCopying(slot: string): boolean {
    return this.#copying.has(slot)
  }

  /** What was begun and not put in order, because the disk failed meanwhile or the process before this one died. */
  get pending(): Unfinished {
    return { captures: new Map(this.#pending), copies: [...this.#copying.values()] }
  }

  /** True while something lies between its path and the trash. */
  get isUnfinished(): boolean {
    return this.#pending.size > 0 || this.#copying.size > 0
  }

  /** Where a swap or a copy was broken off: what stands there is not what is to stay. */
  *unfinishedPaths(): Generator<Path, void, undefined> {
    for (const { path } of this.#pending.values()) yield path
    for (const { path } of this.#copying.values()) yield path
  }

  isUnfinishedAt(path: Path): boolean {
    for (const each of this.unfinishedPaths()) if (each === path) return true
    return false
  }

  get isQuiet(): boolean {
    return this.#pending.size === 0 && this.#planned.size === 0 && this.#copying.size === 0
  }

  /** Nothing is in flight any more. */
  clear(): void {
    this.#lines.clear()
    this.#pending.clear()
    this.#planned.clear()
    this.#copying.clear()
    this.#bytes = 0
  }

  close(): void {
    this.#lines.close()
  }

  /** Takes up what a process before this one began, as far as the slots it was about are still there. */
  #resume(area: WorkArea): void {
    const slots = new Set(area.slots.list().map(item => item.name))
    for (const lines of this.#lines.forward()) {
      for (const line of lines) {
        if ('slot' in line) this.#pending.set(line.slot, line)
        else if ('copying' in line) this.#copying.set(line.copying, line)
        else this.#copying.delete(line.copied)
      }
    }
    for (const slot of this.#pending.keys()) {
      area.continueAfter(parsedSlot(slot).id)
      if (!slots.has(slot)) this.#pending.delete(slot)
    }
    for (const [slot, { aside }] of this.#copying) {
      area.continueAfter(parsedSlot(aside).id)
      if (!slots.has(slot) && !slots.has(aside)) this.#copying.delete(slot)
    }
  }

  #append(line: JournalLine, durable: boolean): void {
    if (this.#bytes > journalBytesLimit && this.isQuiet) this.clear()
    this.#bytes += this.#lines.append('slot' in line ? { ...line, vouched: undefined } : line)
    if (durable) this.#lines.sync()
  }
}

const journalName = 'journal'

function revivedLine(value: unknown): JournalLine | undefined {
  if (!isRecord(value)) return undefined
  const { copying, copied, path, aside } = value
  if (typeof copied === 'string') return { copied }
  if (typeof path !== 'string' || !isPath(path)) return undefined
  if (typeof copying !== 'string') return revivedCapture(value, path)
  return typeof aside === 'string' ? { copying, path, aside } : undefined
}

function revivedCapture(value: Readonly<Record<string, unknown>>, path: Path): Capture | undefined {
  const { slot, why, group, own } = value
  const expected = revivedEntry(value.expected)
  const after = revivedEntry(value.after)
  if (typeof slot !== 'string' || typeof group !== 'string' || !isContent(expected)) return undefined
  if (!isReason(why) || (after !== undefined && !isContent(after))) return undefined
  return { slot, path, expected, after, why, group, own: own === true, vouched: undefined }
}
