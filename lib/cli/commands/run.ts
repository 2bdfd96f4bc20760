import { SyncError } from '../../core/errors.ts'
import type { PlaceThere, RootBarrier } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { runThere } from '../run-there.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { barrier, barrierLines } from './sync.ts'

/** Brings everything to a host, runs a command there where one stands here, and brings back what it wrote. */
export async function run(given: Arguments, around: Surroundings): Promise<Outcome> {
  const words = given.operands
  if (words[0]?.startsWith('-') === true) {
    throw new SyncError('USAGE', `Cannot run ${words[0]}: no program is called so`, { hint: 'dsync help run' })
  }
  const place = await placeThere(given, around)
  const { root, host, directory } = place
  const facts = { root, host, directory, command: words }
  if (given.has('dry-run')) {
    const lines = [`Would run on ${escape(host)} in ${escape(directory)}: ${words.map(escape).join(' ')}`]
    return { exit: exitCodes.ok, json: { run: facts, dryRun: true }, lines: () => lines }
  }
  const before = await agree(place, given, around)
  if (!given.has('force') && before.state !== 'synced') {
    throw new SyncError('REFUSED', `Did not run ${words[0]}: not everything here is on ${host}`, {
      hint: 'see to that, or dsync run --force',
    })
  }
  const code = await runThere(place, { words, isQuiet: given.has('json') }, around)
  const after = await agree(place, given, around)
  if (code === 0 && after.state !== 'synced' && after.state !== before.state) {
    throw new SyncError('REFUSED', `${words[0]} ended well, but not everything it wrote on ${host} is here`, {
      hint: 'dsync sync',
    })
  }
  return { exit: code, json: { run: { ...facts, code, before: before.state, after: after.state } }, lines: () => [] }
}

/** The one place that is meant. */
async function placeThere(given: Arguments, around: Surroundings): Promise<PlaceThere> {
  const { places } = await ask(around, 'where', selected(around, given, around.cwd))
  const [place] = places
  if (place !== undefined && places.length === 1) return place
  const hosts = places.map(({ host }) => host)
  throw new SyncError('USAGE', `${around.cwd} is on several hosts: ${hosts.join(', ')}`, {
    hint: `dsync run --on ${hosts[0]}`,
  })
}

/** Waits until both hosts hold the same in the root, and shows what keeps them from it. */
async function agree({ root, host }: PlaceThere, given: Arguments, around: Surroundings): Promise<RootBarrier> {
  const [result] = await barrier(around, { paths: [root], host, verify: false }, given)
  if (result === undefined) throw new SyncError('NOT_FOUND', `${root} is not on ${host} any more`)
  const { paintErrors, err } = around.terminal
  if (result.state !== 'synced' && !given.has('json')) {
    err(`${barrierLines(result, { paint: paintErrors, userHome: around.userHome }).join('\n')}\n`)
  }
  return result
}
