import type { StdioOptions } from 'node:child_process'
import { spawn } from 'node:child_process'
import { SyncError, codeOf } from '../core/errors.ts'
import type { DaemonLog } from '../daemon/daemon-log.ts'
import { openDaemonLog } from '../daemon/daemon-log.ts'
import { ensureKitHome } from '../daemon/kit-home.ts'
import { judgeLock, lockHolder } from '../daemon/lock.ts'
import { processState, thisProcess } from '../daemon/process-identity.ts'
import type { SupervisorKind } from '../daemon/supervisor-kind.ts'
import { supervisorVariable } from '../daemon/supervisor-kind.ts'
import type { DaemonStatus } from '../daemon/verbs.ts'
import type { Supervisor } from '../service/supervisor.ts'
import { askOwn } from './daemon-access.ts'
import type { Surroundings } from './surroundings.ts'

/** How long a daemon may take to answer after its start, and to be gone after its stop (ms). */
const startMs = 20_000
const stopMs = 60_000

/** How often to look (ms); a supervisor is another program to run each time. */
const lookMs = 15
const lookAtSupervisorMs = 500

/** The daemon's status, or undefined when none runs. */
export async function statusOrDown(around: Surroundings): Promise<DaemonStatus | undefined> {
  try {
    return await askOwn(around, 'status', {})
  } catch (error) {
    if (codeOf(error) === 'DAEMON_DOWN') return undefined
    throw error
  }
}

/** Who holds the home, if anybody. */
export function holder(around: Surroundings): ReturnType<typeof lockHolder> {
  try {
    return lockHolder(around.home.run, 'daemon', thisProcess(around.host))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Stops the daemon that runs, whoever started it, and waits until it is gone. @returns false when none ran */
export async function stopDaemon(around: Surroundings): Promise<boolean> {
  const before = holder(around)
  try {
    await askOwn(around, 'stop', {}, { waitMs: stopMs })
  } catch (error) {
    if (codeOf(error) !== 'DAEMON_DOWN') throw error
    if (before === undefined) return false
  }
  if (before?.state === 'foreign') {
    throw new SyncError('REFUSED', `Cannot stop the daemon: it was started on ${before.record.host}`, {
      hint: 'Stop it there',
    })
  }
  const pid = before?.record.pid ?? 0
  const late = (): SyncError =>
    new SyncError('TIMEOUT', `The daemon (process ${pid}) does not stop`, { hint: `kill ${pid}` })
  // It gives its lock back first, and ends a little later.
  const here = thisProcess(around.host)
  const isGone = (): boolean => holder(around) === undefined && judgeLock(before?.record, here, processState) === 'free'
  await until(() => isGone() || undefined, { waitMs: stopMs, late, signal: around.signal })
  return true
}

/** Starts the daemon as a process of its own and waits until it answers. @param kind who is said to keep it up */
export async function launchDaemon(around: Surroundings, kind?: SupervisorKind): Promise<DaemonStatus> {
  const log = openLog(around)
  const [program, ...words] = around.daemonCommand
  const stdio: StdioOptions = ['ignore', log.file, log.file]
  const env = { ...around.environment, [supervisorVariable]: kind ?? '' }
  const child = spawn(program, words, { detached: true, stdio, cwd: around.home.directory, env })
  let ended: string | undefined
  child.once('error', error => (ended = error.message))
  child.once('exit', (code, signal) => (ended = `it ended with ${signal ?? code}`))
  // Of two that start at once one ends. Each start waits for its own, lest it come up after a later stop.
  const look = async (): Promise<DaemonStatus | undefined> => {
    const running = await statusOrDown(around)
    if (running !== undefined) return running.pid === child.pid || ended !== undefined ? running : undefined
    if (ended !== undefined && holder(around)?.state !== 'live') throw notStarted(around, log, ended)
    return undefined
  }
  try {
    return await until(look, { waitMs: startMs, late: () => notStarted(around, log, hangs), signal: around.signal })
  } catch (error) {
    child.kill()
    throw error
  } finally {
    child.removeAllListeners()
    child.unref()
    log.close()
  }
}

/** Has a supervisor start the daemon, and waits until it answers. */
export async function startBy(supervisor: Supervisor, around: Surroundings): Promise<DaemonStatus> {
  const log = openLog(around)
  let lookAt = Date.now() + lookAtSupervisorMs
  const look = async (): Promise<DaemonStatus | undefined> => {
    const running = await statusOrDown(around)
    if (running !== undefined || Date.now() < lookAt) return running
    const { state, lastEnd } = await supervisor.look()
    if (state !== 'running') throw notStarted(around, log, lastEnd ?? `${supervisor.kind} has not started it`)
    lookAt = Date.now() + lookAtSupervisorMs
    return undefined
  }
  try {
    await supervisor.start()
    return await until(look, { waitMs: startMs, late: () => notStarted(around, log, hangs), signal: around.signal })
  } finally {
    log.close()
  }
}

const hangs = `it has not answered for ${startMs / 1000} s`

function openLog(around: Surroundings): DaemonLog {
  ensureKitHome(around.home)
  return openDaemonLog(around.home)
}

/** The daemon's last line is a message, and behind the arrow the next command. */
function notStarted(around: Surroundings, log: DaemonLog, why: string): SyncError {
  const [said = '', next] = log.said().split(' → ')
  return new SyncError('REFUSED', said === '' ? `Cannot start the daemon: ${why}` : said, {
    hint: next ?? `See ${around.home.daemonLog}`,
  })
}

interface Wait {
  readonly waitMs: number
  readonly late: () => SyncError
  readonly signal: AbortSignal
}

/** Looks until there is an answer. */
async function until<T>(
  look: () => T | undefined | Promise<T | undefined>,
  { waitMs, late, signal }: Wait,
): Promise<T> {
  const deadline = Date.now() + waitMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw late()
    signal.throwIfAborted()
    await new Promise(resolve => setTimeout(resolve, lookMs))
  }
}
