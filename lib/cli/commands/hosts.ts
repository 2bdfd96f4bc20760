import { resolve } from 'node:path'
import { SyncError } from '../../core/errors.ts'
import type { HostCheck, HostRow } from '../../daemon/host-registration.ts'
import { addHost, checkHosts, listHosts, removeHost } from '../../daemon/host-registration.ts'
import { contractHome } from '../../daemon/host-paths.ts'
import type { HostFacts } from '../../daemon/host-question.ts'
import type { Cell } from '../aligned.ts'
import { aligned } from '../aligned.ts'
import type { Arguments } from '../command-spec.ts'
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
  const dryRun = given.has('dry-run')
  const host = await addHost(
    around,
    name,
    pipe === undefined ? { ssh: ssh ?? name } : { pipe: pipe.startsWith('~') ? pipe : resolve(around.cwd, pipe) },
    { dryRun },
  )
  if (dryRun) {
    const asking = pipe === undefined ? ' It is reached and asked only then.' : ''
    return foreseen(host, `Would add ${escape(host.name)} (${host.transport} to ${targetOf(host, around)}).${asking}`)
  }
  await reloadDaemon(around)
  return {
    exit: exitCodes.ok,
    json: { hosts: [host] },
    lines: () => [
      `Added ${escape(host.name)} (${host.transport} to ${targetOf(host, around)}).`,
      '  → dsync roots add DIR',
    ],
  }
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
  const hosts = await checkHosts(around, given.operands[0])
  const unreachable = hosts.some(({ reachable }) => !reachable)
  const wrong = hosts.some(({ problems }) => problems.length > 0)
  // What waits for a host that is there again need not wait any longer.
  if (hosts.some(({ reachable }) => reachable)) await reloadDaemon(around)
  return {
    exit: unreachable ? exitCodes.unreachable : wrong ? exitCodes.failed : exitCodes.ok,
    json: { hosts },
    lines: paint => {
      if (hosts.length === 0) return ['No other host yet.  → dsync hosts add NAME --ssh USER@HOST']
      return hosts.flatMap(({ name, reachable, problems, facts }: HostCheck) => [
        `${reachable ? paint.green('reached') : paint.red('not reached')}  ${escape(name)}${facts === undefined ? '' : `  ${said(facts)}`}`,
        ...problems.flatMap(({ message, hint }) => [
          `    ${escape(message)}`,
          ...(hint === undefined ? [] : [`    → ${escape(hint)}`]),
        ]),
      ])
    },
  }
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
