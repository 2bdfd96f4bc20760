import type { ServiceFinding } from '../service/service-findings.ts'
import type { Check } from './check.ts'
import { failed, note, ok, warning } from './check.ts'

/** A service as `dsync service status` finds it. */
export interface FoundService {
  /** Who keeps the daemon up: `launchd`, `systemd`, `cron`. */
  readonly kind: string
  readonly findings: readonly ServiceFinding[]
}

/** What keeps the daemon up. @param hasRoots there is something that it would keep the same */
export function serviceChecks(service: FoundService | undefined, hasRoots: boolean): Check[] {
  if (service === undefined) {
    const meaning = 'none: after this machine has started, nothing is synced until you run dsync start'
    return hasRoots ? [note('service', meaning, 'dsync service install')] : []
  }
  const checks = service.findings.map(({ about, message, hint, isRemark }) => {
    if (isRemark === true) return note('service', message, hint)
    return about === 'program' ? failed('service', message, hint) : warning('service', message, hint)
  })
  return checks.length === 0 ? [ok('service', `${service.kind} keeps the daemon up`)] : checks
}
