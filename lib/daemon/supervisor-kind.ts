/** What can keep the daemon up: of macOS, of most Linux systems, of hosts with neither. */
export const supervisorKinds = ['launchd', 'systemd', 'cron'] as const

export type SupervisorKind = (typeof supervisorKinds)[number]

/** How what a supervisor starts is told by whom. */
export const supervisorVariable = 'DSYNC_SUPERVISOR'

export function supervisorKind(text: string | undefined): SupervisorKind | undefined {
  return supervisorKinds.find(kind => kind === text)
}
