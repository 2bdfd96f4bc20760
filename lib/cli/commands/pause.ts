import type { SessionName } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText } from '../places.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

export function pause(given: Arguments, around: Surroundings): Promise<Outcome> {
  return pauseOrResume('pause', given, around)
}

export function resume(given: Arguments, around: Surroundings): Promise<Outcome> {
  return pauseOrResume('resume', given, around)
}

async function pauseOrResume(verb: 'pause' | 'resume', given: Arguments, around: Surroundings): Promise<Outcome> {
  const dryRun = given.has('dry-run')
  const { roots } = await ask(around, verb, { ...selected(around, given), dryRun })
  const word = dryRun ? `would ${verb}` : `${verb}d`
  return {
    exit: exitCodes.ok,
    json: { [verb]: roots, ...(dryRun && { dryRun }) },
    lines: () => linesOf(word, roots, around),
  }
}

function linesOf(word: string, roots: readonly SessionName[], { userHome }: Surroundings): string[] {
  if (roots.length === 0) return ['No root is in sync.']
  return roots.map(({ root, host }) => `${word}  ${placeText(userHome, root)} with ${escape(host)}`)
}
