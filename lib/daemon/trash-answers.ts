import { SyncError } from '../core/errors.ts'
import type { TrashItem, TrashReason } from '../core/messages.ts'
import type { Side } from '../core/operation.ts'
import { isWithin } from '../core/path.ts'
import type { LogEvent } from '../ports/log.ts'
import { heldBefore } from './held-deletion.ts'
import { trashOf, undoOf } from './parameters.ts'
import type { Selected } from './selection.ts'
import { select } from './selection.ts'
import type { OpenedSession, SessionList } from './sessions.ts'
import type { SessionHandle } from '../sync/session-handle.ts'
import type { TrashRow, Undone, Unreachable } from './verbs.ts'

/** What is asked about a trash: a session, or what stands for it while its hub is away. */
export type TrashSession = Pick<OpenedSession, 'name' | 'roots'> & {
  readonly spec: Readonly<Record<Side, { readonly host: string }>>
  readonly handle: Pick<SessionHandle, 'root' | 'host' | 'ask'>
}

/** A row of the trash with whom to ask about it. */
interface Found {
  readonly row: TrashRow
  readonly selected: Selected<TrashSession>
  readonly side: Side
}

interface Search {
  readonly found: readonly Found[]
  readonly unreachable: readonly Unreachable[]
}

/** How many rows of each trash `undo` looks through. */
const undoLimit = 10_000

/** What dsync replaced or deleted on every host, newest first. A host that does not answer is named. */
export async function answerTrash(
  sessions: SessionList<TrashSession>,
  parameters: unknown,
): Promise<{ trash: readonly TrashRow[]; unreachable: readonly Unreachable[] }> {
  const { limit, host, ...selection } = trashOf(parameters)
  const { found, unreachable } = await search(sessions, { ...selection, limit, host })
  return { trash: found.map(({ row }) => row).slice(0, limit), unreachable }
}

/**
 * Puts versions back where they stood, or with `list` says which ones that would be.
 * @param log the audit log, newest first
 */
export async function answerUndo(
  sessions: SessionList<TrashSession>,
  parameters: unknown,
  log: () => Iterable<LogEvent>,
): Promise<{ undone: readonly Undone[] }> {
  const { name, list, host, ...selection } = undoOf(parameters)
  const { found, unreachable } = await search(sessions, { ...selection, limit: undoLimit, host })
  const meant = name === undefined ? newest(found, log) : named(found, name)
  if (meant.length === 0) {
    const [lost] = unreachable
    const unheard = lost === undefined ? '' : `; ${lost.host} did not answer (${lost.why})`
    throw new SyncError('NOT_FOUND', `Cannot undo: nothing like that is in the trash${unheard}`, {
      hint: 'dsync trash',
    })
  }
  if (list) return { undone: meant.map(({ row }) => undoneOf(row)) }
  const undone: Undone[] = []
  for (const part of Map.groupBy(meant, ({ selected, side }) => `${selected.session.name}\0${side}`).values()) {
    undone.push(...(await restore(part)))
  }
  return { undone }
}

/** The version with that id, else the whole group of that name. */
function named(found: readonly Found[], name: string): Found[] {
  const [byId] = found.filter(({ row }) => row.id === name)
  return byId === undefined ? groupWhole(found.filter(({ row }) => row.group === name)) : [byId]
}

/**
 * Which versions a person means who names none, newest first given: the newest of a file's, else the newest group at or
 * below the path whole, with what went of the same deletion before a guard held the rest. What is on this host comes
 * before what is on others: their clocks are not compared.
 */
function newest(found: readonly Found[], log: () => Iterable<LogEvent>): Found[] {
  const candidates = found.filter(({ row }) => undoable.has(row.why))
  const last = candidates.find(({ side }) => side === 'alpha') ?? candidates[0]
  if (last === undefined) return []
  const { root, host, path, group, kind } = last.row
  if (kind !== 'directory' && path === last.selected.path) return [last]
  const there = candidates.filter(({ row }) => row.host === host && row.root === root)
  const rows = there.filter(({ row }) => row.group === group)
  const at = Math.min(...rows.filter(({ row }) => row.why === 'deleted').map(({ row }) => row.at))
  if (at === Number.POSITIVE_INFINITY) return groupWhole(rows)
  const begun = heldBefore(log(), { root, on: host, isHere: last.side === 'alpha', at })
  if (begun === undefined) return groupWhole(rows)
  const before = there.filter(
    ({ row }) => row.why === 'deleted' && row.at < at && row.at >= begun.from && row.at <= begun.until,
  )
  return groupWhole([...rows, ...before])
}

/** A group as it stood before it: of several versions of one path the oldest, which is last. */
function groupWhole(rows: readonly Found[]): Found[] {
  return [...new Map(rows.map(one => [`${one.row.root}\0${one.row.host}\0${one.row.path}`, one])).values()]
}

/** What an undo of its own or a kept copy put into the trash comes back by its id only: undoing twice goes further back. */
const undoable: ReadonlySet<TrashReason> = new Set(['replaced', 'deleted', 'conflict-loser', 'recovered'])

async function restore(part: readonly Found[]): Promise<Undone[]> {
  const [first] = part
  if (first === undefined) return []
  const ids = part.map(({ row }) => row.id)
  const answer = await first.selected.session.handle.ask(first.side, { about: 'restore', trash: ids })
  const back = new Set(answer.about === 'restore' ? answer.restored : [])
  const refusals = new Map(answer.about === 'restore' ? answer.refused.map(({ path, why }) => [path, why]) : [])
  const otherwise = answer.about === 'error' ? answer.message : 'it is not in the trash any more'
  return part.map(({ row }) => undoneOf(row, back.has(row.path) ? undefined : (refusals.get(row.path) ?? otherwise)))
}

function undoneOf(row: TrashRow, refused?: string): Undone {
  const { root, host, path, why, at, group } = row
  return { root, host, path, reason: why, at, group, ...(refused === undefined ? {} : { refused }) }
}

interface Wanted {
  readonly paths?: readonly string[]
  readonly limit: number
  readonly host: string | undefined
}

/** The rows of every trash meant, newest first. SessionList that share a replica tell of the same rows. */
async function search(sessions: SessionList<TrashSession>, wanted: Wanted): Promise<Search> {
  const found = new Map<string, Found>()
  const unreachable = new Map<string, Unreachable>()
  const all = select(sessions, wanted.paths === undefined ? {} : { paths: wanted.paths })
  refuseUnknownHost(all, wanted.host)
  for (const selected of all) {
    for (const side of ['alpha', 'beta'] as const) {
      const host = selected.session.spec[side].host
      if (wanted.host !== undefined && wanted.host !== host) continue
      const path = selected.path === '' ? undefined : selected.path
      const answer = await selected.session.handle.ask(side, { about: 'trash', path, limit: wanted.limit })
      if (answer.about === 'error') unreachable.set(host, { host, why: answer.message })
      for (const item of answer.about === 'trash' ? answer.items : []) {
        if (!isWithin(item.path, selected.path)) continue
        const row = rowOf(item, selected.session.handle.root, host)
        found.set(`${row.root}\0${host}\0${row.id}`, { row, selected, side })
      }
    }
  }
  return { found: [...found.values()].toSorted(newestFirst), unreachable: [...unreachable.values()] }
}

function refuseUnknownHost(selected: readonly Selected<TrashSession>[], host: string | undefined): void {
  const hosts = new Set(selected.flatMap(({ session: { spec } }) => [spec.alpha.host, spec.beta.host]))
  if (host === undefined || hosts.has(host)) return
  throw new SyncError('USAGE', `Cannot find the host ${JSON.stringify(host)}; known: ${[...hosts].join(', ')}`, {
    hint: 'dsync hosts list',
  })
}

function newestFirst(a: Found, b: Found): number {
  return b.row.at - a.row.at || (a.row.id < b.row.id ? 1 : -1)
}

function rowOf(item: TrashItem, root: string, host: string): TrashRow {
  const { entry, ...rest } = item
  return { ...rest, root, host, kind: entry.kind, ...(entry.kind === 'file' ? { size: entry.size } : {}) }
}
