import { codeOf } from '../../core/errors.ts'
import { auditBackwards } from '../../daemon/audit-tail.ts'
import { Trail, rowsOfLog, withTrash } from '../../daemon/path-history.ts'
import { readPrivateFile } from '../../daemon/private-file.ts'
import { realPath } from '../../daemon/root-place.ts'
import type { HistoryRow, TrashRow } from '../../daemon/verbs.ts'
import type { Cell } from '../aligned.ts'
import { aligned } from '../aligned.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText, placeWord } from '../places.ts'
import { agoText, bytesText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

const defaultLimit = 50

/** How many versions of each name the trash is asked for. */
const trashLimit = 1000

/** Shows what happened to a path, from the log and the trash of every host, newest first. */
export async function history(given: Arguments, around: Surroundings): Promise<Outcome> {
  const limit = Math.floor(given.number('limit') ?? defaultLimit)
  const { paths } = selected(around, given)
  const { rows, missing } = await pathHistory({ paths, limit }, around)
  return {
    exit: exitCodes.ok,
    json: { history: rows, missing },
    lines: paint => {
      const now = Date.now()
      const heads = ['WHEN', 'WHAT', 'HOST', 'SIZE', 'PATH', 'BRING BACK'].map(text => ({
        text,
        paint: 'dim' as const,
      }))
      const cells = rows.map(row => cellsOf(row, now, around.userHome))
      return [
        ...(rows.length === 0 ? ['Nothing is known to have happened.'] : aligned([heads, ...cells], paint)),
        ...(rows.length === limit ? [`  The newest ${limit}; more with --limit.`] : []),
        ...missing.map(says => `  ${paint.yellow('missing')}: ${escape(says)}`),
      ]
    },
  }
}

/** What is known of a place, and in words what could not be had. */
export async function pathHistory(
  wanted: { readonly paths: readonly string[] | undefined; readonly limit: number },
  around: Surroundings,
): Promise<{ readonly rows: readonly HistoryRow[]; readonly missing: readonly string[] }> {
  if (await followsAnother(around)) {
    const { paths, limit } = wanted
    const { history: rows, missing } = await ask(around, 'history', { limit, ...(paths !== undefined && { paths }) })
    return { rows, missing }
  }
  const missing: string[] = []
  const isUp = await flushLog(around)
  const trail = new Trail(wanted.paths, spellingsOf())
  const logged = rowsOfLog(auditBackwards(around.home.syncLog), trail, wanted.limit)
  if (!isUp) missing.push('what lies in the trash, for the daemon is not running (dsync start)')
  const trash = isUp ? await trashOf(trail.names, around, missing) : []
  return { rows: withTrash(logged, trash).slice(0, wanted.limit), missing }
}

/** On a host whose hub is another, that one keeps the log. */
async function followsAnother(around: Surroundings): Promise<boolean> {
  return readPrivateFile(around.home.served) !== undefined && (await around.following()).follows()
}

/** Has the daemon write what its log gathers. False: none runs. */
async function flushLog(around: Surroundings): Promise<boolean> {
  try {
    await ask(around, 'logs', { lines: 0, follow: false, realtime: false })
    return true
  } catch (error) {
    if (codeOf(error) !== 'DAEMON_DOWN') throw error
    return false
  }
}

/** Every name of the place is looked for: what was put aside before a move lies there under the name of then. */
async function trashOf(
  names: readonly string[] | undefined,
  around: Surroundings,
  missing: string[],
): Promise<readonly TrashRow[]> {
  const rows = new Map<string, TrashRow>()
  const away = new Map<string, string>()
  let refusal: unknown
  let isKnown = false
  for (const selection of names === undefined ? [{}] : names.map(name => ({ paths: [name] }))) {
    try {
      const { trash, unreachable } = await ask(around, 'trash', { ...selection, limit: trashLimit })
      for (const row of trash) rows.set(`${row.host}\0${row.root}\0${row.id}`, row)
      for (const { host, why } of unreachable) away.set(host, why)
      isKnown = true
    } catch (error) {
      // One spelling of a place may be no root's.
      if (codeOf(error) !== 'USAGE') throw error
      refusal = error
    }
  }
  if (!isKnown && refusal !== undefined) throw refusal
  for (const [host, why] of away) missing.push(`what lies in the trash of ${host}: ${why}`)
  return [...rows.values()]
}

function spellingsOf(): (root: string) => readonly string[] {
  const known = new Map<string, readonly string[]>()
  return root => {
    const found = known.get(root) ?? [...new Set([root, realPath(root)])]
    known.set(root, found)
    return found
  }
}

function cellsOf(
  { at, what, on, size, root, path, from, why, undo }: HistoryRow,
  now: number,
  userHome: string,
): Cell[] {
  const place = placeText(userHome, root, path)
  const was = from === undefined ? '' : ` (was ${placeText(userHome, root, from)})`
  const reason = why === undefined ? '' : `: ${escape(why)}`
  return [
    agoText(at, now),
    `${what}${reason}`,
    on === undefined ? '–' : escape(on),
    size === undefined ? '–' : bytesText(size),
    `${place}${was}`,
    undo === undefined ? '' : `dsync undo ${placeWord('', escape(undo))}`,
  ]
}
