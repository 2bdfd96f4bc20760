import { readService } from '../service/service-record.ts'
import type { Hands } from '../service/cron-supervisor.ts'
import type { RunTool, Supervisor } from '../service/supervisor.ts'
import { holder, launchDaemon, stopDaemon } from './daemon-process.ts'
import type { Surroundings } from './surroundings.ts'

/** What keeps up the daemon of this home, when a service was installed. Without one, nothing of services is loaded. */
export async function supervisorHere(around: Surroundings): Promise<Supervisor | undefined> {
  const service = readService(around.home)
  if (service === undefined) return undefined
  const { supervisorOf } = await import('../service/supervisors.ts')
  return supervisorOf(service, { uid: around.service.uid, run: await serviceTool(around), hands: handsOf(around) })
}

/** Runs programs of the system that keep services. A login by `su` or cron does not say where a user's systemd listens. */
export async function serviceTool({ environment, service }: Surroundings): Promise<RunTool> {
  const { toolRunner } = await import('../service/run-tool.ts')
  return toolRunner({ ...environment, XDG_RUNTIME_DIR: environment['XDG_RUNTIME_DIR'] || `/run/user/${service.uid}` })
}

/** What is done by hand where a supervisor does nothing itself. */
export function handsOf(around: Surroundings): Hands {
  return {
    pid: () => holder(around)?.record.pid,
    start: async () => void (await launchDaemon(around, 'cron')),
    stop: async () => void (await stopDaemon(around)),
  }
}
