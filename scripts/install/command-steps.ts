import { resolve } from 'node:path'
import { SyncError, codeOf } from '../../lib/core/errors.ts'
import { readConfig } from '../../lib/daemon/config-reader.ts'
import { contractHome } from '../../lib/daemon/host-paths.ts'
import type { SupervisorKind } from '../../lib/daemon/supervisor-kind.ts'
import { lookAt } from '../../lib/kit/look.ts'
import { previewChange } from '../../lib/kit/preview.ts'
import { chooseSupervisor } from '../../lib/service/choose-supervisor.ts'
import { CronSupervisor } from '../../lib/service/cron-supervisor.ts'
import { lingerOf } from '../../lib/service/linger.ts'
import { toolRunner } from '../../lib/service/run-tool.ts'
import { planServiceFiles } from '../../lib/service/service-files.ts'
import { readService } from '../../lib/service/service-record.ts'
import type { RunTool } from '../../lib/service/supervisor.ts'
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

/**
 * A daemon that the system keeps up, where logind lets it also while nobody is logged in; where nothing does, and with
 * `--no-service`, one that is started by hand.
 */
export async function serviceStep(setting: Setting): Promise<Step> {
  const { home, uid, userName, environment } = setting
  if (setting.given.has('no-service')) return { ...nothing('service'), says: 'none: dsync start' }
  const run = toolRunner({ ...environment, XDG_RUNTIME_DIR: environment['XDG_RUNTIME_DIR'] || `/run/user/${uid}` })
  const isDone = readService(home) !== undefined && dsyncIfThere(setting, 'service', 'status')?.code === 0
  // Who lingers has a systemd: also where it does not see them as logged in.
  const isAsked = !isDone && (await lingerOf(userName, run)) === 'no'
  const found = await supervisorOrWhy(run)
  const kind = isAsked ? 'systemd' : found.kind
  if (kind === undefined) {
    const isUp = dsyncIfThere(setting, 'status')?.code !== 6 && existsSync(setting.layout.currentRelease)
    return { ...commandStep('daemon', byHand, isUp, ['start'], setting), notes: found.whys }
  }
  const install = ['service', 'install', '--yes']
  const keeps = (who: string): string => `${who} keeps the daemon up`
  const plain =
    found.kind === undefined ? { words: ['start'], says: byHand } : { words: install, says: keeps(found.kind) }
  const lingering = { words: [...install, '--linger'], says: `${keeps(kind)}, also while you are logged out` }
  const ways = isAsked ? [lingering, plain] : [plain]
  const notes: string[] = []
  return {
    name: 'service',
    isDone,
    // Each way that was refused has left a note.
    get says() {
      return ways[notes.length]?.says ?? ''
    },
    preview: () => [...servicePreview(setting, kind, run), ...(isAsked ? [`loginctl enable-linger ${userName}`] : [])],
    carryOut: () => goFirstWay(ways, setting, notes),
    notes,
  }
}

const byHand = 'runs until the machine is shut down'

/** Who keeps services up here, or why nobody does. */
interface Found {
  readonly kind?: SupervisorKind
  readonly whys: readonly string[]
}

async function supervisorOrWhy(run: RunTool): Promise<Found> {
  try {
    return { kind: await chooseSupervisor(process.platform, run), whys: [] }
  } catch (error) {
    if (!(error instanceof SyncError) || codeOf(error) !== 'REFUSED') throw error
    return { whys: [noteOf(error)] }
  }
}

/** What may bring a step about. */
interface Way {
  readonly words: readonly string[]
  /** What it comes to. */
  readonly says: string
}

/** Goes the first way that nothing stands in, and notes what stands in those before. Throws that of the last. */
function goFirstWay(ways: readonly Way[], setting: Setting, notes: string[]): void {
  notes.length = 0
  for (const [i, { words }] of ways.entries()) {
    const ran = dsync(setting, ...words)
    if (ran.code === 0) return
    const error = errorOf(ran, words.join(' '))
    if (i === ways.length - 1) throw error
    notes.push(noteOf(error))
  }
}

function noteOf({ message, hint }: SyncError): string {
  return hint === undefined ? message : `${message}  → ${hint}`
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

function servicePreview(setting: Setting, kind: SupervisorKind, run: RunTool): string[] {
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
export function orThrow(ran: Ran, words: string): void {
  if (ran.code !== 0) throw errorOf(ran, words)
}

function errorOf({ code, err }: Ran, words: string): SyncError {
  const [message = `dsync ${words} ended with ${code}`, next] = err.trim().split('\n')
  const hint = next?.replace(/^\s*→\s*/, '')
  return new SyncError('REFUSED', message.replace(/^dsync: /, ''), hint === undefined ? {} : { hint })
}

function dsyncIfThere(setting: Setting, ...words: readonly string[]): Ran | undefined {
  return existsSync(setting.layout.currentRelease) ? dsync(setting, ...words) : undefined
}
