import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText } from '../places.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { whySentences } from '../why-sentences.ts'
import { pathHistory } from './history.ts'

/** Says what state one path is in, and why. */
export async function why(given: Arguments, around: Surroundings): Promise<Outcome> {
  const selection = selected(around, given)
  const { why: found, roots } = await ask(around, 'why', selection)
  const { userHome } = around
  const { rows } = found.length === 0 ? { rows: [] } : await pathHistory({ paths: selection.paths, limit: 1 }, around)
  const now = Date.now()
  const told = found.map(each => ({ ...each, ...whySentences(each, { userHome, now, last: rows[0] }) }))
  return {
    exit: exitCodes.ok,
    json: { why: told, roots },
    lines: paint => {
      if (told.length === 0) {
        const known = roots.length === 0 ? 'there is none yet' : roots.map(root => placeText(userHome, root)).join(', ')
        return [`It lies in no root, so it is not synced. Roots: ${known}.`, '  → dsync roots add DIR']
      }
      return told.flatMap(({ root, path, host, says, next }) => [
        `${paint.bold(placeText(userHome, root, path))} with ${escape(host)}`,
        ...says.map(sentence => `  ${sentence}`),
        ...next.map(command => `  → ${command}`),
      ])
    },
  }
}
