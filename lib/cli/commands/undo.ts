import { codeOf } from '../../core/errors.ts'
import type { Followed, UndoParameters, Undone, Verbs } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText } from '../places.ts'
import { agoText, countText } from '../quantities.ts'
import { followedJson } from '../hub-lines.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** How many paths are named before the rest is counted. */
const namedItems = 20

/** Brings back what dsync replaced or deleted. */
export async function undo(given: Arguments, around: Surroundings): Promise<Outcome> {
  const list = given.has('list') || given.has('dry-run')
  const { undone, ...followed } = await bringBack(given, around, list)
  const refused = undone.filter(one => one.refused !== undefined)
  return {
    exit: refused.length > 0 ? exitCodes.failed : exitCodes.ok,
    json: { undo: undone, ...followedJson(followed) },
    lines: paint => {
      const back = undone.length - refused.length
      const head = list
        ? `Would bring back ${countText(back, 'path')}:`
        : `${paint.green('Brought back')} ${countText(back, 'path')}:`
      const lines = undone.slice(0, namedItems).map(one => lineOf(one, around))
      return [head, ...lines, ...moreOf(undone.length), ...travelLines(followed, list)]
    },
  }
}

/** A word is an id or a group when one is called so, and else a path. */
async function bringBack(given: Arguments, around: Surroundings, list: boolean): Promise<Verbs['undo']['result']> {
  const [word] = given.operands
  const host = given.text('on')
  const from = { list, ...(host === undefined ? {} : { host }) }
  if (word === undefined) return await ask(around, 'undo', from)
  const byName: UndoParameters = { ...from, name: word }
  try {
    return await ask(around, 'undo', byName)
  } catch (error) {
    if (codeOf(error) !== 'NOT_FOUND') throw error
  }
  return await ask(around, 'undo', { ...selected(around, given), list })
}

function lineOf({ root, host, path, reason, at, refused }: Undone, around: Surroundings): string {
  const place = `  ${placeText(around.userHome, root, path)} on ${escape(host)} (${reason} ${agoText(at, Date.now())})`
  return refused === undefined ? place : `${place}: not brought back, ${escape(refused)}`
}

/** Brought back while the hub is away, it has yet to reach the other hosts. */
function travelLines({ hub }: Followed, list: boolean): string[] {
  return hub?.state === 'away' && !list ? [`  It travels once ${escape(hub.name)}, the hub, is there again.`] : []
}

function moreOf(total: number): string[] {
  return total > namedItems ? [`  and ${(total - namedItems).toLocaleString('en-US')} more`] : []
}
