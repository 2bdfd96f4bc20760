import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { SyncedEntry } from '../core/entry.ts'
import { SyncError } from '../core/errors.ts'
import { emptyPage } from '../core/page.ts'
import { fromBytes, toBytes } from '../core/path.ts'
import { lineKind } from './store-lines.ts'

/** The columns that hold an entry: content is a file's digest (32 bytes), a link's target, or where a move led. */
export interface EntryColumns {
  readonly kind: number
  readonly mode: number | null
  readonly size: number | null
  readonly content: StoredText | null
}

export function columnsOf(entry: SyncedEntry): EntryColumns {
  switch (entry.kind) {
    case 'file':
      return { kind: lineKind.file, mode: entry.mode, size: entry.size, content: Buffer.from(entry.digest, 'hex') }
    case 'symlink':
      return { kind: lineKind.symlink, mode: null, size: null, content: storedText(entry.target) }
    case 'directory':
      return { kind: lineKind.directory, mode: entry.mode, size: null, content: null }
  }
}

/** The entry that columns hold. Throws STORE_DAMAGED for columns that hold none. */
export function entryOf({ kind, mode, size, content }: EntryColumns): SyncedEntry {
  if (
    kind === lineKind.file &&
    mode !== null &&
    size !== null &&
    content instanceof Uint8Array &&
    content.length === 32
  )
    return { kind: 'file', mode, digest: Buffer.from(content).toString('hex'), size }
  if (kind === lineKind.symlink && content !== null) return { kind: 'symlink', target: textOf(content) }
  if (kind === lineKind.directory && mode !== null) return { kind: 'directory', mode, children: emptyPage }
  throw damage('a row holds no entry')
}

/** A name, path or link target as it is stored: as text where it is UTF-8, else as its bytes. The two never compare equal. */
export type StoredText = string | Uint8Array

export function storedText(text: string): StoredText {
  return text.isWellFormed() ? text : toBytes(text)
}

export function textOf(stored: StoredText): string {
  return typeof stored === 'string' ? stored : fromBytes(stored)
}

/** A checksum over a row: its numbers, its name and its content. Source: zlib's CRC-32. */
export function rowSum(numbers: string, name: StoredText, content: StoredText | null): number {
  const sum = crc32(name, crc32(numbers))
  return content === null ? sum : crc32(content, sum)
}

export function damage(what: string): SyncError {
  return new SyncError('STORE_DAMAGED', `Cannot trust the store: ${what}`, { verdict: 'problem' })
}

/** A statement whose rows have the columns of `Row`, in the order of its SELECT. */
export class Query<Row> {
  readonly #statement: StatementSync

  constructor(database: DatabaseSync, sql: string) {
    this.#statement = database.prepare(sql)
  }

  run(...values: SQLInputValue[]): void {
    this.#statement.run(...values)
  }

  first(...values: SQLInputValue[]): Row | undefined {
    return this.#statement.get(...values) as Row | undefined
  }

  all(...values: SQLInputValue[]): Row[] {
    return this.#statement.all(...values) as Row[]
  }
}
