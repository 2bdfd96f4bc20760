import { setTimeout } from 'node:timers/promises'
import { codeOf } from '../../core/errors.ts'
import { ensureKitHome } from '../../daemon/kit-home.ts'
import type { SupervisorKind } from '../../daemon/supervisor-kind.ts'
import type { Plan } from '../../kit/footprint.ts'
import { lay, readManifest, writeManifest } from '../../kit/lay.ts'
import { kitLayout } from '../../kit/layout.ts'
import { lookAt } from '../../kit/look.ts'
import { chooseSupervisor } from '../../service/choose-supervisor.ts'
import { findPlace } from '../../service/find-place.ts'
import { lingerOf, setLinger } from '../../service/linger.ts'
import { planServiceFiles, refuseForeign } from '../../service/service-files.ts'
import type { InstalledService } from '../../service/service-record.ts'
import { readService, writeService } from '../../service/service-record.ts'
import type { RunTool } from '../../service/supervisor.ts'
import { systemctl } from '../../service/systemctl.ts'
import type { Arguments } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { startBy, statusOrDown, stopDaemon } from '../daemon-process.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Paint } from '../paint.ts'
import { serviceTool } from '../service-access.ts'
import type { CrontabChange, ServiceHand } from '../service-hand.ts'
import { changeLines, crontabOf, findingLines, findingsOf, serviceHand } from '../service-hand.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { takeAway } from './service-remove.ts'

/** How long the systemd of somebody who begins to linger may take to answer (ms), and how often to ask. */
const readyMs = 10_000
const lookMs = 100

/** What an installation is about to do. */
interface Intent {
  readonly hand: ServiceHand
  readonly plan: Plan
  readonly tab: CrontabChange | undefined
  /** All stands as it should: only the daemon is looked after. */
  readonly isSame: boolean
  readonly lingers: boolean
}

/** Has the system's supervisor keep the daemon up, or repairs that. A daemon that runs already is taken over. */
export async function install(given: Arguments, around: Surroundings): Promise<Outcome> {
  const before = readService(around.home)
  const intent = await intentOf(given, around, before)
  const { hand, plan, tab, isSame, lingers } = intent
  const { kind } = hand.supervisor
  const paths = [...plan.changes.map(({ path }) => path), ...(tab === undefined ? [] : ['crontab'])]
  const json = { kind, changes: paths, linger: lingers }
  const shown = (paint: Paint): string[] => changeLines(plan, tab, paint)
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
  const pid = await carryOut(intent, before)
  const findings = await findingsOf(hand)
  const head = isSame ? 'The service is installed' : 'Installed the service'
  return {
    exit: exitCodes.ok,
    json: { service: { ...json, pid, findings } },
    lines: paint => [
      `${paint.green(head)}: ${kind} keeps the daemon up (process ${pid}).`,
      ...findingLines(findings, paint),
    ],
  }
}

async function intentOf(given: Arguments, around: Surroundings, before: InstalledService | undefined): Promise<Intent> {
  const { home, userHome, service } = around
  const run = await serviceTool(around)
  const isLingering = given.has('linger') && (await lingerOf(service.userName, run)) === 'no'
  const kind = await supervisorHere(given, around, { run, isLingering })
  const hand = await serviceHand(around, await findPlace({ kind, userHome, home: home.directory, ...service }, before))
  const plan = planServiceFiles(hand.supervisor, lookAt, readManifest(manifestOf(hand)))
  refuseForeign(plan)
  const tab = await crontabOf(hand)
  const { isLoaded, isEnabled } = await hand.supervisor.look()
  const isSame = plan.changes.length === 0 && tab === undefined && isLoaded && isEnabled && before?.kind === kind
  return { hand, plan, tab, isSame, lingers: isLingering && kind === 'systemd' }
}

/**
 * Who keeps services up here. Where systemd would, but runs nothing of somebody who is not logged in as it sees it, one
 * who asks to linger gets that first.
 */
async function supervisorHere(
  given: Arguments,
  around: Surroundings,
  { run, isLingering }: { readonly run: RunTool; readonly isLingering: boolean },
): Promise<SupervisorKind> {
  const answers = async (): Promise<boolean> => (await run(systemctl.ready()))?.code === 0
  if (isLingering && !given.has('dry-run') && !(await answers())) {
    await confirm('Let services of yours run while you are logged out?', given, around)
    await setLinger(around.service.userName, true, run)
    for (const until = Date.now() + readyMs; Date.now() < until && !(await answers());) {
      await setTimeout(lookMs, undefined, { signal: around.signal })
    }
  }
  return await chooseSupervisor(around.service.platform, run)
}

/** @returns the process number of the daemon */
async function carryOut({ hand, isSame, lingers }: Intent, before: InstalledService | undefined): Promise<number> {
  const { around, place, supervisor } = hand
  ensureKitHome(around.home)
  if (before !== undefined && before.kind !== supervisor.kind) await takeAway(await serviceHand(around, before))
  if (lingers) await setLinger(around.service.userName, true, hand.run)
  writeService(around.home, { ...place, lingers: lingers || before?.lingers === true })
  if (!isSame) {
    const manifest = manifestOf(hand)
    // Taking another service away has changed what is written down of what is there.
    const now = planServiceFiles(supervisor, lookAt, readManifest(manifest))
    writeManifest(manifest, now.traces)
    lay(now.changes)
    await supervisor.load()
  }
  return await takeOver(hand, isSame)
}

/** Makes the daemon one that the supervisor started. @returns its process number */
async function takeOver({ supervisor, around }: ServiceHand, isSame: boolean): Promise<number> {
  const running = await runningNow(around)
  const isTheirs = running !== undefined && running.supervisor === supervisor.kind
  if (isSame && isTheirs && (await supervisor.look()).pid === running.pid) return running.pid
  await supervisor.stop()
  await stopDaemon(around)
  return (await startBy(supervisor, around)).pid
}

/** One that hangs is as good as none: it is stopped. */
async function runningNow(around: Surroundings): ReturnType<typeof statusOrDown> {
  try {
    return await statusOrDown(around)
  } catch (error) {
    if (codeOf(error) !== 'TIMEOUT') throw error
    return undefined
  }
}

function manifestOf({ around }: ServiceHand): string {
  return kitLayout(around.home.directory).manifest
}
