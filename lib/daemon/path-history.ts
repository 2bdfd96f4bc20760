import type { LogEvent } from '../ports/log.ts'
import { isAtOrBelow } from './host-paths.ts'
import type { HistoryRow, TrashRow } from './verbs.ts'

/** Events of the log that tell what became of a path, in a person's words. */
const words: Readonly<Record<string, string>> = {
  put: 'added',
  remove: 'deleted',
  move: 'moved',
  conflict: 'in conflict',
  resolved: 'resolved',
  'conflict-closed': 'conflict over',
  override: 'made as on the other host',
  'not-taken': 'changed, not taken',
  differs: 'found to differ',
  problem: 'problem',
  failed: 'failed',
  remark: 'noticed',
  rules: 'other ignore rules',
  'copy-failed': 'copy failed',
  'kept-untracked': 'kept for what is ignored in it',
  'edit-beat-delete': 'edit kept, not deleted',
  'moved-twice': 'moved on both hosts',
}

/** How long before its line in the log a version may have gone to the trash, clocks of two hosts being what they are (ms). */
const togetherMs = 60_000

/** Names of one place over time that are followed. */
const namesLimit = 100

/** A place and what it was called before, found while the log is read backwards. */
export class Trail {
  #names: readonly string[] | undefined
  readonly #spellings: (root: string) => readonly string[]

  /**
   * @param paths absolute spellings of one place; undefined: everything
   * @param spellings the root as the log writes it, and with links followed
   */
  constructor(paths: readonly string[] | undefined, spellings: (root: string) => readonly string[]) {
    this.#names = paths
    this.#spellings = spellings
  }

  /** Every name of the place so far, absolute. */
  get names(): readonly string[] | undefined {
    return this.#names
  }

  /** Whether the event tells of the place; a move of it makes older events be looked for under the older name. */
  takes(event: LogEvent): boolean {
    const { root, path } = event
    if (root === undefined || path === undefined || path === '') return false
    if (this.#names === undefined) return true
    const spelled = this.#spellings(root)
    const from = event.event === 'move' ? event['from'] : undefined
    const isIn = (inRoot: string): boolean => spelled.some(each => this.#holds(`${each}/${inRoot}`))
    if (typeof from !== 'string') return isIn(path)
    const isTaken = [from, path].some(each => isIn(each) || this.#isBelow(spelled, each))
    for (const each of spelled) this.#rename(`${each}/${from}`, `${each}/${path}`)
    return isTaken
  }

  #holds(path: string): boolean {
    return this.#names?.some(name => isAtOrBelow(path, name)) === true
  }

  #isBelow(spelled: readonly string[], path: string): boolean {
    return this.#names?.some(name => spelled.some(each => isAtOrBelow(name, `${each}/${path}`))) === true
  }

  /** Before it happened, `to` and all below was called `from`. */
  #rename(from: string, to: string): void {
    const names = new Set<string>()
    for (const name of this.#names ?? []) {
      names.add(name)
      if (isAtOrBelow(name, to)) names.add(from + name.slice(to.length))
      else if (isAtOrBelow(to, name)) names.add(from)
    }
    this.#names = [...names].slice(0, namesLimit)
  }
}

/** What the log tells of a place, newest first, at most `limit` rows. @param events newest first */
export function rowsOfLog(events: Iterable<LogEvent>, trail: Trail, limit: number): HistoryRow[] {
  const rows: HistoryRow[] = []
  for (const event of events) {
    const row = rowOfEvent(event, trail)
    if (row === undefined) continue
    rows.push(row)
    if (rows.length >= limit) break
  }
  return rows
}

/** What one event tells of a place; undefined when it is nothing. Events are to be shown newest first. */
export function rowOfEvent(event: LogEvent, trail: Trail): HistoryRow | undefined {
  const what = wordOf(event)
  return what === undefined || !trail.takes(event) ? undefined : rowOf(event, what)
}

/** Both together, newest first: a version in a trash belongs to the row of the log that tells how it went there. */
export function withTrash(rows: readonly HistoryRow[], trash: readonly TrashRow[]): HistoryRow[] {
  const placeOf = (row: { readonly root: string; readonly path: string }, on = ''): string =>
    `${on}\0${row.root}\0${row.path}`
  const kept = Map.groupBy(trash, row => placeOf(row, row.host))
  const joined = rows.map((row): HistoryRow => {
    const there = kept.get(placeOf(row, row.on))
    if (there === undefined || !/^(?:replaced|deleted)$/.test(row.what)) return row
    const [nearest] = there.toSorted((a, b) => Math.abs(a.at - row.at) - Math.abs(b.at - row.at))
    if (nearest === undefined || Math.abs(nearest.at - row.at) > togetherMs) return row
    there.splice(there.indexOf(nearest), 1)
    return {
      ...row,
      undo: nearest.id,
      ...(row.size === undefined && nearest.size !== undefined && { size: nearest.size }),
    }
  })
  const alone = [...kept.values()].flat().map(({ at, root, path, host, why, size, id }): HistoryRow => {
    return { at, root, path, what: why, on: host, ...(size !== undefined && { size }), undo: id }
  })
  return [...joined, ...alone].toSorted((a, b) => b.at - a.at)
}

function wordOf({ event, replaced }: LogEvent): string | undefined {
  return event === 'put' && replaced === true ? 'replaced' : words[event]
}

function rowOf(event: LogEvent, what: string): HistoryRow {
  const { at, root = '', path = '', on, from, size, why, take, code } = event
  const reason = typeof why === 'string' ? why : typeof take === 'string' ? `took ${take}` : code
  return {
    ...{ at, root, path, what },
    ...(typeof from === 'string' && { from }),
    ...(typeof on === 'string' && { on }),
    ...(typeof size === 'number' && { size }),
    ...(typeof reason === 'string' && { why: reason }),
    ...(typeof event['trash'] === 'string' && { undo: event['trash'] }),
  }
}
