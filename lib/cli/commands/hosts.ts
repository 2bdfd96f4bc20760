import { resolve } from 'node:path'
import { SyncError } from '../../core/errors.ts'
import type { Config } from '../../daemon/config.ts'
import { requireConfig } from '../../daemon/config-reader.ts'
import type { HostCheck, HostRow } from '../../daemon/host-registration.ts'
import { addHost, askedHosts, checkHosts, listHosts, removeHost, updateHost } from '../../daemon/host-registration.ts'
import { contractHome } from '../../daemon/host-paths.ts'
import type { AskedHost, HostFacts } from '../../daemon/host-question.ts'
import { rememberPrograms, rememberShell } from '../../daemon/other-host.ts'
import type { Admission } from '../../doctor/admission.ts'
import { lookOver, programPaths, refuseUnfit } from '../../doctor/admission.ts'
import type { Check } from '../../doctor/check.ts'
import type { Equipment, HostEquipment } from '../../kit/equip-host.ts'
import type { Survey } from '../../remote/survey.ts'
import type { Cell } from '../aligned.ts'
import { aligned } from '../aligned.ts'
import type { Arguments } from '../command-spec.ts'
import { checkLines } from '../check-lines.ts'
import { reloadDaemon } from '../daemon-reload.ts'
import { EquipProgress } from '../equip-progress.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import type { HubThere } from './hub-there.ts'
import { tellHubThere } from './hub-there.ts'

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
  let put: Equipment = {}
  const admission = 'ssh' in how ? await admitted(around, name, how.ssh) : undefined
  const equip = (asked: AskedHost) => {
    const wantsKit = !given.has('no-kit')
    const equipment = equipmentOf(asked, given, around, { ...admission, wantsKit })
    return { bringRuntime: equipment.bringRuntime, bringKit: async () => (put = await equipment.bringKit()) }
  }
  const host = await addHost(around, name, how, { equip }).finally(() => around.terminal.progress(''))
  if (admission !== undefined) rememberPrograms(around.home, name, programPaths(admission.survey))
  const hub = given.has('shell') && put.kit !== undefined ? await shellsSetUp(name, admission, around) : undefined
  await reloadDaemon(around)
  const checks = [...(admission?.checks ?? []), ...(hub?.checks ?? [])]
  return {
    exit: exitCodes.ok,
    json: { hosts: [{ ...host, ...putRow(put) }], ...(admission !== undefined && { checks }) },
    lines: paint => [
      `Added ${escape(host.name)} (${host.transport} to ${targetOf(host, around)}).`,
      ...putLines(put),
      ...hubLines(hub),
      ...checkLines(checks, paint),
      '  → dsync roots add DIR',
    ],
  }
}

export async function update(given: Arguments, around: Surroundings): Promise<Outcome> {
  const hosts = askedHosts(around, given.operands[0])
  const dryRun = given.has('dry-run')
  const done: { readonly name: string; readonly put: Equipment; readonly hub: HubThere | undefined }[] = []
  for (const host of dryRun ? [] : hosts) {
    try {
      const admission = await admitted(around, host.name, host.target)
      // One that was added without the kit gets it only when it is named.
      const wantsKit = given.operands.length > 0 || given.has('shell') || admission?.survey.kit.release !== undefined
      const put = await updateHost(around, host.name, equipmentOf(host, given, around, { ...admission, wantsKit }))
      if (admission !== undefined) rememberPrograms(around.home, host.name, programPaths(admission.survey))
      const hub = given.has('shell') ? await shellsSetUp(host.name, admission, around) : undefined
      done.push({ name: host.name, put, hub })
    } finally {
      around.terminal.progress('')
    }
  }
  if (done.length > 0) await reloadDaemon(around)
  const rows = done.map(({ name, put, hub }) => ({
    name,
    ...putRow(put),
    ...(hub !== undefined && { checks: hub.checks }),
  }))
  return {
    exit: exitCodes.ok,
    json: dryRun ? { hosts: hosts.map(({ name }) => ({ name })), dryRun: true } : { hosts: rows },
    lines: paint => {
      if (hosts.length === 0) return ['No host that is reached by ssh.  → dsync hosts add NAME --ssh USER@HOST']
      if (dryRun) return hosts.map(({ name }) => `Would look at ${escape(name)} and put there what it lacks.`)
      return done.flatMap(({ name, put, hub }) => {
        const lines = [...putLines(put), ...hubLines(hub), ...checkLines(hub?.checks ?? [], paint)]
        return lines.length === 0 ? [`${escape(name)} is up to date.`] : [`Updated ${escape(name)}.`, ...lines]
      })
    },
  }
}

/** Shells that were set up there know this host from then on. @param admission how the host was found before */
async function shellsSetUp(name: string, admission: Admission | undefined, around: Surroundings): Promise<HubThere> {
  const isInstalled = admission?.survey.files.some(({ path }) => path === 'state/installed.json')
  if (isInstalled === false) rememberShell(around.home, name)
  around.terminal.progress(`${escape(name)}: trying the way back …`)
  return await tellHubThere(name, around).finally(() => around.terminal.progress(''))
}

function hubLines(hub: HubThere | undefined): string[] {
  return hub?.name === undefined ? [] : [`  new shells there have switch-${escape(hub.name)}`]
}

/** What tells on the terminal what it does. */
function equipmentOf(
  host: AskedHost,
  given: Arguments,
  around: Surroundings,
  { survey, wantsKit }: { readonly survey?: Survey; readonly wantsKit: boolean },
): Pick<HostEquipment, keyof HostEquipment> {
  const progress = new EquipProgress(host.name)
  return around.equipHost(host, {
    wantsKit,
    wantsShell: given.has('shell'),
    isOffline: given.has('offline'),
    ...(survey !== undefined && { survey }),
    signal: around.signal,
    tell: step => around.terminal.progress(progress.text(step, performance.now())),
  })
}

/** For `--json`: nothing where all of it was there. */
function putRow(equipment: Equipment): { readonly put?: { readonly runtime?: string; readonly kit?: string } } {
  const { runtime } = equipment
  const kit = newKit(equipment)
  if (runtime === undefined && kit === undefined) return {}
  return { put: { ...(runtime !== undefined && { runtime }), ...(kit !== undefined && { kit }) } }
}

function putLines(equipment: Equipment): string[] {
  const kit = newKit(equipment)
  const put = [equipment.runtime, kit && `dsync ${kit}`].filter(each => each !== undefined)
  return put.length === 0 ? [] : [`  put there: ${put.join(' and ')}`]
}

function newKit({ kit }: Equipment): string | undefined {
  return kit?.isNew === true ? kit.placed : undefined
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
  const isUninstall = given.has('uninstall') || given.has('purge')
  const [name = ''] = given.operands
  const [asked] = isUninstall ? askedHosts(around, name) : []
  const foreseenRow = await removeHost(around, name, { dryRun: true })
  if (dryRun) {
    const gone = isUninstall ? ' dsync would be taken away from it.' : ''
    return foreseen(foreseenRow, `Would remove ${escape(name)}. Its files would stay as they are.${gone}`)
  }
  if (asked !== undefined) await equipmentOf(asked, given, around, { wantsKit: false }).takeAway(given.has('purge'))
  const host = await removeHost(around, name)
  await reloadDaemon(around)
  return {
    exit: exitCodes.ok,
    json: { hosts: [host] },
    lines: () => [
      `Removed ${escape(host.name)}. Its files stay as they are.${isUninstall ? ' dsync is gone from it.' : ''}`,
    ],
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
