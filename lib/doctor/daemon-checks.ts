import type { DaemonStatus } from '../daemon/verbs.ts'
import type { Survey } from '../remote/survey.ts'
import type { Check } from './check.ts'
import { failed, note, ok, warning } from './check.ts'
import { countOf, timeOf, wordOf } from './figures.ts'
import { localNetworkHint } from './mac-checks.ts'

/** What a daemon is compared with. */
export interface Beside {
  /** The version of the command that asks. */
  readonly version: string
  /** A survey of this host. */
  readonly here: Survey
  /** A root as people write it. */
  readonly shown: (root: string) => string
}

/** No daemon runs. @param hasRoots there is something that it would keep the same */
export function daemonDownCheck(hasRoots: boolean): Check {
  return hasRoots
    ? failed('daemon', 'It is not running: nothing is synced', 'dsync start')
    : note('daemon', 'It is not running; there is no root yet', 'dsync roots add DIR, then dsync start')
}

/** What the daemon says of itself and of its sessions. */
export function daemonChecks(status: DaemonStatus, beside: Beside): Check[] {
  return [
    daemonCheck(status, beside),
    ...hubChecks(status),
    ...status.config.map(({ message, hint }) => failed('settings', message, hint ?? 'dsync config check')),
    ...(status.logDropped > 0
      ? [
          warning(
            'logs',
            `${countOf(status.logDropped)} lines could not be written`,
            'Make room on the disk of the logs',
          ),
        ]
      : []),
    ...crashChecks(status),
    ...status.failed.map(({ root, host, why, hint }) =>
      failed('sync', `${beside.shown(root)} with ${host} is not open: ${why}`, hint ?? 'dsync logs'),
    ),
    ...(isAway(status) ? [] : linkChecks(status, beside)),
    ...status.sessions.flatMap(session => sessionChecks(session, beside)),
  ]
}

function daemonCheck({ version, pid, now, since, hub }: DaemonStatus, beside: Beside): Check {
  if (pid === 0) {
    return note(
      'daemon',
      `It is not running: commands here ask ${hub?.name ?? 'the hub'} while that is connected`,
      'dsync start',
    )
  }
  const found = `process ${pid}, up ${timeOf(now - since)}, dsync ${version}`
  if (version === beside.version) return ok('daemon', found)
  return warning(
    'daemon',
    `${found}, and this command is ${beside.version}: it still runs what was there before`,
    'dsync restart',
  )
}

/** On a host that follows the hub of another. */
function hubChecks(status: DaemonStatus): Check[] {
  const { hub, now } = status
  if (hub?.state === undefined) return []
  if (!isAway(status)) return [ok('hub', `${hub.name}, which is connected`)]
  const heard =
    hub.lastHeard === undefined ? 'was not heard of yet' : `was last heard of ${timeOf(now - hub.lastHeard)} ago`
  const meaning = `${hub.name}, which is away and ${heard}: nothing is synced until it is back; what is below was so then`
  return [warning('hub', meaning, `Wake ${hub.name}, or dsync hub take`)]
}

function isAway({ hub }: DaemonStatus): boolean {
  return hub?.state === 'away'
}

function crashChecks({ crashes, now }: DaemonStatus): Check[] {
  const [last] = crashes
  if (last === undefined) return []
  const times = crashes.length === 1 ? 'crashed' : `crashed ${crashes.length} times, last`
  const meaning = `the daemon ${times} ${timeOf(now - last.at)} ago: ${last.why.split('\n')[0] ?? ''}`
  return [warning('crashes', meaning, `cat ${wordOf(last.file)}, then rm it and dsync restart`)]
}

type Session = DaemonStatus['sessions'][number]

/** A row for each host: its roots share what the network does to them. */
function linkChecks({ sessions }: DaemonStatus, { here }: Beside): Check[] {
  const hosts = new Set(sessions.map(({ host }) => host))
  return Array.from(hosts, host => {
    const all = sessions.filter(session => session.host === host)
    const [apart] = all.filter(({ state }) => state === 'disconnected')
    if (apart !== undefined) {
      const why = apart.why ?? 'no reason is known'
      const fix = localNetworkHint(here, why) ?? `dsync hosts check ${host}`
      return failed(`link to ${host}`, `the daemon does not reach it: ${why}`, fix)
    }
    const trip = Math.max(...all.map(({ roundTripMs }) => roundTripMs ?? 0))
    const time = trip === 0 ? '' : `, ${Math.max(1, Math.round(trip))} ms there and back`
    const isUp = all.every(({ state }) => state !== 'connecting')
    return isUp
      ? ok(`link to ${host}`, `${all[0]?.transport ?? ''}${time}`)
      : note(`link to ${host}`, 'being connected')
  })
}

function sessionChecks(session: Session, { shown }: Beside): Check[] {
  const { root, host, state, why, holds, problems } = session
  const [check, word] = [`sync of ${shown(root)}`, wordOf(shown(root))]
  const checks: Check[] = holds.map(hold =>
    hold.guard === 'trash-full'
      ? failed(
          check,
          `the trash on ${hostOf(session, hold.side)} is full of what must be kept: ${hold.why}`,
          `Make room on its disk, then dsync approve ${word}`,
        )
      : failed(check, `held with ${host}: ${hold.why}`, `dsync approve ${word}`),
  )
  if (state === 'halted' && holds.length === 0)
    checks.push(failed(check, `halted with ${host}: ${why ?? 'no reason is known'}`, 'dsync status'))
  if (state === 'paused') checks.push(note(check, `paused with ${host}`, `dsync resume ${word}`))
  if (session.conflicts > 0)
    checks.push(note(check, `${countOf(session.conflicts)} conflicts with ${host}`, `dsync conflicts ${word}`))
  if (problems.total > 0)
    checks.push(warning(check, `${countOf(problems.total)} paths cannot be synced with ${host}`, 'dsync status'))
  for (const side of ['alpha', 'beta'] as const) checks.push(...sideChecks(session, side, check))
  return checks
}

/** How a replica came to work, where that is not the best way there is. */
function sideChecks(session: Session, side: 'alpha' | 'beta', check: string): Check[] {
  const facts = session.sides[side]
  if (facts === undefined) return []
  const host = hostOf(session, side)
  const checks: Check[] = []
  if (facts.watcher === 'polling') checks.push(note(check, `polled on ${host}: changes are seen some seconds later`))
  if (facts.watcher === 'fs-watch')
    checks.push(note(check, `watched by fs.watch on ${host}, which hides dropped events and renames`))
  if (facts.swap === 'copy') {
    checks.push(note(check, `files are replaced by copying on ${host}: its disk can do no better`))
  }
  return checks
}

function hostOf({ host }: Session, side: 'alpha' | 'beta'): string {
  return side === 'alpha' ? 'this host' : host
}
