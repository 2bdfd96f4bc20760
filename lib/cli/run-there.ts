import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { ErrorCode } from '../core/errors.ts'
import { SyncError } from '../core/errors.ts'
import { readPrivateFile, removePrivateFile, writePrivateFile } from '../daemon/private-file.ts'
import { programThere } from '../daemon/program-there.ts'
import { lookAtPlace } from '../daemon/root-place.ts'
import type { PlaceThere } from '../daemon/verbs.ts'
import { runEnd } from '../remote/run-end.ts'
import { escape } from './escape.ts'
import type { ProgramEnd, Surroundings } from './surroundings.ts'

/** A program for another host. */
export interface ProgramThere {
  /** The program and its arguments. */
  readonly words: readonly string[]
  /** Keep stdout free: what it prints there goes to stderr, and it gets no terminal. */
  readonly isQuiet?: boolean
  /** It is the person's own login: see `SshRun`. */
  readonly isLogin?: boolean
}

/** Runs a program in a directory of another host, and returns its exit code; throws when it is not known. */
export async function runThere(
  place: PlaceThere,
  { words, isQuiet = false, isLogin = false }: ProgramThere,
  around: Surroundings,
): Promise<number> {
  const { way, directory, host } = place
  const [program = ''] = words
  const log = join(around.home.run, `ssh-${randomBytes(6).toString('hex')}.log`)
  const isTerminal = around.terminal.isTerminal && !isQuiet
  const start = programThere(place, words, { environment: around.environment, isTerminal, isLogin, log })
  if (way.kind === 'pipe') {
    if (lookAtPlace(directory).kind !== 'directory') throw noDirectory(directory, host)
    return codeHere(await around.runProgram({ ...start, isQuiet }), program, around)
  }
  writePrivateFile(log, '')
  try {
    const meaning = runEnd(way, await around.runProgram({ ...start, isQuiet }), readPrivateFile(log) ?? '')
    if (typeof meaning === 'number') return meaning
    const { code, why, hint } = meaning
    const what = isLogin ? `the session on ${host}` : `${program} on ${host}`
    throw new SyncError(code as ErrorCode, `Cannot tell how ${what} ended: ${why}`, {
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
