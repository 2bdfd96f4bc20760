import type { SessionName } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText } from '../places.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

export async function pause(given: Arguments, around: Surroundings): Promise<Outcome> {
  const { roots } = await ask(around, 'pause', selected(around, given))
  return { exit: exitCodes.ok, json: { pause: roots }, lines: () => linesOf('paused', roots, around) }
}

export async function resume(given: Arguments, around: Surroundings): Promise<Outcome> {
  const { roots } = await ask(around, 'resume', selected(around, given))
  return { exit: exitCodes.ok, json: { resume: roots }, lines: () => linesOf('resumed', roots, around) }
}

function linesOf(word: string, roots: readonly SessionName[], { userHome }: Surroundings): string[] {
  if (roots.length === 0) return ['No root is in sync.']
  return roots.map(({ root, host }) => `${word}  ${placeText(userHome, root)} with ${escape(host)}`)
}
