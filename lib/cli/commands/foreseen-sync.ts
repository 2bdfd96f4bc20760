import type { RootQueue } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText } from '../places.ts'
import { bytesText, countText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** Paths that are named for each root at most. */
const namedPaths = 10

/** Says what `dsync sync` would wait for, as far as the daemon knows it now. */
export async function foreseenSync(given: Arguments, around: Surroundings): Promise<Outcome> {
  const { roots } = await ask(around, 'queue', selected(around, given))
  return {
    exit: exitCodes.ok,
    json: { sync: roots, dryRun: true },
    lines: () => (roots.length === 0 ? ['No root is in sync.'] : roots.flatMap(root => linesOf(root, around))),
  }
}

function linesOf(queue: RootQueue, { userHome }: Surroundings): string[] {
  const { root, host, state, why, queued, inFlight, bytesQueued, waiting } = queue
  const count = Math.max(queued + inFlight, waiting.length)
  const bytes = bytesQueued > 0 ? `, ${bytesText(bytesQueued)}` : ''
  const left = count === 0 ? 'nothing known' : `${countText(count, 'path')}${bytes}`
  const standing = (['conflict', 'problem', 'hold'] as const).flatMap(one => {
    const number = queue[`${one}s`]
    return number === 0 ? [] : [countText(number, one)]
  })
  const rest = waiting.length - namedPaths
  return [
    `would wait for  ${placeText(userHome, root)} with ${escape(host)} (${state}): ${[left, ...standing].join(', ')}`,
    ...(why === undefined ? [] : [`    ${escape(why)}`]),
    ...waiting.slice(0, namedPaths).map(({ path, stage }) => `    ${placeText(userHome, root, path)} (${stage})`),
    ...(rest > 0 ? [`    and ${rest.toLocaleString('en-US')} more`] : []),
  ]
}
