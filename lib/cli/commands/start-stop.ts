import { bootId } from '../../replica/disk/boot-id.ts'
import { lastHolder } from '../../daemon/lock.ts'
import type { DaemonStatus } from '../../daemon/verbs.ts'
import { codeOf } from '../../core/errors.ts'
import type { Supervisor } from '../../service/supervisor.ts'
import type { Arguments } from '../command-spec.ts'
import { launchDaemon, startBy, statusOrDown, stopDaemon } from '../daemon-process.ts'
import { exitCodes } from '../exit-codes.ts'
import { countText } from '../quantities.ts'
import { supervisorHere } from '../service-access.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { foreseenDaemon, problemsFound } from './foreseen-daemon.ts'

/** Starts the daemon and waits until it answers; with a service, by its supervisor. One that runs already is fine. */
export async function start(given: Arguments, around: Surroundings): Promise<Outcome> {
  const running = await statusOrDown(around)
  if (given.has('dry-run')) return await foreseenDaemon('start', running, around)
  if (running !== undefined) return told('start', running, 'runs already')
  if (given.has('unless-stopped') && wasStopped(around)) {
    return {
      exit: exitCodes.ok,
      json: { start: { running: false, home: around.home.directory, sessions: 0, config: [] } },
      lines: () => ['The daemon was stopped, and stays so.  → dsync start'],
    }
  }
  return told('start', await startHere(await supervisorHere(around), around), 'runs')
}

/** Stops the daemon and waits until it is gone. None running is fine. */
export async function stop(given: Arguments, around: Surroundings): Promise<Outcome> {
  if (given.has('dry-run')) return await foreseenDaemon('stop', await statusOrDown(around), around)
  const supervisor = await supervisorHere(around)
  const stopped = await stopHere(supervisor, around)
  return {
    exit: exitCodes.ok,
    json: { stop: { running: false, stopped } },
    lines: () => [
      stopped ? 'The daemon has stopped.' : 'The daemon was not running.',
      ...(supervisor === undefined ? [] : [`  ${untilWhen[supervisor.kind]}  → dsync service remove`]),
    ],
  }
}

export async function restart(given: Arguments, around: Surroundings): Promise<Outcome> {
  if (given.has('dry-run')) return await foreseenDaemon('restart', await statusOrDown(around), around)
  const supervisor = await supervisorHere(around)
  // One that cannot be reached could not start it again either.
  await supervisor?.look()
  await stopHere(supervisor, around)
  return told('restart', await startHere(supervisor, around), 'runs')
}

/** How long a person's stop lasts, by who would start the daemon next. */
const untilWhen: Readonly<Record<Supervisor['kind'], string>> = {
  launchd: 'launchd starts it again when you log in next.',
  systemd: 'systemd starts it again when you log in next, or at boot.',
  cron: 'cron starts it again at boot.',
}

function startHere(supervisor: Supervisor | undefined, around: Surroundings): Promise<DaemonStatus> {
  return supervisor === undefined ? launchDaemon(around) : startBy(supervisor, around)
}

/**
 * The supervisor first: it might start again what ends. Then whatever daemon still runs, whoever started it, also when
 * the supervisor cannot be reached: a daemon that is told to stop ends in a way that nobody takes for a failure.
 */
async function stopHere(supervisor: Supervisor | undefined, around: Surroundings): Promise<boolean> {
  const ran = supervisor === undefined ? false : (await statusOrDown(around)) !== undefined
  try {
    await supervisor?.stop()
  } catch (error) {
    if (codeOf(error) !== 'REFUSED' || !(await stopDaemon(around))) throw error
    return true
  }
  return (await stopDaemon(around)) || ran
}

/** True when the last daemon since the system was started ended because it was told to. */
function wasStopped(around: Surroundings): boolean {
  try {
    const last = lastHolder(around.home.run, 'daemon')
    return last?.released === true && last.boot === bootId()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

function told(command: 'start' | 'restart', status: DaemonStatus, how: string): Outcome {
  const { pid, sessions, failed, config, supervisor } = status
  const by = supervisor === undefined ? '' : `, kept up by ${supervisor}`
  return {
    exit: exitCodes.ok,
    json: {
      [command]: {
        running: true,
        pid,
        home: status.home,
        sessions: sessions.length,
        config,
        ...(supervisor !== undefined && { supervisor }),
      },
    },
    lines: paint => [
      `The daemon ${how} (process ${pid}, ${countText(sessions.length + failed.length, 'session')}${by}).`,
      ...problemsFound(config, paint),
    ],
  }
}
