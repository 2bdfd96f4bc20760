import { resolve } from 'node:path'
import { SyncError } from '../../core/errors.ts'
import type { Config } from '../../daemon/config.ts'
import { requireConfig } from '../../daemon/config-reader.ts'
import type { HostCheck, HostRow } from '../../daemon/host-registration.ts'
import { addHost, checkHosts, listHosts, removeHost } from '../../daemon/host-registration.ts'
import { contractHome } from '../../daemon/host-paths.ts'
import type { HostFacts } from '../../daemon/host-question.ts'
import { rememberPrograms } from '../../daemon/other-host.ts'
import type { Admission } from '../../doctor/admission.ts'
import { lookOver, programPaths, refuseUnfit } from '../../doctor/admission.ts'
import type { Check } from '../../doctor/check.ts'
import type { Cell } from '../aligned.ts'
import { aligned } from '../aligned.ts'
import type { Arguments } from '../command-spec.ts'
import { checkLines } from '../check-lines.ts'
import { reloadDaemon } from '../daemon-reload.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

export async function list(_given: Arguments, around: Surroundings): Promise<Outcome> {
  const hosts = listHosts(around)
  return {
    exit: exitCodes.ok,
    json: { hosts },
    lines: paint =>
      hosts.length === 0
        ? ['No other host yet.  → dsync hosts add NAME --ssh USER@HOST']
        : aligned(
            hosts.map(host => cells(host, around)),
            paint,
          ),
  }
}

export async function add(given: Arguments, around: Surroundings): Promise<Outcome> {
  const [name = ''] = given.operands
  const [pipe, ssh] = [given.text('pipe'), given.text('ssh')]
  if (pipe !== undefined && ssh !== undefined) {
    throw new SyncError('USAGE', 'Cannot add a host that is reached by --ssh and by --pipe: choose one', {
      hint: 'dsync help hosts add',
    })
  }
  const how =
    pipe === undefined ? { ssh: ssh ?? name } : { pipe: pipe.startsWith('~') ? pipe : resolve(around.cwd, pipe) }
  const foreseenHost = await addHost(around, name, how, { dryRun: true })
  if (given.has('dry-run')) {
    const asking = pipe === undefined ? ' It is reached and asked only then.' : ''
    return foreseen(
      foreseenHost,
      `Would add ${escape(foreseenHost.name)} (${foreseenHost.transport} to ${targetOf(foreseenHost, around)}).${asking}`,
    )
  }
  const admission = 'ssh' in how ? await admitted(around, name, how.ssh) : undefined
  const host = await addHost(around, name, how)
  if (admission !== undefined) rememberPrograms(around.home, name, programPaths(admission.survey))
  await reloadDaemon(around)
  const checks = admission?.checks ?? []
  return {
    exit: exitCodes.ok,
    json: { hosts: [host], ...(admission !== undefined && { checks }) },
    lines: paint => [
      `Added ${escape(host.name)} (${host.transport} to ${targetOf(host, around)}).`,
      ...checkLines(checks, paint),
      '  → dsync roots add DIR',
    ],
  }
}

/** Looks a new host over before anything is put there. Throws what stands in the way. */
async function admitted(around: Surroundings, name: string, ssh: string): Promise<Admission | undefined> {
  const known = requireConfig(around.home)
  const config = { ...known, hosts: { ...known.hosts, [name]: { ssh } } }
  around.terminal.progress(`Looking at ${escape(name)} …`)
  const admission = await lookOver({ ...around, config }, name, around.takeSurvey)
  if (admission !== undefined) refuseUnfit(name, admission)
  return admission
}

export async function remove(given: Arguments, around: Surroundings): Promise<Outcome> {
  const dryRun = given.has('dry-run')
  const host = await removeHost(around, given.operands[0] ?? '', { dryRun })
  if (dryRun) return foreseen(host, `Would remove ${escape(host.name)}. Its files would stay as they are.`)
  await reloadDaemon(around)
  return {
    exit: exitCodes.ok,
    json: { hosts: [host] },
    lines: () => [`Removed ${escape(host.name)}. Its files stay as they are.`],
  }
}

function foreseen(host: HostRow, line: string): Outcome {
  return { exit: exitCodes.ok, json: { hosts: [host], dryRun: true }, lines: () => [line] }
}

export async function check(given: Arguments, around: Surroundings): Promise<Outcome> {
  const config = requireConfig(around.home)
  const hosts = await Promise.all(
    (await checkHosts(around, given.operands[0])).map(async host => ({
      ...host,
      checks: await lookedOver(host, config, around),
    })),
  )
  const unreachable = hosts.some(({ reachable }) => !reachable)
  const wrong = hosts.some(
    ({ problems, checks }) => problems.length > 0 || checks.some(({ result }) => result === 'failed'),
  )
  // What waits for a host that is there again need not wait any longer.
  if (hosts.some(({ reachable }) => reachable)) await reloadDaemon(around)
  return {
    exit: unreachable ? exitCodes.unreachable : wrong ? exitCodes.failed : exitCodes.ok,
    json: { hosts },
    lines: paint => {
      if (hosts.length === 0) return ['No other host yet.  → dsync hosts add NAME --ssh USER@HOST']
      return hosts.flatMap(({ name, reachable, problems, facts, checks }) => [
        `${reachable ? paint.green('reached') : paint.red('not reached')}  ${escape(name)}${facts === undefined ? '' : `  ${said(facts)}`}`,
        ...problems.flatMap(({ message, hint }) => [
          `    ${escape(message)}`,
          ...(hint === undefined ? [] : [`    → ${escape(hint)}`]),
        ]),
        ...checkLines(checks, paint),
      ])
    },
  }
}

/** What is not as it should be on a host that is reached; where its programs lie is remembered. */
async function lookedOver(
  { name, reachable }: HostCheck,
  config: Config,
  around: Surroundings,
): Promise<readonly Check[]> {
  if (!reachable) return []
  const admission = await lookOver({ ...around, config }, name, around.takeSurvey)
  if (admission === undefined) return []
  rememberPrograms(around.home, name, programPaths(admission.survey))
  return admission.checks
}

function said({ platform, runtime, rsync }: HostFacts): string {
  return escape([platform, runtime, rsync ?? 'no rsync'].join(', '))
}

function targetOf({ transport, target }: HostRow, { userHome }: Surroundings): string {
  return escape(transport === 'pipe' ? contractHome(target, userHome) : target)
}

function cells(host: HostRow, around: Surroundings): Cell[] {
  const on = host.roots.length === 0 ? 'no roots' : host.roots.map(escape).join(', ')
  return [escape(host.name), host.transport, targetOf(host, around), on]
}
