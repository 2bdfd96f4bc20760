import { codeOf } from '../core/errors.ts'
import type { LogEvent } from '../ports/log.ts'
import { historyOf } from './parameters.ts'
import { Trail, rowOfEvent, withTrash } from './path-history.ts'
import type { SessionList } from './sessions.ts'
import { spellings } from './sessions.ts'
import { answerTrash } from './trash-answers.ts'
import type { HistoryRow, TrashRow, Verbs } from './verbs.ts'

/** How many rows one answer may have, and how many versions of each name the trash is asked for. */
const rowsLimit = 10_000
const trashLimit = 1000

/** Lines of the log that are read before others get a turn. */
const linesAtOnce = 500

/** What happened to a place, from the log and every trash. @param log newest first */
export async function answerHistory(
  sessions: SessionList,
  parameters: unknown,
  log: () => Iterable<LogEvent>,
): Promise<Verbs['history']['result']> {
  const { paths, limit } = historyOf(parameters)
  const roots = new Map(sessions.opened().map(({ spec, roots: spelled }) => [spec.alpha.root, spelled]))
  const hosts = new Set(sessions.opened().map(({ spec }) => spec.beta.host))
  const trail = new Trail(paths, root => roots.get(root) ?? spellings(root))
  const rows: HistoryRow[] = []
  let read = 0
  for (const event of log()) {
    if (++read % linesAtOnce === 0) await new Promise(resolve => setImmediate(resolve))
    if (!roots.has(event.root ?? '') || !hosts.has(event.host ?? '')) continue
    const row = rowOfEvent(event, trail)
    if (row !== undefined) rows.push(row)
    if (rows.length >= Math.min(limit, rowsLimit)) break
  }
  const missing: string[] = []
  const trash = await trashOf(sessions, trail.names, missing)
  return { history: withTrash(rows, trash).slice(0, limit), missing }
}

/** Every name of the place is looked for: what was put aside before a move lies there under the name of then. */
async function trashOf(
  sessions: SessionList,
  names: readonly string[] | undefined,
  missing: string[],
): Promise<readonly TrashRow[]> {
  const rows = new Map<string, TrashRow>()
  const away = new Map<string, string>()
  for (const selection of names === undefined ? [{}] : names.map(name => ({ paths: [name] }))) {
    try {
      const { trash, unreachable } = await answerTrash(sessions, { ...selection, limit: trashLimit })
      for (const row of trash) rows.set(`${row.host}\0${row.root}\0${row.id}`, row)
      for (const { host, why } of unreachable) away.set(host, why)
    } catch (error) {
      // One spelling of a place may be no root's.
      if (codeOf(error) !== 'USAGE') throw error
    }
  }
  for (const [host, why] of away) missing.push(`what lies in the trash of ${host}: ${why}`)
  return [...rows.values()]
}
