import type { Plan } from '../kit/footprint.ts'
import { lookAt } from '../kit/look.ts'
import { previewChange } from '../kit/preview.ts'
import { CronSupervisor } from '../service/cron-supervisor.ts'
import { lingerOf } from '../service/linger.ts'
import { programTrouble } from '../service/program-check.ts'
import { changedFiles } from '../service/service-files.ts'
import type { ServiceFinding } from '../service/service-findings.ts'
import { serviceFindings } from '../service/service-findings.ts'
import type { ServicePlace } from '../service/service-place.ts'
import type { RunTool, Supervisor } from '../service/supervisor.ts'
import { supervisorOf } from '../service/supervisors.ts'
import { changedLines } from './changed-lines.ts'
import { holder } from './daemon-process.ts'
import { escape } from './escape.ts'
import type { Paint } from './paint.ts'
import { handsOf, serviceTool } from './service-access.ts'
import type { Surroundings } from './surroundings.ts'

/** A service that a command works on, and all that it takes. */
export interface ServiceHand {
  readonly around: Surroundings
  readonly place: ServicePlace
  readonly run: RunTool
  readonly supervisor: Supervisor
}

export async function serviceHand(around: Surroundings, place: ServicePlace): Promise<ServiceHand> {
  const run = await serviceTool(around)
  const tools = { uid: around.service.uid, run, hands: handsOf(around) }
  return { around, place, run, supervisor: supervisorOf(place, tools) }
}

/** A person's crontab as it is and as it is to be. */
export interface CrontabChange {
  readonly before: string
  readonly after: string
}

/** What would become of the person's crontab; undefined when it stays, or has nothing to do with it. */
export async function crontabOf({ supervisor }: ServiceHand): Promise<CrontabChange | undefined> {
  if (!(supervisor instanceof CronSupervisor)) return undefined
  const change = await supervisor.change()
  return change.before === change.after ? undefined : change
}

/** What a person should know of a service now. */
export async function findingsOf(hand: ServiceHand): Promise<readonly ServiceFinding[]> {
  const { supervisor, around, run, place } = hand
  const trouble = await programTrouble(place)
  const daemonPid = holder(around)?.record.pid
  const tab = await crontabOf(hand)
  const cron = tab === undefined ? [] : [{ path: 'the block in your crontab', how: 'changed' as const }]
  const linger = supervisor.kind === 'systemd' ? await lingerOf(around.service.userName, run) : undefined
  return serviceFindings({
    kind: supervisor.kind,
    look: await supervisor.look(),
    files: [...changedFiles(supervisor, lookAt), ...cron],
    ...(trouble !== undefined && { programTrouble: trouble }),
    ...(daemonPid !== undefined && { daemonPid }),
    ...(linger !== undefined && { linger }),
  })
}

export function findingLines(findings: readonly ServiceFinding[], paint: Paint): string[] {
  return findings.map(({ message, hint, isRemark }) => {
    const sign = isRemark === true ? paint.dim('·') : paint.yellow('!')
    return `  ${sign} ${escape(message)}  → ${escape(hint)}`
  })
}

/** Every change as git would show it. */
export function changeLines({ changes, blocked }: Plan, tab: CrontabChange | undefined, paint: Paint): string[] {
  return [
    ...changes.flatMap(change => previewChange(change).map(line => escape(line))),
    ...blocked.map(blockedLine),
    ...(tab === undefined ? [] : ['crontab:', ...changedLines(tab.before, tab.after, paint)]),
  ]
}

export function blockedLine({ path, why }: Plan['blocked'][number]): string {
  return `  ${escape(path)} stays: ${escape(why)}`
}
