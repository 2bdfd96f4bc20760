import { join } from 'node:path'
import type { ServicePlace } from './service-place.ts'
import { serviceEnvironment } from './service-place.ts'

export const jobNames = ['daemon', 'verify', 'trash'] as const

export type JobName = (typeof jobNames)[number]

/** One program that a supervisor runs. Pure data: launchd, systemd and cron are each told the same. */
export interface Job {
  readonly name: JobName
  /** One line for people. */
  readonly says: string
  readonly command: readonly [program: string, ...words: string[]]
  readonly environment: Readonly<Record<string, string>>
  readonly directory: string
  /** Kept up: started at login or boot, and again whenever it fails. Else once a day at that local time. */
  readonly runs: 'always' | { readonly hour: number; readonly minute: number }
  /** How much others go before it (nice(1)). */
  readonly niceness: number
  /** Where what it prints goes. */
  readonly log: string
  /** Exit codes besides 0 that are no failure: that a host is away, the daemon stopped or a root paused is a person's choice. */
  readonly fine: readonly number[]
}

/** How long after a failure it is started again (s). launchd waits so long between two starts, never less than 10. */
export const restartSeconds = 5
export const throttleSeconds = 10

/** How long the daemon may take to stop (s) before it is killed: as long as `dsync stop` waits. */
export const stopSeconds = 60

const away = [5, 6, 7]

/** All that the service of a home consists of. */
export function serviceJobs(place: ServicePlace): readonly Job[] {
  const program = join(place.kit, 'bin/dsync')
  const shared = { environment: serviceEnvironment(place), directory: place.userHome }
  const log = (name: JobName): string => join(place.home, 'run', `${name}.log`)
  return [
    {
      ...shared,
      name: 'daemon',
      says: 'dsync: keeps directories the same on all your machines',
      command: [program, '--daemon'],
      runs: 'always',
      niceness: 5,
      log: log('daemon'),
      fine: [],
    },
    {
      ...shared,
      name: 'verify',
      says: 'dsync: reads both sides anew and says where they differ',
      command: [program, 'verify'],
      runs: { hour: 3, minute: 30 },
      niceness: 10,
      log: log('verify'),
      fine: away,
    },
    {
      ...shared,
      name: 'trash',
      says: 'dsync: lets go of what the trash need not keep any longer',
      command: [program, 'trash', '--clean', '--yes'],
      runs: { hour: 4, minute: 30 },
      niceness: 10,
      log: log('trash'),
      fine: away,
    },
  ]
}
