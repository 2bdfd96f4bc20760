import type { Entry } from '../core/entry.ts'
import type { TrashItem } from '../core/messages.ts'
import type { DirectoryHandle } from '../ports/disk.ts'
import type { Turns } from './line-file.ts'
import { LineFile } from './line-file.ts'
import type { StoredEntry } from './stored-entry.ts'
import { isReason, isRecord, revivedEntry, storedEntry } from './stored-entry.ts'

/** A line about an item: a later one replaces an earlier one. */
export interface TrashLine {
  readonly item: TrashItem
  /** True for a directory, of which nothing but this line is kept. */
  readonly isBare: boolean
  /** `later`: says something new about an item that has a line. `gone`: it is not in the trash any more. */
  readonly says: 'new' | 'later' | 'gone'
  /** Its content must be hashed once more; see `Recheck`. */
  readonly unsure: 'not-hashed' | 'still-open' | undefined
}

interface StoredLine extends Omit<TrashItem, 'entry'> {
  readonly entry: StoredEntry
  readonly bare?: true
  readonly says?: 'later' | 'gone'
  readonly unsure?: 'not-hashed' | 'still-open'
}

/**
 * What lies in the trash, in a file that is read as far as a question needs and never held in memory. A line is written
 * before its item comes; one without an item says nothing.
 */
export class TrashIndex {
  readonly #lines: LineFile<StoredLine>

  constructor(directory: DirectoryHandle) {
    this.#lines = new LineFile(directory, 'trash.jsonl', checkedLine)
  }

  append(line: TrashLine): void {
    const { item, isBare, says, unsure } = line
    this.#lines.append({
      ...item,
      entry: storedEntry(item.entry),
      ...(isBare ? { bare: true } : {}),
      ...(says === 'new' ? {} : { says }),
      ...(unsure === undefined ? {} : { unsure }),
    })
  }

  sync(): void {
    this.#lines.sync()
  }

  /** The last word about each item, newest first. Items that are `gone` are left out. */
  *newestFirst(): Generator<TrashLine, void, undefined> {
    const told = new Set<string>()
    for (const stored of this.#lines.backward()) {
      if (told.has(stored.id)) continue
      if (stored.says !== undefined) told.add(stored.id)
      if (stored.says !== 'gone') yield revivedLine(stored)
    }
  }

  /** All lines, oldest first, in lists between which a caller can pause. */
  *oldestFirst(): Generator<readonly TrashLine[], void, undefined> {
    for (const lines of this.#lines.forward()) yield lines.map(revivedLine)
  }

  async keepOnly(ids: { has(id: string): boolean }, turns: Turns): Promise<void> {
    await this.#lines.rewrite(line => ids.has(line.id), turns)
  }

  close(): void {
    this.#lines.close()
  }
}

function checkedLine(value: unknown): StoredLine | undefined {
  if (!isRecord(value)) return undefined
  const { id, path, at, why, group, bare, says, unsure } = value
  const entry = revivedEntry(value.entry)
  if (typeof id !== 'string' || typeof path !== 'string' || typeof at !== 'number') return undefined
  if (typeof group !== 'string' || !isReason(why) || entry === undefined) return undefined
  return {
    ...{ id, path, entry: storedEntry(entry), at, why, group },
    ...(bare === true ? { bare } : {}),
    ...(says === 'later' || says === 'gone' ? { says } : {}),
    ...(unsure === 'not-hashed' || unsure === 'still-open' ? { unsure } : {}),
  }
}

function revivedLine(stored: StoredLine): TrashLine {
  const { bare: isBare = false, says = 'new', unsure, ...item } = stored
  const entry: Entry = revivedEntry(stored.entry) ?? { kind: 'problem', why: 'STORE_DAMAGED', over: undefined }
  return { item: { ...item, entry }, isBare, says, unsure }
}
