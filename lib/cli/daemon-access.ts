import { basename, dirname, join, resolve } from 'node:path'
import { SyncError, codeOf } from '../core/errors.ts'
import type { AskOptions } from '../daemon/control-client.ts'
import { askDaemon } from '../daemon/control-client.ts'
import { expandHome } from '../daemon/host-paths.ts'
import { readPrivateFile } from '../daemon/private-file.ts'
import { realPath } from '../daemon/root-place.ts'
import type { Selection, Verbs } from '../daemon/verbs.ts'
import type { Arguments } from './command-spec.ts'
import type { Surroundings } from './surroundings.ts'

/** How long the daemon may take to answer what it can answer at once (ms). */
const answerMs = 30_000

export interface AccessOptions<Event> {
  /** How long to wait; undefined: until it answers or the person interrupts (ms). */
  readonly waitMs?: number | undefined
  readonly onEvent?: (event: Event) => void
}

/** Asks the daemon of this home alone. Throws DAEMON_DOWN when none runs, TIMEOUT when it hangs. */
export async function askOwn<Name extends keyof Verbs>(
  around: Surroundings,
  verb: Name,
  parameters: Verbs[Name]['parameters'],
  options: AccessOptions<Verbs[Name]['event']> = { waitMs: answerMs },
): Promise<Verbs[Name]['result']> {
  return await within(around, options, signal => askDaemon(around, verb, parameters, signal))
}

/**
 * Asks the daemon of this home, and on a host that follows the hub of another, where none runs, whoever can be asked by
 * this process. Throws DAEMON_DOWN when there is neither, TIMEOUT when it hangs.
 */
export async function ask<Name extends keyof Verbs>(
  around: Surroundings,
  verb: Name,
  parameters: Verbs[Name]['parameters'],
  options: AccessOptions<Verbs[Name]['event']> = { waitMs: answerMs },
): Promise<Verbs[Name]['result']> {
  try {
    return await askOwn(around, verb, parameters, options)
  } catch (error) {
    if (codeOf(error) !== 'DAEMON_DOWN' || readPrivateFile(around.home.served) === undefined) throw error
    const following = await around.following()
    if (!following.follows()) throw error
    return await within(around, options, async ({ signal, onEvent = () => {} }) => {
      const emit = onEvent as (event: unknown) => void
      return (await following.answer(verb, parameters, { signal, emit })) as Verbs[Name]['result']
    })
  }
}

async function within<Event, Result>(
  around: Surroundings,
  options: AccessOptions<Event>,
  work: (options: AskOptions<Event>) => Promise<Result>,
): Promise<Result> {
  const { waitMs, onEvent } = options
  const late = new AbortController()
  const timer = waitMs === undefined ? undefined : setTimeout(() => late.abort(daemonHangs(waitMs)), waitMs)
  try {
    const signal = AbortSignal.any([around.signal, late.signal])
    return await work({ signal, ...(onEvent === undefined ? {} : { onEvent }) })
  } finally {
    clearTimeout(timer)
  }
}

/** What a path and `--on` on the command line select. */
export function selected(around: Surroundings, given: Arguments, operand = given.operands[0]): Selection {
  const host = given.text('on')
  return {
    ...(operand === undefined ? {} : { paths: spellings(placeOf(around, operand)) }),
    ...(host === undefined ? {} : { host }),
  }
}

/** Shells leave `~` alone in some places, and completions of theirs put it there. */
function placeOf({ cwd, userHome }: Surroundings, path: string): string {
  return path === '~' || path.startsWith('~/') ? expandHome(path, userHome) : resolve(cwd, path)
}

/** A path as typed, and with the links above it followed: its last name may itself be a link that is synced. */
function spellings(path: string): string[] {
  return [...new Set([path, join(realPath(dirname(path)), basename(path))])]
}

function daemonHangs(waitMs: number): SyncError {
  return new SyncError('TIMEOUT', `The daemon has not answered for ${waitMs / 1000} s`, { hint: 'dsync restart' })
}
