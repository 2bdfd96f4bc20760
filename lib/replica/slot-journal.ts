import type { Entry, FileEntry, SymlinkEntry } from '../core/entry.ts'
import { SyncError } from '../core/errors.ts'
import type { TrashReason } from '../core/messages.ts'
import type { Path } from '../core/path.ts'
import { checkPath } from '../core/path.ts'
import type { Stat } from '../ports/disk.ts'
import { LineFile } from './line-file.ts'
import { isReason, isRecord, revivedEntry } from './stored-entry.ts'
import { parsedSlot } from './slots.ts'
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
  /** True: what is expected there is ours, needed no more. */
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
  readonly #lines: LineFile<Capture | Copying>
  readonly #pending = new Map<string, Capture>()
  readonly #copying = new Map<string, Copying>()
  #bytes: number

  /** What a process before this one wrote down. */
  readonly found: Unfinished

  constructor(area: WorkArea) {
    this.#lines = new LineFile(area.base, journalName, revivedLine)
    this.#bytes = area.base.lookup(journalName)?.size ?? 0
    this.found = this.#read()
    for (const slot of this.found.captures.keys()) area.continueAfter(parsedSlot(slot).id)
    for (const { aside } of this.found.copies) area.continueAfter(parsedSlot(aside).id)
  }

  /** @param durable true where a power cut between two steps would leave the path empty */
  begin(capture: Capture, durable: boolean): void {
    this.#append(capture, durable)
    this.#pending.set(capture.slot, capture)
  }

  beginCopy(copying: Copying): void {
    this.#append(copying, true)
    this.#copying.set(copying.copying, copying)
  }

  /** The copy of `slot` is whole, or nothing of it is left. */
  endCopy(slot: string): void {
    this.#copying.delete(slot)
  }

  /** What was captured in `slot` has found its place. */
  end(slot: string): void {
    this.#pending.delete(slot)
  }

  /** What was begun and not put in order because the disk failed meanwhile: to be tried again. */
  get pending(): Unfinished {
    return { captures: new Map(this.#pending), copies: [...this.#copying.values()] }
  }

  get isQuiet(): boolean {
    return this.#pending.size === 0 && this.#copying.size === 0
  }

  /** Nothing is in flight any more. */
  clear(): void {
    this.#lines.clear()
    this.#pending.clear()
    this.#copying.clear()
    this.#bytes = 0
  }

  close(): void {
    this.#lines.close()
  }

  #read(): Unfinished {
    const captures = new Map<string, Capture>()
    const copies: Copying[] = []
    for (const lines of this.#lines.forward()) {
      for (const line of lines) {
        if ('copying' in line) copies.push(line)
        else captures.set(line.slot, line)
      }
    }
    return { captures, copies }
  }

  #append(line: Capture | Copying, durable: boolean): void {
    if (this.#bytes > journalBytesLimit && this.isQuiet) this.clear()
    this.#bytes += this.#lines.append('copying' in line ? line : { ...line, vouched: undefined })
    if (durable) this.#lines.sync()
  }
}

const journalName = 'journal'

function revivedLine(value: unknown): Capture | Copying | undefined {
  if (!isRecord(value)) return undefined
  const { copying, path, aside } = value
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

function isPath(path: string): boolean {
  try {
    checkPath(path)
    return true
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return false
  }
}
