import { ensureKitHome } from '../../daemon/kit-home.ts'
import { readPrivateFile } from '../../daemon/private-file.ts'
import type { Plan } from '../../kit/footprint.ts'
import { previewChange } from '../../kit/preview.ts'
import { chooseSupervisor } from '../../service/choose-supervisor.ts'
import { CronSupervisor } from '../../service/cron-supervisor.ts'
import { findPlace } from '../../service/find-place.ts'
import { lingerOf, setLinger } from '../../service/linger.ts'
import { programTrouble } from '../../service/program-check.ts'
import { lay, readManifest, writeManifest } from '../../kit/lay.ts'
import { kitLayout } from '../../kit/layout.ts'
import { lookAt } from '../../kit/look.ts'
import { changedFiles, planServiceFiles, planServiceRemoval, refuseForeign } from '../../service/service-files.ts'
import type { ServiceFinding } from '../../service/service-findings.ts'
import { serviceFindings } from '../../service/service-findings.ts'
import type { ServicePlace } from '../../service/service-place.ts'
import type { InstalledService } from '../../service/service-record.ts'
import { forgetService, readService, writeService } from '../../service/service-record.ts'
import type { RunTool, Supervisor } from '../../service/supervisor.ts'
import { supervisorOf } from '../../service/supervisors.ts'
import { changedLines } from '../changed-lines.ts'
import type { Arguments } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { holder, startBy, statusOrDown, stopDaemon } from '../daemon-process.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Paint } from '../paint.ts'
import { placeText } from '../places.ts'
import { countText } from '../quantities.ts'
import { handsOf, serviceTool } from '../service-access.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** Everything that one of these commands works with. */
interface Hand {
  readonly around: Surroundings
  readonly run: RunTool
  readonly supervisor: Supervisor
  readonly place: ServicePlace
}

/** Has the system's supervisor keep the daemon up, or repairs that. A daemon that runs already is taken over. */
export async function install(given: Arguments, around: Surroundings): Promise<Outcome> {
  const { home, userHome, service } = around
  const before = readService(home)
  const run = await serviceTool(around)
  const kind = await chooseSupervisor(service.platform, run)
  const place = await findPlace({ kind, userHome, home: home.directory, ...service }, before)
  const hand = handOf(around, run, place)
  const manifest = kitLayout(home.directory).manifest
  const plan = planServiceFiles(hand.supervisor, lookAt, readManifest(manifest))
  refuseForeign(plan)
  const tab = await crontabOf(hand)
  const look = await hand.supervisor.look()
  const lingers = given.has('linger') && kind === 'systemd' && (await lingerOf(service.userName, run)) !== 'yes'
  const isSame = plan.changes.length === 0 && tab === undefined && look.isLoaded && look.isEnabled
  const paths = [...plan.changes.map(({ path }) => path), ...(tab === undefined ? [] : ['crontab'])]
  const json = { kind, changes: paths, linger: lingers }
  const shown = (paint: Paint): string[] => [...planLines(plan), ...(tab === undefined ? [] : tabLines(tab, paint))]
  if (given.has('dry-run')) {
    const head = isSame
      ? `The service is installed (${kind}). No file would change.`
      : `Would install the service (${kind}):`
    return { exit: exitCodes.ok, json: { service: json, dryRun: true }, lines: paint => [head, ...shown(paint)] }
  }
  if (!isSame || lingers) {
    if (!given.has('yes') && !given.has('json')) around.terminal.err(`${shown(around.terminal.paint).join('\n')}\n`)
    await confirm(`Have ${kind} keep the daemon up?`, given, around)
  }
  ensureKitHome(home)
  if (lingers) await setLinger(service.userName, true, run)
  writeService(home, { ...place, lingers: lingers || before?.lingers === true })
  writeManifest(manifest, plan.traces)
  lay(plan.changes)
  const pid = await takeOver(hand, isSame)
  const findings = await findingsOf(hand)
  return {
    exit: exitCodes.ok,
    json: { service: { ...json, pid, findings } },
    lines: paint => [
      `${paint.green(isSame ? 'The service is installed' : 'Installed the service')}: ${kind} keeps the daemon up (process ${pid}).`,
      ...findingLines(findings, paint),
    ],
  }
}

/** Takes the service away. The daemon stops with it; files and settings of the home stay. */
export async function remove(given: Arguments, around: Surroundings): Promise<Outcome> {
  const { home, service } = around
  const before = readService(home)
  if (before === undefined) {
    const dryRun = given.has('dry-run') ? { dryRun: true } : {}
    return {
      exit: exitCodes.ok,
      json: { service: { changes: [] }, ...dryRun },
      lines: () => ['No service is installed.'],
    }
  }
  const run = await serviceTool(around)
  const hand = handOf(around, run, before)
  const manifest = kitLayout(home.directory).manifest
  const plan = planServiceRemoval(lookAt, readManifest(manifest))
  const paths = [...plan.changes.map(({ path }) => path), ...(before.kind === 'cron' ? ['crontab'] : [])]
  const json = { kind: before.kind, changes: paths }
  const lines = [...paths.map(path => `  ${placeText(around.userHome, path)}`), ...plan.blocked.map(blockedLine)]
  if (given.has('dry-run')) {
    const head = `Would stop the daemon and remove the service (${before.kind}):`
    return { exit: exitCodes.ok, json: { service: json, dryRun: true }, lines: () => [head, ...lines] }
  }
  await confirm(`Stop the daemon and remove its service (${before.kind})?`, given, around)
  await hand.supervisor.unload()
  await stopDaemon(around)
  // What the supervisor removed by itself meanwhile is not there any more.
  const left = planServiceRemoval(lookAt, readManifest(manifest))
  lay(left.changes)
  writeManifest(manifest, left.traces)
  await hand.supervisor.forget()
  if (before.lingers) await setLinger(service.userName, false, run)
  forgetService(home)
  return {
    exit: exitCodes.ok,
    json: { service: json },
    lines: () => [`Removed the service (${before.kind}). The daemon has stopped.`, ...lines, '  → dsync start'],
  }
}

/** Says who keeps the daemon up, and what is not as `install` left it. Exit code 1 when something is to be done. */
export async function status(_given: Arguments, around: Surroundings): Promise<Outcome> {
  const service = readService(around.home)
  if (service === undefined) {
    const running = await statusOrDown(around)
    const daemon =
      running === undefined ? 'The daemon is not running.' : `The daemon (process ${running.pid}) was started by hand.`
    return {
      exit: exitCodes.failed,
      json: { service: { installed: false, findings: [] } },
      lines: () => [`No service is installed. ${daemon}`, '  → dsync service install'],
    }
  }
  const hand = handOf(around, await serviceTool(around), service)
  const look = await hand.supervisor.look()
  const findings = await findingsOf(hand)
  const isWrong = findings.some(({ isRemark }) => isRemark !== true)
  const again =
    look.restarts === undefined || look.restarts === 0 ? '' : `, started again ${countText(look.restarts, 'time')}`
  return {
    exit: isWrong ? exitCodes.failed : exitCodes.ok,
    json: { service: { installed: true, ...placeJson(service), ...look, findings } },
    lines: paint => [
      `${paint.bold(service.kind)} keeps the daemon up: ${look.state}${look.pid === undefined ? '' : `, process ${look.pid}`}${again}`,
      `  program  ${placeText(around.userHome, service.kit, 'bin/dsync')}`,
      ...hand.supervisor.files.map(({ path }) => `  file     ${placeText(around.userHome, path)}`),
      ...(findings.length === 0 ? [`  ${paint.green('All is as it should be.')}`] : findingLines(findings, paint)),
    ],
  }
}

/** Shows what the daemon process itself printed: next to nothing, unless it could not start or crashed. */
export async function logs(given: Arguments, around: Surroundings): Promise<Outcome> {
  const file = around.home.daemonLog
  const count = Math.floor(given.number('lines') ?? 50)
  const lines = lastLines(file, count)
  return { exit: exitCodes.ok, json: { logs: lines, file }, lines: () => lines.map(escape) }
}

function lastLines(file: string, count: number): string[] {
  const text = readPrivateFile(file) ?? ''
  const lines = text.split('\n').slice(0, text.endsWith('\n') ? -1 : undefined)
  return count === 0 ? [] : lines.slice(-count)
}

function handOf(around: Surroundings, run: RunTool, place: ServicePlace): Hand {
  const tools = { uid: around.service.uid, run, hands: handsOf(around) }
  return { around, run, place, supervisor: supervisorOf(place, tools) }
}

/** What would become of the person's crontab; undefined when it stays, or is not asked. */
async function crontabOf({ supervisor }: Hand): Promise<Crontab | undefined> {
  if (!(supervisor instanceof CronSupervisor)) return undefined
  const change = await supervisor.change()
  return change.before === change.after ? undefined : change
}

/** Makes the daemon one that the supervisor started. @returns its process number */
async function takeOver({ supervisor, around }: Hand, isSame: boolean): Promise<number> {
  const running = await statusOrDown(around)
  if (!isSame) await supervisor.load()
  const isTheirs = running !== undefined && running.supervisor === supervisor.kind
  if (isSame && isTheirs && (await supervisor.look()).pid === running.pid) return running.pid
  await supervisor.stop()
  await stopDaemon(around)
  return (await startBy(supervisor, around)).pid
}

async function findingsOf(hand: Hand): Promise<readonly ServiceFinding[]> {
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

/** What a person should know about the service of this home, and who keeps it up; undefined when none is installed. */
export async function installedFindings(
  around: Surroundings,
): Promise<{ readonly kind: string; readonly findings: readonly ServiceFinding[] } | undefined> {
  const service = readService(around.home)
  if (service === undefined) return undefined
  return { kind: service.kind, findings: await findingsOf(handOf(around, await serviceTool(around), service)) }
}

interface Crontab {
  readonly before: string
  readonly after: string
}

function tabLines({ before, after }: Crontab, paint: Paint): string[] {
  return ['crontab:', ...changedLines(before, after, paint)]
}

function planLines({ changes, blocked }: Plan): string[] {
  return [...changes.flatMap(change => previewChange(change).map(line => escape(line))), ...blocked.map(blockedLine)]
}

function blockedLine({ path, why }: Plan['blocked'][number]): string {
  return `  ${escape(path)} stays: ${escape(why)}`
}

function findingLines(findings: readonly ServiceFinding[], paint: Paint): string[] {
  return findings.map(({ message, hint, isRemark }) => {
    const sign = isRemark === true ? paint.dim('·') : paint.yellow('!')
    return `  ${sign} ${escape(message)}  → ${escape(hint)}`
  })
}

function placeJson({ kind, kit, runtime }: InstalledService): object {
  return { kind, kit, runtime }
}
