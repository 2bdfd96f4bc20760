import type { ChangedFile } from './service-files.ts'
import type { Linger } from './linger.ts'
import type { JobLook } from './supervisor.ts'
import type { SupervisorKind } from '../daemon/supervisor-kind.ts'

/** Something about a service that is not as it should be, and what to do about it. */
export interface ServiceFinding {
  readonly about: 'file' | 'program' | 'job' | 'daemon' | 'linger'
  readonly message: string
  readonly hint: string
  /** Nothing is broken: the person may want it so. */
  readonly isRemark?: true
}

/** What was seen of a service. */
export interface ServiceSight {
  readonly kind: SupervisorKind
  readonly look: JobLook
  /** Files, or the block in the crontab, that are not as `install` would write them. */
  readonly files: readonly ChangedFile[]
  /** Why the program does not start in the service's environment. */
  readonly programTrouble?: string
  /** The daemon of this home that runs, whoever started it. */
  readonly daemonPid?: number
  readonly linger?: Linger
}

const repair = 'dsync service install'

/** What a person should know about a service, worst first. Pure. */
export function serviceFindings(sight: ServiceSight): ServiceFinding[] {
  const { kind, look, files, programTrouble, daemonPid, linger } = sight
  const findings: ServiceFinding[] = []
  if (programTrouble !== undefined) {
    findings.push({ about: 'program', message: `its program does not start: ${programTrouble}`, hint: repair })
  }
  for (const { path, how } of files) {
    const what = how === 'missing' ? 'is gone' : 'is not what dsync wrote'
    findings.push({ about: 'file', message: `${path} ${what}`, hint: repair })
  }
  if (!look.isLoaded) findings.push({ about: 'job', message: `${kind} does not know of it`, hint: repair })
  else if (!look.isEnabled)
    findings.push({ about: 'job', message: `${kind} does not start it by itself`, hint: repair })
  if (look.state === 'failed' || look.state === 'waiting') {
    const end = look.lastEnd === undefined ? '' : `: ${look.lastEnd}`
    const what = look.state === 'failed' ? 'has given the daemon up' : 'is about to start the daemon again'
    findings.push({ about: 'daemon', message: `${kind} ${what}${end}`, hint: 'dsync service logs' })
  } else if (daemonPid !== undefined && daemonPid !== look.pid) {
    const message = `the daemon (process ${daemonPid}) was not started by ${kind}, which will not start it again`
    findings.push({ about: 'daemon', message, hint: 'dsync restart' })
  } else if (daemonPid === undefined && look.isLoaded) {
    findings.push({ about: 'daemon', message: 'the daemon is stopped', hint: 'dsync start', isRemark: true })
  }
  if (linger === 'no') {
    const message = 'it stops when you log out, and starts when you log in'
    findings.push({ about: 'linger', message, hint: 'dsync service install --linger', isRemark: true })
  }
  return findings
}
