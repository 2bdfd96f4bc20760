import type { Hands } from './cron-supervisor.ts'
import { CronSupervisor } from './cron-supervisor.ts'
import { serviceJobs } from './jobs.ts'
import { LaunchdSupervisor } from './launchd-supervisor.ts'
import type { ServicePlace } from './service-place.ts'
import type { RunTool, Supervisor } from './supervisor.ts'
import { SystemdSupervisor } from './systemd-supervisor.ts'

/** What supervisors are reached by. */
export interface ServiceTools {
  readonly uid: number
  readonly run: RunTool
  readonly hands: Hands
}

/** The supervisor of one service. */
export function supervisorOf(place: ServicePlace, { uid, run, hands }: ServiceTools): Supervisor {
  const jobs = serviceJobs(place)
  switch (place.kind) {
    case 'launchd':
      return new LaunchdSupervisor(place, jobs, { uid, run })
    case 'systemd':
      return new SystemdSupervisor(place, jobs, run)
    case 'cron':
      return new CronSupervisor(place, jobs, { run, hands })
  }
}
