import type { RootHold } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText } from '../places.ts'
import { countText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

const namedItems = 20

/** Shows what guards hold, asks, and lets it pass. */
export async function approve(given: Arguments, around: Surroundings): Promise<Outcome> {
  const selection = selected(around, given)
  const { holds } = await ask(around, 'holds', selection)
  if (holds.length === 0) return { exit: exitCodes.ok, json: { approve: [] }, lines: () => ['Nothing is held.'] }
  const shown = holds.flatMap(hold => holdLines(hold, around))
  if (!given.has('json')) around.terminal.err(`${shown.join('\n')}\n`)
  const dryRun = given.has('dry-run')
  if (!dryRun) await confirm(`Let ${holds.length === 1 ? 'it' : `these ${holds.length}`} pass?`, given, around)
  const prefer = given.text('prefer')
  const { approved } = await ask(around, 'approve', {
    ...selection,
    dryRun,
    ...(prefer === undefined ? {} : { prefer }),
  })
  return {
    exit: exitCodes.ok,
    json: { approve: approved, ...(dryRun && { dryRun }) },
    lines: paint =>
      approved.map(
        ({ root, host, guard }) =>
          `${dryRun ? 'would approve' : paint.green('approved')}  ${placeText(around.userHome, root)} with ${escape(host)}: ${guard}`,
      ),
  }
}

function holdLines({ root, host, guard, why, on, paths }: RootHold, { userHome }: Surroundings): string[] {
  const first = paths.first.slice(0, namedItems)
  const rest = paths.total - first.length
  return [
    `${placeText(userHome, root)} with ${escape(host)}: ${escape(why)} (${guard}, on ${escape(on)})`,
    ...first.map(path => `    ${placeText(userHome, root, path)}`),
    ...(rest > 0 ? [`    and ${countText(rest, 'more path')}`] : []),
  ]
}
