import type { CleanedTrash, Verbs } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { aligned } from '../aligned.ts'
import { confirm } from '../confirm.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText } from '../places.ts'
import { bytesText, countText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** How long the hosts may take to clean (ms). */
const waitMs = 10 * 60_000

/** Lets go of what the trash need not keep, on every host. */
export async function cleanTrash(given: Arguments, around: Surroundings): Promise<Outcome> {
  const meant = selected(around, given)
  const dryRun = given.has('dry-run')
  if (!dryRun && !given.has('yes')) {
    const { cleaned } = await ask(around, 'clean', { ...meant, dryRun: true }, { waitMs })
    await confirm(`Let go of ${amount(cleaned)}, which cannot be undone?`, given, around)
  }
  const result = await ask(around, 'clean', { ...meant, dryRun }, { waitMs })
  const { cleaned, unreachable } = result
  return {
    exit: unreachable.length > 0 && cleaned.length === 0 ? exitCodes.unreachable : exitCodes.ok,
    json: { ...result, ...(dryRun && { dryRun }) },
    lines: paint => [
      dryRun ? `Would let go of ${amount(cleaned)}.` : `${paint.green('Let go')} of ${amount(cleaned)}.`,
      ...aligned(
        cleaned.map(row => cells(row, around)),
        paint,
      ),
      ...unreachable.map(({ host, why }) => `  ${paint.yellow(escape(host))} does not answer: ${escape(why)}`),
    ],
  }
}

function amount(cleaned: Verbs['clean']['result']['cleaned']): string {
  const items = cleaned.reduce((sum, each) => sum + each.items, 0)
  const bytes = cleaned.reduce((sum, each) => sum + each.bytes, 0)
  return `${countText(items, 'version')} (${bytesText(bytes)})`
}

function cells({ root, host, items, bytes, bytesLeft }: CleanedTrash, { userHome }: Surroundings): string[] {
  const went = items === 0 ? 'nothing' : `${countText(items, 'version')}, ${bytesText(bytes)}`
  return [placeText(userHome, root), escape(host), went, `${bytesText(bytesLeft)} stay`]
}
