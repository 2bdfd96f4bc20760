import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { Entry, FileEntry } from '../../lib/core/entry.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { directory, walk } from '../../lib/core/tree.ts'
import type { AncestorChange, Boots, SessionStore } from '../../lib/ports/store.ts'

/** Where a store lives: what one store wrote there, the next one opened there finds. */
export interface StoreHome {
  /** Opens the store of the one session that lives here. */
  open(): SessionStore | Promise<SessionStore>
  /** Spoils what is stored, while no store is open: one way for each name. */
  readonly damages: Readonly<Record<string, () => void | Promise<void>>>
}

export type MakeHome = (t: TestContext) => StoreHome | Promise<StoreHome>

export const boots: Boots = { alpha: 'alpha-1', beta: 'beta-1' }

export function file(text: string, mode = 0o644): FileEntry {
  return { kind: 'file', mode, digest: createHash('sha256').update(text).digest('hex'), size: text.length }
}

export function put(path: string, entry: Entry): AncestorChange {
  return { path, entry }
}

export function drop(path: string): AncestorChange {
  return { path, entry: undefined }
}

/** A tree as lines a person can compare; undefined as it is. */
export function lines(tree: Tree | undefined): string[] | undefined {
  if (tree === undefined) return undefined
  return [...walk(tree)].map(([path, entry]) => `${JSON.stringify(path)} ${describeEntry(entry)}`).sort()
}

/** The lines of a tree with these entries. */
export function tree(entries: readonly (readonly [string, Entry])[]): string[] | undefined {
  return lines(directory(0o755, entries))
}

function describeEntry(entry: Entry): string {
  switch (entry.kind) {
    case 'file':
      return `file ${entry.mode.toString(8)} ${entry.size} ${entry.digest}`
    case 'symlink':
      return `symlink ${JSON.stringify(entry.target)}`
    case 'directory':
      return `directory ${entry.mode.toString(8)}`
    default:
      return `${entry.kind} ${entry.why}`
  }
}

/** Opens, loads under `at`, writes with `work`, and closes. */
export async function session(
  home: StoreHome,
  at: Boots,
  work: (store: SessionStore) => void | Promise<void>,
): Promise<void> {
  const store = await home.open()
  await store.load(at)
  await work(store)
  await store.settled()
  await store.close()
}

export async function ancestorOf(home: StoreHome, at: Boots = boots): Promise<string[] | undefined> {
  const store = await home.open()
  const { ancestor, damaged } = await store.load(at)
  await store.close()
  assert.equal(damaged, false)
  return lines(ancestor)
}
