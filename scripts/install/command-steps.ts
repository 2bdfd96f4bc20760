import { resolve } from 'node:path'
import { SyncError, codeOf } from '../../lib/core/errors.ts'
import { readConfig } from '../../lib/daemon/config-reader.ts'
import { contractHome } from '../../lib/daemon/host-paths.ts'
import { lookAt } from '../../lib/kit/look.ts'
import { previewChange } from '../../lib/kit/preview.ts'
import { chooseSupervisor } from '../../lib/service/choose-supervisor.ts'
import { CronSupervisor } from '../../lib/service/cron-supervisor.ts'
import { toolRunner } from '../../lib/service/run-tool.ts'
import { planServiceFiles } from '../../lib/service/service-files.ts'
import { readService } from '../../lib/service/service-record.ts'
import { supervisorOf } from '../../lib/service/supervisors.ts'
import { existsSync } from 'node:fs'
import { usualRoots } from '../../lib/kit/first-paths.ts'
import type { Ran, Setting } from './setting.ts'
import { dsync, expanded } from './setting.ts'
import type { Step } from './step.ts'

/** A host for each `--host`: the command that adds it equips it, too. */
export function hostSteps(names: readonly string[], setting: Setting): Step[] {
  const known = readConfig(setting.home).config?.hosts ?? {}
  const offline = setting.given.has('offline') ? ['--offline'] : []
  return names.map(name =>
    commandStep('host', name, Object.hasOwn(known, name), ['hosts', 'add', name, ...offline], setting),
  )
}

/** A root for each `--root`; on a first installation with a host and without roots, the usual ones that are there. */
export function rootSteps(hosts: readonly string[], setting: Setting): Step[] {
  const { given, home, userHome, cwd } = setting
  const told = given.texts('root').map(root => resolve(cwd, expanded(root, userHome)))
  const isFirst = !existsSync(home.paths) && told.length === 0 && hosts.length > 0
  const usual = usualRoots.map(root => expanded(root, userHome)).filter(root => lookAt(root).kind === 'directory')
  const known = readConfig(home).config?.paths ?? []
  return (isFirst ? usual : told).map(root => {
    const path = contractHome(root, userHome)
    return commandStep('root', path, known.includes(path) || known.includes(root), ['roots', 'add', root], setting)
  })
}

/** A daemon that the system keeps up; where nothing does, and with `--no-service`, one that is started by hand. */
export async function serviceStep(setting: Setting): Promise<Step> {
  const { home, uid, environment } = setting
  if (setting.given.has('no-service')) return { ...nothing('service'), says: 'none: dsync start' }
  const run = toolRunner({ ...environment, XDG_RUNTIME_DIR: environment['XDG_RUNTIME_DIR'] || `/run/user/${uid}` })
  try {
    const kind = await chooseSupervisor(process.platform, run)
    const isThere = readService(home) !== undefined && dsyncIfThere(setting, 'service', 'status')?.code === 0
    const says = `${kind} keeps the daemon up`
    const step = commandStep('service', says, isThere, ['service', 'install', '--yes'], setting)
    return { ...step, preview: () => servicePreview(setting, kind, run) }
  } catch (error) {
    if (!(error instanceof SyncError) || codeOf(error) !== 'REFUSED') throw error
    const isUp = dsyncIfThere(setting, 'status')?.code !== 6 && existsSync(setting.layout.currentRelease)
    const step = commandStep('daemon', 'runs until the machine is shut down', isUp, ['start'], setting)
    return { ...step, notes: [`${error.message}  → ${error.hint ?? 'dsync start, after each boot'}`] }
  }
}

/** Goes on with the new release: a daemon that runs has the one before. */
export function restartStep(setting: Setting): Step {
  return {
    ...nothing('restart'),
    isDone: false,
    says: 'the daemon, with the new release',
    preview: () => [],
    carryOut: () => {
      // 6: none runs.
      const { code } = dsync(setting, 'status')
      if (code !== 6) orThrow(dsync(setting, 'restart'), 'restart')
    },
  }
}

/** Brings the other hosts to the new release, lest they and this one speak differently. */
export function hostUpdateStep(setting: Setting): Step {
  const offline = setting.given.has('offline') ? ['--offline'] : []
  return commandStep('hosts', 'brought up to date', false, ['hosts', 'update', ...offline], setting)
}

function servicePreview(
  setting: Setting,
  kind: Awaited<ReturnType<typeof chooseSupervisor>>,
  run: Parameters<typeof supervisorOf>[1]['run'],
): string[] {
  const { home, layout, userHome, uid } = setting
  const place = { kind, userHome, home: home.directory, kit: layout.currentRelease, runtime: '' }
  const hands = { pid: () => undefined, start: async () => {}, stop: async () => {} }
  const supervisor = supervisorOf(place, { uid, run, hands })
  if (supervisor instanceof CronSupervisor) return ['crontab: a marked block  → dsync service install --dry-run']
  return planServiceFiles(supervisor, lookAt, []).changes.flatMap(previewChange)
}

function commandStep(name: string, says: string, isDone: boolean, words: readonly string[], setting: Setting): Step {
  return {
    name,
    isDone,
    says,
    preview: () => [`dsync ${words.join(' ')}`],
    carryOut: () => orThrow(dsync(setting, ...words), words.join(' ')),
  }
}

function nothing(name: string): Step {
  return { name, isDone: true, says: '', preview: () => [], carryOut: () => {} }
}

/** Throws what a command said of its failure: its own message and next command. */
export function orThrow({ code, err }: Ran, words: string): void {
  if (code === 0) return
  const [message = `dsync ${words} ended with ${code}`, next] = err.trim().split('\n')
  const hint = next?.replace(/^\s*→\s*/, '')
  throw new SyncError('REFUSED', message.replace(/^dsync: /, ''), hint === undefined ? {} : { hint })
}

function dsyncIfThere(setting: Setting, ...words: readonly string[]): Ran | undefined {
  return existsSync(setting.layout.currentRelease) ? dsync(setting, ...words) : undefined
}
