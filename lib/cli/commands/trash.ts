import type { Cell } from '../aligned.ts'
import { aligned } from '../aligned.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText } from '../places.ts'
import { agoText, bytesText } from '../quantities.ts'
import { followedJson } from '../hub-lines.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

const defaultLimit = 50

/** Lists what dsync replaced or deleted, newest first. */
export async function trash(given: Arguments, around: Surroundings): Promise<Outcome> {
  if (given.has('clean')) return await (await import('./trash-clean.ts')).cleanTrash(given, around)
  const limit = given.number('limit') ?? defaultLimit
  const { trash: rows, unreachable, ...followed } = await ask(around, 'trash', { ...selected(around, given), limit })
  const now = Date.now()
  return {
    exit: unreachable.length > 0 && rows.length === 0 ? exitCodes.unreachable : exitCodes.ok,
    json: { trash: rows, unreachable, ...followedJson(followed) },
    lines: paint => {
      const heads = ['WHEN', 'HOST', 'WHY', 'SIZE', 'PATH', 'ID', 'GROUP']
      const cells = rows.map(({ at, host, why, kind, size, root, path, id, group }): Cell[] => [
        agoText(at, now),
        escape(host),
        why,
        size === undefined ? kind : bytesText(size),
        placeText(around.userHome, root, path),
        escape(id),
        escape(group),
      ])
      return [
        ...(rows.length === 0
          ? ['The trash is empty.']
          : aligned([heads.map(text => ({ text, paint: 'dim' as const })), ...cells], paint)),
        ...(rows.length === limit ? [`  The newest ${limit}; more with --limit.`] : []),
        ...unreachable.map(({ host, why }) => `  ${paint.yellow(escape(host))} does not answer: ${escape(why)}`),
        ...(rows.length === 0 ? [] : ['  → dsync undo PATH, or an ID or GROUP']),
      ]
    },
  }
}
