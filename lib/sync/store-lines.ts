import type { SyncedEntry } from '../core/entry.ts'
import { isSynced } from '../core/entry.ts'
import { invariant } from '../core/errors.ts'
import { emptyPage } from '../core/page.ts'
import type { Path } from '../core/path.ts'
import type { AncestorChange } from '../ports/store.ts'
import type { LineValue } from './store-messages.ts'

/** What a journal line or an entry row is; the numbers are stored. */
export const lineKind = { gone: 0, file: 1, symlink: 2, directory: 3, move: 4 } as const

/** One line of the journal: a path that became a shallow entry or nothing, or was moved. */
export type Line =
  | { readonly kind: typeof lineKind.gone; readonly path: Path }
  | { readonly kind: typeof lineKind.move; readonly path: Path; readonly to: Path }
  | { readonly kind: 1 | 2 | 3; readonly path: Path; readonly entry: SyncedEntry }

/** Changes as one flat list of strings and numbers: what crosses to a thread at the least cost. */
export function flatLines(changes: readonly AncestorChange[]): LineValue[] {
  const flat: LineValue[] = []
  for (const change of changes) {
    if ('from' in change) flat.push(lineKind.move, change.from, change.to)
    else if (change.entry === undefined) flat.push(lineKind.gone, change.path)
    else {
      const { path, entry } = change
      invariant(isSynced(entry), `Cannot agree on a ${entry.kind} entry at ${JSON.stringify(path)}`)
      if (entry.kind === 'file') flat.push(lineKind.file, path, entry.mode, entry.digest, entry.size)
      else if (entry.kind === 'symlink') flat.push(lineKind.symlink, path, entry.target)
      else flat.push(lineKind.directory, path, entry.mode)
    }
  }
  return flat
}

export function* linesOf(flat: readonly LineValue[]): Generator<Line, void, undefined> {
  let at = 0
  const text = (): string => flat[at++] as string
  const number = (): number => flat[at++] as number
  while (at < flat.length) {
    const kind = number()
    const path = text()
    if (kind === lineKind.gone) yield { kind, path }
    else if (kind === lineKind.move) yield { kind, path, to: text() }
    else if (kind === lineKind.file)
      yield { kind, path, entry: { kind: 'file', mode: number(), digest: text(), size: number() } }
    else if (kind === lineKind.symlink) yield { kind, path, entry: { kind: 'symlink', target: text() } }
    else yield { kind: lineKind.directory, path, entry: { kind: 'directory', mode: number(), children: emptyPage } }
  }
}
