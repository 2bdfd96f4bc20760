import type { Directory, Entry } from '../core/entry.ts'
import { pathDepthLimit } from '../core/limits.ts'
import { pageCount, pageDigest, pageEntries } from '../core/page.ts'
import type { Path } from '../core/path.ts'
import { components } from '../core/path.ts'
import { child, directory } from '../core/tree.ts'
import { digest as sha256 } from '../replica/hash.ts'
import { digest, mode, name, path, size, whole, words } from './codec.ts'
import { target, untrackedWhy } from './codec-entry.ts'
import { entriesLimit } from './bounds.ts'
import type { RowItem } from './rows.ts'
import { rowKind } from './rows.ts'
import { violation } from './violation.ts'

export interface RowReaderOptions {
  /** What is known at a path already: equal parts of what is read are built from it. */
  known(path: Path): Entry | undefined
  /** Takes each item as soon as it is whole. */
  item(item: RowItem): void
  /** Rows this reader takes in all. */
  readonly limit?: number
}

/** A directory or problem whose rows are still coming. */
interface Open {
  readonly name: string
  readonly kind: 'directory' | 'problem'
  readonly mode: number
  readonly why: string
  readonly known: Entry | undefined
  readonly below: (readonly [string, Entry])[]
  /** Everything below so far is the very object known there. */
  shared: boolean
}

const weight = whole(entriesLimit)

/**
 * Builds entries from rows, however they were cut into messages. Directories are built and digested as soon as their
 * last row was read, so the work is spread over the messages. Throws PROTOCOL for rows no tree can have.
 */
export class RowReader {
  readonly #options: RowReaderOptions
  readonly #open: Open[] = []
  #left: number
  /** Components in the path of the present item. */
  #base = 0
  #flat: readonly unknown[] = []
  #at = 0

  constructor(options: RowReaderOptions) {
    this.#options = options
    this.#left = options.limit ?? entriesLimit
  }

  read(flat: unknown): void {
    if (!Array.isArray(flat)) throw violation('it sent rows that are no list')
    this.#flat = flat
    this.#at = 0
    while (this.#at < flat.length) this.#row()
    this.#flat = []
  }

  /** No row follows: closes what is open. */
  end(): void {
    this.#closeTo(0)
  }

  #row(): void {
    if (this.#left-- <= 0) throw violation('it sent more entries than it announced')
    const depth = whole(pathDepthLimit + 1).decode(this.#next())
    if (depth > this.#open.length) throw violation('it sent an entry without its directory')
    if (depth > 0 && this.#base + depth > pathDepthLimit)
      throw violation(`it sent a tree deeper than ${pathDepthLimit}`)
    this.#closeTo(depth)
    const kind = this.#next()
    if (depth === 0) this.#top(kind)
    else this.#below(kind, this.#open[depth - 1] as Open)
  }

  #top(kind: unknown): void {
    const at = path.decode(this.#next())
    this.#base = components(at).length
    const { item } = this.#options
    if (kind === rowKind.gone) item({ is: 'gone', path: at })
    else if (kind === rowKind.mode) item({ is: 'mode', path: at, mode: mode.decode(this.#next()) })
    else if (kind === rowKind.reference) {
      const bits = mode.decode(this.#next())
      const marked = digest.decode(this.#next())
      item({ is: 'reference', path: at, mode: bits, digest: marked, weight: weight.decode(this.#next()) })
    } else {
      const entry = this.#entry(kind, at, this.#options.known(at))
      if (entry !== undefined) item({ is: 'entry', path: at, entry })
    }
  }

  #below(kind: unknown, parent: Open): void {
    const wire = this.#next()
    const called = parent.kind === 'problem' ? over(wire, parent) : name.decode(wire)
    const known = parent.kind === 'problem' ? overOf(parent.known) : child(parent.known, called)
    const entry = this.#entry(kind, called, known)
    if (entry !== undefined) add(parent, called, entry, known)
  }

  /** The entry of a row; undefined when it is one whose rows follow: it is opened. */
  #entry(kind: unknown, called: string, known: Entry | undefined): Entry | undefined {
    switch (kind) {
      case rowKind.file:
        return this.#file(known)
      case rowKind.symlink: {
        const to = target.decode(this.#next())
        return known?.kind === 'symlink' && known.target === to ? known : { kind: 'symlink', target: to }
      }
      case rowKind.untracked: {
        const why = untrackedWhy.decode(this.#next())
        return known?.kind === 'untracked' && known.why === why ? known : { kind: 'untracked', why }
      }
      case rowKind.directory:
        this.#open.push({
          name: called,
          kind: 'directory',
          mode: mode.decode(this.#next()),
          why: '',
          known,
          below: [],
          shared: true,
        })
        return undefined
      case rowKind.problem:
        this.#open.push({
          name: called,
          kind: 'problem',
          mode: 0,
          why: words.decode(this.#next()),
          known,
          below: [],
          shared: true,
        })
        return undefined
      default:
        throw violation('it sent a row of a kind we do not know')
    }
  }

  #file(known: Entry | undefined): Entry {
    const bits = mode.decode(this.#next())
    const hex = digest.decode(this.#next())
    const bytes = size.decode(this.#next())
    const like = known?.kind === 'file' && known.digest === hex ? known : undefined
    if (like !== undefined && like.mode === bits && like.size === bytes) return like
    return { kind: 'file', mode: bits, digest: like?.digest ?? hex, size: bytes }
  }

  #closeTo(depth: number): void {
    while (this.#open.length > depth) {
      const closed = this.#open.pop() as Open
      const entry = closed.kind === 'directory' ? this.#directoryOf(closed) : problemOf(closed)
      const parent = this.#open.at(-1)
      if (parent === undefined) this.#options.item({ is: 'entry', path: closed.name, entry })
      else add(parent, closed.name, entry, closed.known)
    }
  }

  #directoryOf(open: Open): Directory {
    const { known } = open
    if (known?.kind === 'directory' && known.mode === open.mode && open.shared && sameNames(known, open.below))
      return known
    const built = directory(open.mode, open.below)
    let before: string | undefined
    for (const [called] of pageEntries(built.children)) {
      if (called === before) throw violation(`it sent the name ${JSON.stringify(called)} twice in one directory`)
      before = called
    }
    pageDigest(built.children, sha256)
    return built
  }

  #next(): unknown {
    if (this.#at >= this.#flat.length) throw violation('it sent a row that is cut short')
    return this.#flat[this.#at++]
  }
}

function add(parent: Open, called: string, entry: Entry, known: Entry | undefined): void {
  if (parent.kind === 'problem' && parent.below.length > 0) throw violation('it sent a problem over two entries')
  parent.below.push([called, entry])
  parent.shared &&= entry === known
}

function problemOf(open: Open): Entry {
  const over = open.below[0]?.[1]
  const { known } = open
  return known?.kind === 'problem' && known.why === open.why && known.over === over
    ? known
    : { kind: 'problem', why: open.why, over }
}

/** The nameless name of what a problem is over. */
function over(wire: unknown, parent: Open): string {
  if (wire !== '' || parent.below.length > 0) throw violation('it sent an entry below a problem')
  return ''
}

/** What a problem is over is likely what stood there before it. */
function overOf(known: Entry | undefined): Entry | undefined {
  return known?.kind === 'problem' ? known.over : known
}

/** True when the rows named exactly what the directory holds, in its order. */
function sameNames(known: Directory, rows: readonly (readonly [string, Entry])[]): boolean {
  if (pageCount(known.children) !== rows.length) return false
  let at = 0
  for (const [called] of pageEntries(known.children)) if (rows[at++]?.[0] !== called) return false
  return true
}
