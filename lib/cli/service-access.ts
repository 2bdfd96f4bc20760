import { SyncError } from '../core/errors.ts'
import { readService } from '../service/installed-service.ts'
import type { InstalledService, ServiceTools } from '../service/installed-service.ts'
import type { Supervisor } from '../service/supervisor.ts'
import { holder, launchDaemon, stopDaemon } from './daemon-process.ts'
import type { Surroundings } from './surroundings.ts'

/** What keeps up the daemon of this home, when a service was installed. */
export async function supervisorHere(around: Surroundings): Promise<Supervisor | undefined> {
  const service = readService(around.home)
  if (service === undefined) return undefined
  const { supervisorOf } = await import('../service/installed-service.ts')
  return supervisorOf(service, await serviceTools(around))
}
