import type { DatabaseSync } from 'node:sqlite'
import type { SyncedEntry } from '../core/entry.ts'
import { invariant } from '../core/errors.ts'
import type { Path } from '../core/path.ts'
import { components, isWithin, nameOf, parentOf } from '../core/path.ts'
import { emptyTree } from '../core/tree.ts'
import { text } from '../protocol/codec.ts'
import { rowKind } from '../protocol/rows.ts'
import { lineKind } from './store-lines.ts'
import type { EntryColumns, StoredText } from './store-rows.ts'
import { Query, columnsOf, damage, rowSum, storedText } from './store-rows.ts'

interface EntryRow extends EntryColumns {
  readonly name: StoredText
  readonly id: number | null
  readonly sum: number
}

/** What a session's row says about its tree. `root` is the root directory's number, once there is an ancestor. */
export interface TreeState {
  root: number | null
  entries: number
  sums: number
}

/** Paths whose directory numbers are remembered: neighbours come together. */
const rememberedPaths = 10_000

/** The entry rows of all sessions: a tree below a root number, changed path by path as `core/tree.ts` changes one in memory. */
export class EntryTable {
  readonly #find: Query<EntryRow>
  readonly #below: Query<EntryRow>
  readonly #put: Query<never>
  readonly #remove: Query<never>
  readonly #removeBelow: Query<never>
  readonly #counter: Query<{ readonly value: number }>
  readonly #count: Query<never>
  #next = 0
  /** Numbers of directories by path, of the session worked for last. */
  #numbers = new Map<Path, number>()
  #numbersOf: TreeState | undefined

  constructor(database: DatabaseSync) {
    const columns = 'name, id, kind, mode, size, content, sum'
    this.#find = new Query(database, `SELECT ${columns} FROM entry WHERE parent = ? AND name = ?`)
    this.#below = new Query(database, `SELECT ${columns} FROM entry WHERE parent = ?`)
    this.#put = new Query(database, 'INSERT OR REPLACE INTO entry VALUES(?, ?, ?, ?, ?, ?, ?, ?)')
    this.#remove = new Query(database, 'DELETE FROM entry WHERE parent = ? AND name = ?')
    this.#removeBelow = new Query(database, 'DELETE FROM entry WHERE parent = ?')
    this.#counter = new Query(database, "SELECT value FROM counter WHERE name = 'directory'")
    this.#count = new Query(database, "UPDATE counter SET value = ? WHERE name = 'directory'")
  }

  /** After a rollback nothing remembered holds. */
  reread(): void {
    const counter = this.#counter.first()
    if (counter === undefined) throw damage('it has lost its counter')
    this.#next = counter.value
    this.#numbers.clear()
  }

  /** To be called before a transaction ends. */
  save(): void {
    this.#count.run(this.#next)
  }

  /** The shallow entry, or nothing, at a path: `withShallow`. */
  set(tree: TreeState, path: Path, entry: SyncedEntry | undefined): void {
    tree.root ??= this.#next++
    if (path === '') return invariant(entry?.kind === 'directory', 'A root is always a directory')
    const parent = this.#directory(tree, parentOf(path))
    if (parent === undefined)
      return invariant(entry === undefined, `Cannot remember ${JSON.stringify(path)}: it has no directory`)
    const name = storedText(nameOf(path))
    const before = this.#find.first(parent, name)
    const columns = entry === undefined ? undefined : columnsOf(entry)
    const stays = before !== undefined && before.id !== null && columns?.kind === lineKind.directory
    if (before !== undefined) this.#drop(tree, parent, before, !stays)
    if (columns === undefined) return
    const id = columns.kind !== lineKind.directory ? null : stays ? before.id : this.#next++
    this.#add(tree, parent, name, { ...columns, id })
  }

  /** What stands at `from` stands at `to` instead, with all below: `withMove`. */
  move(tree: TreeState, from: Path, to: Path): void {
    const fromParent = this.#directory(tree, parentOf(from))
    const row = fromParent === undefined ? undefined : this.#find.first(fromParent, storedText(nameOf(from)))
    const fits = fromParent !== undefined && row !== undefined && !isWithin(to, from)
    invariant(
      fits,
      `Cannot remember the move of ${JSON.stringify(from)} to ${JSON.stringify(to)}: nothing stands there`,
    )
    this.#drop(tree, fromParent, row, false)
    if (row.id !== null) this.#numbers.clear()
    this.set(tree, to, undefined)
    const parent = this.#directory(tree, parentOf(to))
    invariant(parent !== undefined, `Cannot remember the move to ${JSON.stringify(to)}: it has no directory`)
    this.#add(tree, parent, storedText(nameOf(to)), row)
  }

  clear(tree: TreeState): void {
    if (tree.root !== null) this.#dropBelow(tree, tree.root)
    tree.root = null
    tree.entries = 0
    tree.sums = 0
    this.#numbers.clear()
  }

  /** The tree as rows of the wire, in lists of about `count` rows. Throws STORE_DAMAGED where the rows are not those that were written. */
  *rows(tree: TreeState, count: number): Generator<unknown[], void, undefined> {
    if (tree.root === null) return
    let flat: unknown[] = [0, rowKind.directory, '', emptyTree.mode]
    let rows = 0
    let entries = 0
    let sums = 0
    const open = [{ parent: tree.root, rows: this.#below.all(tree.root), at: 0 }]
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const row = top.rows[top.at++]
      if (row === undefined) {
        open.pop()
        continue
      }
      if (row.sum !== sumOf(top.parent, row.name, row) || (row.id ?? 0) >= this.#next)
        throw damage('a row is not what was written')
      pushRow(flat, open.length, row)
      entries++
      sums = (sums + row.sum) >>> 0
      if (row.id !== null) open.push({ parent: row.id, rows: this.#below.all(row.id), at: 0 })
      if (++rows % count === 0) {
        yield flat
        flat = []
      }
      if (entries > tree.entries) break
    }
    if (entries !== tree.entries || sums !== tree.sums) throw damage('rows are missing or foreign')
    yield flat
  }

  #add(tree: TreeState, parent: number, name: StoredText, row: EntryColumns & { readonly id: number | null }): void {
    const sum = sumOf(parent, name, row)
    this.#put.run(parent, name, row.id, row.kind, row.mode, row.size, row.content, sum)
    tree.entries++
    tree.sums = (tree.sums + sum) >>> 0
  }

  /** Takes a row out, with all below it unless they are to stay. */
  #drop(tree: TreeState, parent: number, row: EntryRow, withBelow: boolean): void {
    this.#remove.run(parent, row.name)
    tree.entries--
    tree.sums = (tree.sums - row.sum) >>> 0
    if (row.id === null || !withBelow) return
    this.#numbers.clear()
    this.#dropBelow(tree, row.id)
  }

  #dropBelow(tree: TreeState, id: number): void {
    const ids = [id]
    for (let parent = ids.pop(); parent !== undefined; parent = ids.pop()) {
      for (const row of this.#below.all(parent)) {
        tree.entries--
        tree.sums = (tree.sums - row.sum) >>> 0
        if (row.id !== null) ids.push(row.id)
      }
      this.#removeBelow.run(parent)
    }
  }

  /** The number of the directory at a path, if one stands there. */
  #directory(tree: TreeState, path: Path): number | undefined {
    if (this.#numbersOf !== tree || this.#numbers.size > rememberedPaths) {
      this.#numbers.clear()
      this.#numbersOf = tree
    }
    if (path === '') return tree.root ?? undefined
    const known = this.#numbers.get(path)
    if (known !== undefined) return known
    let at = tree.root
    for (const name of components(path)) {
      if (at === null) return undefined
      at = this.#find.first(at, storedText(name))?.id ?? null
    }
    if (at === null) return undefined
    this.#numbers.set(path, at)
    return at
  }
}

function sumOf(parent: number, name: StoredText, row: EntryColumns & { readonly id: number | null }): number {
  return rowSum(`${parent} ${row.id} ${row.kind} ${row.mode} ${row.size}`, name, row.content)
}

function pushRow(flat: unknown[], depth: number, { name, kind, mode, size, content }: EntryRow): void {
  if (content === null) flat.push(depth, rowKind.directory, textOnWire(name), mode)
  else if (kind === lineKind.symlink) flat.push(depth, rowKind.symlink, textOnWire(name), textOnWire(content))
  else flat.push(depth, rowKind.file, textOnWire(name), mode, content, size)
}

function textOnWire(stored: StoredText): unknown {
  return typeof stored === 'string' ? text.encode(stored) : stored
}
