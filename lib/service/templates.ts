import type { SupervisorKind } from '../daemon/supervisor-kind.ts'
import { serviceJobs } from './jobs.ts'
import { launchdLabel, launchdPlist } from './launchd-plist.ts'
import type { ServicePlace } from './service-place.ts'
import { systemdUnits } from './systemd-units.ts'

/** A file of the checkout that shows what `dsync service install` writes, with marks where a person's paths come. */
export interface Template {
  /** Below the checkout. */
  readonly path: string
  readonly text: string
}

/** Stand for the home of a user, the kit's home and the folder with `bin/dsync`. */
export const marks = { userHome: '@HOME@', home: '@DSYNC_HOME@', kit: '@KIT@' } as const

/** All of them, made from the one list of jobs. */
export function serviceTemplates(): readonly Template[] {
  return [
    ...serviceJobs(marked('launchd')).map(job => ({
      path: `launchd/${launchdLabel(job, '')}.plist`,
      text: launchdPlist(job, ''),
    })),
    ...serviceJobs(marked('systemd'))
      .flatMap(job => systemdUnits(job, ''))
      .map(({ name, text }) => ({ path: `systemd/${name}`, text })),
  ]
}

function marked(kind: SupervisorKind): ServicePlace {
  return { kind, ...marks, runtime: '' }
}
