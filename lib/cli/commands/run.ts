import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import { join } from 'node:path'
import { SyncError } from '../../core/errors.ts'
import type { ErrorCode } from '../../core/errors.ts'
import { programThere } from '../../daemon/program-there.ts'
import { readPrivateFile, removePrivateFile, writePrivateFile } from '../../daemon/private-file.ts'
import { lookAtPlace } from '../../daemon/root-place.ts'
import type { PlaceThere, RootBarrier } from '../../daemon/verbs.ts'
import { runEnd } from '../../remote/run-end.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Outcome, ProgramEnd, Surroundings } from '../surroundings.ts'
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
  const code = await runThere(place, given, around)
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

/** The exit code of the program; throws when it is not known. */
async function runThere(place: PlaceThere, given: Arguments, around: Surroundings): Promise<number> {
  const { way, directory, host } = place
  const [program = ''] = given.operands
  const isQuiet = given.has('json')
  const log = join(around.home.run, `ssh-${randomBytes(6).toString('hex')}.log`)
  const isTerminal = around.terminal.isTerminal && !isQuiet
  const start = programThere(place, given.operands, { environment: around.environment, isTerminal, log })
  if (way.kind === 'pipe') {
    if (lookAtPlace(directory).kind !== 'directory') throw noDirectory(directory, host)
    return codeHere(await around.runProgram({ ...start, isQuiet }), program, around)
  }
  writePrivateFile(log, '')
  try {
    const meaning = runEnd(way, await around.runProgram({ ...start, isQuiet }), readPrivateFile(log) ?? '')
    if (typeof meaning === 'number') return meaning
    const { code, why, hint } = meaning
    throw new SyncError(code as ErrorCode, `Cannot tell how ${program} on ${host} ended: ${why}`, {
      ...(hint === undefined ? {} : { hint }),
    })
  } finally {
    removePrivateFile(log)
  }
}

/** As a shell tells it (POSIX.1-2017 2.8.2). */
function codeHere({ code, signal, startError, startCode }: ProgramEnd, program: string, around: Surroundings): number {
  if (startError !== undefined) {
    const isMissing = startCode === 'ENOENT'
    around.terminal.err(`dsync: ${escape(program)}: ${isMissing ? 'there is no such program' : escape(startError)}\n`)
    return isMissing ? 127 : 126
  }
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

function noDirectory(directory: string, host: string): SyncError {
  return new SyncError('NOT_FOUND', `There is no directory ${directory} on ${host}: is it ignored?`, {
    hint: 'dsync why .',
  })
}
