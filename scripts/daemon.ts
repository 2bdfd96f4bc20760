/** The daemon of one kit home (`DSYNC_HOME`, else ~/.dsync). Started by `dsync start`, launchd or systemd; runs until told to stop. */
import { SyncError } from '../lib/core/errors.ts'
import { sshSockets } from '../lib/daemon/control-socket-path.ts'
import { writeCrashReport } from '../lib/daemon/crash-reports.ts'
import { boundLogs } from '../lib/daemon/daemon-log.ts'
import type { Daemon } from '../lib/daemon/daemon.ts'
import { readEnvFile } from '../lib/daemon/env-file.ts'
import { startDaemon } from '../lib/daemon/daemon.ts'
import { FollowedRoots } from '../lib/relay/followed-roots.ts'
import { guestDesks } from '../lib/relay/guest-desk.ts'
import { supervisorKind, supervisorVariable } from '../lib/daemon/supervisor-kind.ts'
import { giveBackSpareMemory } from '../lib/replica/spare-memory.ts'
import { systemClock } from '../lib/replica/system-clock.ts'
import { stopShared } from './reach-host.ts'
import { forgetAgreed } from './forget-session.ts'
import { openSession } from './open-session.ts'
import { openServedRoot, servedSocketPath } from './serve-root.ts'
import { packageVersion, processFacts } from './surroundings.ts'

const facts = processFacts()
/** It counts over what this process was given: it says what the daemon has, whoever starts it. */
const env = readEnvFile(facts.home)
Object.assign(process.env, env.values)
/** What it starts for its user was not started by a supervisor. */
const supervisor = supervisorKind(process.env[supervisorVariable])
delete process.env[supervisorVariable]
boundLogs(facts.home)
const forgetSession = (session: string): Promise<void> => forgetAgreed(facts.home, session)
let daemon: Daemon | undefined

process.on('uncaughtException', error => {
  console.error(error)
  daemon?.crash(error)
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
  writeCrashReport(facts.home, { at: Date.now(), pid: process.pid, version: packageVersion(), why })
  process.exit(1)
})

const version = packageVersion()
const following = new FollowedRoots({
  ...facts,
  ...{ version, pid: process.pid, since: Date.now() },
  socketPath: servedSocketPath,
  openServed: async request => openServedRoot(request),
})

try {
  daemon = await startDaemon({
    ...facts,
    version,
    desks: guestDesks,
    following,
    openSession,
    forgetSession,
    env,
    environment: process.env,
    supervisor,
  })
} catch (error) {
  if (!(error instanceof SyncError)) throw error
  console.error(error.hint === undefined ? error.message : `${error.message} → ${error.hint}`)
  process.exit(1)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void daemon?.stop())
giveBackSpareMemory(systemClock)
await daemon.stopped
stopShared(sshSockets(facts.home, facts.socketParents))
// Everything is settled; a worker or watch that lingers must not keep the process.
process.exit(0)
