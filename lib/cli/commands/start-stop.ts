import type { StdioOptions } from 'node:child_process'
import { spawn } from 'node:child_process'
import { SyncError, codeOf } from '../../core/errors.ts'
import { openDaemonLog } from '../../daemon/daemon-log.ts'
import { ensureKitHome } from '../../daemon/kit-home.ts'
import { judgeLock, lockHolder } from '../../daemon/lock.ts'
import { processState, thisProcess } from '../../daemon/process-identity.ts'
import type { DaemonStatus } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { askOwn } from '../daemon-access.ts'
import { exitCodes } from '../exit-codes.ts'
import { countText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { foreseenDaemon, problemsFound } from './foreseen-daemon.ts'

/** How long a daemon may take to answer after its start, and to be gone after its stop (ms). */
const startMs = 20_000
const stopMs = 60_000

/** How often to look (ms). */
const lookMs = 15

/** Starts the daemon and waits until it answers. One that runs already is fine. */
export async function start(given: Arguments, around: Surroundings): Promise<Outcome> {
  const running = await statusOrDown(around)
  if (given.has('dry-run')) return await foreseenDaemon('start', running, around)
  if (running !== undefined) return told('start', running, 'runs already')
  return told('start', await launch(around), 'runs')
}

/** Stops the daemon and waits until it is gone. None running is fine. */
export async function stop(given: Arguments, around: Surroundings): Promise<Outcome> {
  if (given.has('dry-run')) return await foreseenDaemon('stop', await statusOrDown(around), around)
  const stopped = await stopRunning(around)
  return {
    exit: exitCodes.ok,
    json: { stop: { running: false, stopped } },
    lines: () => [stopped ? 'The daemon has stopped.' : 'The daemon was not running.'],
  }
}

export async function restart(given: Arguments, around: Surroundings): Promise<Outcome> {
  if (given.has('dry-run')) return await foreseenDaemon('restart', await statusOrDown(around), around)
  await stopRunning(around)
  return told('restart', await launch(around), 'runs')
}

async function stopRunning(around: Surroundings): Promise<boolean> {
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

async function launch(around: Surroundings): Promise<DaemonStatus> {
  ensureKitHome(around.home)
  const log = openDaemonLog(around.home)
  const [program, ...words] = around.daemonCommand
  const stdio: StdioOptions = ['ignore', log.file, log.file]
  const child = spawn(program, words, { detached: true, stdio, cwd: around.home.directory })
  let ended: string | undefined
  child.once('error', error => (ended = error.message))
  child.once('exit', (code, signal) => (ended = `it ended with ${signal ?? code}`))
  const failed = (why: string): SyncError => {
    // The daemon's last line is a message, and behind the arrow the next command.
    const [said = '', next] = log.said().split(' → ')
    return new SyncError('REFUSED', said === '' ? `Cannot start the daemon: ${why}` : said, {
      hint: next ?? `See ${around.home.daemonLog}`,
    })
  }
  // Of two that start at once one ends. Each start waits for its own, lest it come up after a later stop.
  const look = async (): Promise<DaemonStatus | undefined> => {
    const running = await statusOrDown(around)
    if (running !== undefined) return running.pid === child.pid || ended !== undefined ? running : undefined
    if (ended !== undefined && holder(around)?.state !== 'live') throw failed(ended)
    return undefined
  }
  const late = (): SyncError => failed(`it has not answered for ${startMs / 1000} s`)
  try {
    return await until(look, { waitMs: startMs, late, signal: around.signal })
  } catch (error) {
    child.kill()
    throw error
  } finally {
    child.removeAllListeners()
    child.unref()
    log.close()
  }
}

async function statusOrDown(around: Surroundings): Promise<DaemonStatus | undefined> {
  try {
    return await askOwn(around, 'status', {})
  } catch (error) {
    if (codeOf(error) === 'DAEMON_DOWN') return undefined
    throw error
  }
}

function holder(around: Surroundings): ReturnType<typeof lockHolder> {
  try {
    return lockHolder(around.home.run, 'daemon', thisProcess(around.host))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
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

function told(command: 'start' | 'restart', status: DaemonStatus, how: string): Outcome {
  const { pid, sessions, failed, config } = status
  return {
    exit: exitCodes.ok,
    json: { [command]: { running: true, pid, home: status.home, sessions: sessions.length, config } },
    lines: paint => [
      `The daemon ${how} (process ${pid}, ${countText(sessions.length + failed.length, 'session')}).`,
      ...problemsFound(config, paint),
    ],
  }
}
