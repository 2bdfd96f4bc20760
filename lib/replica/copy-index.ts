import type { Entry } from '../core/entry.ts'
import type { Path } from '../core/path.ts'
import type { Turns } from './line-file.ts'
import { LineFile } from './line-file.ts'
import type { StoredEntry } from './stored-entry.ts'
import { isRecord, revivedEntry, storedEntry } from './stored-entry.ts'
import type { WorkArea } from './work-area.ts'

/** One copy of another side's version. */
export interface CopyLine {
  readonly path: Path
  /** Its name among the copies. */
  readonly name: string
  readonly host: string
  /** When it came (ms since 1970). */
  readonly at: number
  /** What it is a copy of, shallow. */
  readonly entry: Entry | undefined
}

interface StoredCopy extends Omit<CopyLine, 'entry'> {
  readonly entry: StoredEntry | undefined
  readonly isOver: boolean
}

/** Which copy belongs to which path and host: small, for conflicts are few. A line is written before its copy comes. */
export class CopyIndex {
  readonly #lines: LineFile<StoredCopy>
  readonly #current = new Map<Path, Map<string, CopyLine>>()
  readonly #names = new Set<string>()
  /** Copies that were replaced or released, by name. */
  readonly #former = new Map<string, CopyLine>()
  /** A sync of the file failed: what it held then will never be on the disk, and no later sync says so. */
  #isDoubtful = false

  constructor(area: WorkArea) {
    this.#lines = new LineFile(area.base, 'copies.jsonl', revivedLine)
    for (const lines of this.#lines.forward()) for (const line of lines) this.#take(line)
  }

  find(path: Path, host: string): CopyLine | undefined {
    return this.#current.get(path)?.get(host)
  }

  /** The copies of all hosts' versions of a path. */
  at(path: Path): Iterable<CopyLine> {
    return this.#current.get(path)?.values() ?? []
  }

  isCurrent(name: string): boolean {
    return this.#names.has(name)
  }

  former(name: string): CopyLine | undefined {
    return this.#former.get(name)
  }

  add(line: CopyLine): void {
    this.#write(line, false)
  }

  remove(line: CopyLine): void {
    this.#write(line, true)
  }

  /** Forgets copies that are no more. */
  async compact(turns: Turns): Promise<void> {
    if (this.#former.size <= this.#names.size) return
    await this.#lines.rewrite(line => !line.isOver && this.isCurrent(line.name), turns)
    this.#former.clear()
  }

  close(): void {
    this.#lines.close()
  }

  /**
   * The line is on the disk when this returns: nothing else tells the path of a copy after a power cut. None may wait
   * for a later sync, for a flush of the disk that fails takes what waits and all lines after it.
   */
  #write(line: CopyLine, isOver: boolean): void {
    if (this.#isDoubtful) this.#lines.renew(this.#known())
    this.#isDoubtful = true
    const stored = storedCopy(line, isOver)
    this.#lines.append(stored)
    this.#lines.sync()
    this.#isDoubtful = false
    this.#take(stored)
  }

  #known(): StoredCopy[] {
    const over = [...this.#former.values()].flatMap(line => [storedCopy(line, false), storedCopy(line, true)])
    const current = [...this.#current.values()].flatMap(lines => [...lines.values()])
    return [...over, ...current.map(line => storedCopy(line, false))]
  }

  #take(stored: StoredCopy): void {
    const { path, name, host, at, isOver } = stored
    const line: CopyLine = { path, name, host, at, entry: revivedEntry(stored.entry) }
    const lines = this.#current.get(path) ?? new Map<string, CopyLine>()
    const before = lines.get(host)
    if (before !== undefined) {
      this.#former.set(before.name, before)
      this.#names.delete(before.name)
    }
    if (isOver) lines.delete(host)
    else {
      lines.set(host, line)
      this.#names.add(name)
    }
    if (lines.size === 0) this.#current.delete(path)
    else this.#current.set(path, lines)
  }
}

function storedCopy(line: CopyLine, isOver: boolean): StoredCopy {
  return { ...line, entry: line.entry && storedEntry(line.entry), isOver }
}

function revivedLine(value: unknown): StoredCopy | undefined {
  if (!isRecord(value)) return undefined
  const { path, name, host, at, isOver } = value
  if (typeof path !== 'string' || typeof name !== 'string' || typeof host !== 'string' || typeof at !== 'number')
    return undefined
  const entry = revivedEntry(value.entry)
  return { path, name, host, at, entry: entry && storedEntry(entry), isOver: isOver === true }
}
