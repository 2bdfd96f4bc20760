import { codeOf } from '../../core/errors.ts'
import type { ResetParameters, SessionName } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText } from '../places.ts'
import { countText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** How long closing, forgetting and opening may take (ms): sessions finish what is under way. */
const resetMs = 120_000

/** Shows which roots are compared anew, asks, and forgets what was agreed on for them. */
export async function reset(given: Arguments, around: Surroundings): Promise<Outcome> {
  const selection = selected(around, given)
  const foreseen = await forget(around, { ...selection, dryRun: true })
  const dryRun = given.has('dry-run')
  if (foreseen.length === 0) {
    return { exit: exitCodes.ok, json: { reset: [], ...(dryRun && { dryRun }) }, lines: () => ['No root is in sync.'] }
  }
  if (dryRun) {
    return {
      exit: exitCodes.ok,
      json: { reset: foreseen, dryRun },
      lines: () => linesOf('would reset', foreseen, around),
    }
  }
  if (!given.has('json')) around.terminal.err(`${[...linesOf('to reset', foreseen, around), ...meaning].join('\n')}\n`)
  await confirm(`Compare ${countText(foreseen.length, 'root')} anew?`, given, around)
  const roots = await forget(around, selection)
  return {
    exit: exitCodes.ok,
    json: { reset: roots },
    lines: paint => roots.map(root => `${paint.green('reset')}  ${nameOf(root, around)}  → dsync status`),
  }
}

const meaning = [
  '  It forgets what the two sides agreed on, and their conflicts. All files, the trash and the settings stay.',
  '  Both sides are compared as if they had never met: what is on one side alone comes back on the other,',
  '  also what you deleted; what differs is held until you approve, and is then a conflict.',
]

/** By the daemon, or without one where none runs. */
async function forget(around: Surroundings, parameters: ResetParameters): Promise<readonly SessionName[]> {
  try {
    return (await ask(around, 'reset', parameters, { waitMs: resetMs })).roots
  } catch (error) {
    if (codeOf(error) !== 'DAEMON_DOWN') throw error
  }
  const { resetStopped } = await import('../../daemon/reset.ts')
  return (await resetStopped(around, parameters)).roots
}

function linesOf(word: string, roots: readonly SessionName[], around: Surroundings): string[] {
  return roots.map(root => `${word}  ${nameOf(root, around)}`)
}

function nameOf({ root, host }: SessionName, { userHome }: Surroundings): string {
  return `${placeText(userHome, root)} with ${escape(host)}`
}
