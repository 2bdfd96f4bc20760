import { resolve } from 'node:path'
import { SyncError } from '../../core/errors.ts'
import type { HostCheck, HostRow } from '../../daemon/host-registration.ts'
import { addHost, checkHosts, listHosts, removeHost } from '../../daemon/host-registration.ts'
import { contractHome } from '../../daemon/host-paths.ts'
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
        ? ['No other host yet.  → dsync hosts add NAME --pipe DIR']
        : aligned(
            hosts.map(host => cells(host, around)),
            paint,
          ),
  }
}

export async function add(given: Arguments, around: Surroundings): Promise<Outcome> {
  const [name = ''] = given.operands
  const pipe = given.text('pipe')
  if (pipe === undefined) {
    throw new SyncError('USAGE', 'Cannot add a host without knowing how to reach it', {
      hint: `dsync hosts add ${name} --pipe DIR`,
    })
  }
  const host = await addHost(around, name, pipe.startsWith('~') ? pipe : resolve(around.cwd, pipe))
  await reloadDaemon(around)
  return {
    exit: exitCodes.ok,
    json: { hosts: [host] },
    lines: () => [
      `Added ${escape(host.name)} (pipe to ${escape(contractHome(host.directory, around.userHome))}).`,
      '  → dsync roots add DIR',
    ],
  }
}

export async function remove(given: Arguments, around: Surroundings): Promise<Outcome> {
  const host = await removeHost(around, given.operands[0] ?? '')
  await reloadDaemon(around)
  return {
    exit: exitCodes.ok,
    json: { hosts: [host] },
    lines: () => [`Removed ${escape(host.name)}. Its files stay as they are.`],
  }
}

export async function check(given: Arguments, around: Surroundings): Promise<Outcome> {
  const hosts = checkHosts(around, given.operands[0])
  const unreachable = hosts.some(({ reachable }) => !reachable)
  const wrong = hosts.some(({ problems }) => problems.length > 0)
  return {
    exit: unreachable ? exitCodes.unreachable : wrong ? exitCodes.failed : exitCodes.ok,
    json: { hosts },
    lines: paint => {
      if (hosts.length === 0) return ['No other host yet.  → dsync hosts add NAME --pipe DIR']
      return hosts.flatMap(({ name, reachable, problems }: HostCheck) => [
        `${reachable ? paint.green('reached') : paint.red('not reached')}  ${escape(name)}`,
        ...problems.map(problem => `    ${escape(problem)}`),
      ])
    },
  }
}

function cells({ name, transport, directory, roots }: HostRow, { userHome }: Surroundings): Cell[] {
  const on = roots.length === 0 ? 'no roots' : roots.map(escape).join(', ')
  return [escape(name), transport, escape(contractHome(directory, userHome)), on]
}
