import type { HubClaim } from '../../core/hub.ts'
import { homeId } from '../../daemon/home-id.ts'
import { SyncError, codeOf } from '../../core/errors.ts'
import { readHub } from '../../daemon/hub-record.ts'
import { rivalOf } from '../../daemon/rival-hub.ts'
import type { TakeHost, TakePlan, TakeRoot } from '../../relay/take-plan.ts'
import { planTake } from '../../relay/take-plan.ts'
import { takeRoots } from '../../relay/take-roots.ts'
import type { Cell } from '../aligned.ts'
import { aligned } from '../aligned.ts'
import type { Arguments } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { askOwn } from '../daemon-access.ts'
import { reloadDaemon } from '../daemon-reload.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Paint } from '../paint.ts'
import { rivalWords } from '../hub-lines.ts'
import { countText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { start } from './start-stop.ts'

/** How long the daemon may take to say what it knows of other hubs (ms): who the hub is needs no daemon. */
const askMs = 3000

/** Who drives the roots of this host, as far as it knows. */
export async function show(_given: Arguments, around: Surroundings): Promise<Outcome> {
  const hub = readHub(around.home)
  if (hub === undefined) {
    const lines = ['No hub yet: no root is set up.  → dsync roots add DIR']
    return { exit: exitCodes.ok, json: { hub: null }, lines: () => lines }
  }
  const rival = isHere(hub, around) ? await knownRival(around) : undefined
  return {
    exit: exitCodes.ok,
    json: { hub: { ...hub, isHere: isHere(hub, around), ...(rival !== undefined && { rival }) } },
    lines: paint => [hubLine(hub, around), ...(rival === undefined ? [] : [rivalLine(rival, paint)])],
  }
}

/** Makes this host the hub, whatever the one before it does. */
export async function take(given: Arguments, around: Surroundings): Promise<Outcome> {
  const plan = await planTake(around, { ssh: Object.fromEntries(given.texts('ssh').map(targetOf)) })
  const { before } = plan
  const rows = rowsOf(plan)
  const isRivalled = rivalOf(around.home, before) !== undefined
  if (plan.isHere && before !== undefined && !isRivalled && !plan.hosts.some(({ claim }) => isOther(claim, before))) {
    return {
      exit: exitCodes.ok,
      json: { hub: { ...before, isHere: true }, ...rows, untold: [], ...(given.has('dry-run') && { dryRun: true }) },
      lines: () => [`This host is the hub already: ${hubLine(before, around)}`],
    }
  }
  if (plan.roots.every(({ left }) => left !== undefined)) throw nothingToTake(plan)
  if (given.has('dry-run')) {
    return {
      exit: exitCodes.ok,
      json: {
        hub: before === undefined ? null : { ...before, isHere: plan.isHere },
        ...rows,
        untold: [],
        dryRun: true,
      },
      lines: paint => planLines(plan, 'would be driven from here', paint),
    }
  }
  if (!given.has('json'))
    around.terminal.err(
      `${[...planLines(plan, 'to be driven from here', around.terminal.paintErrors), ...meaning(plan)].join('\n')}\n`,
    )
  await confirm(`Make this host the hub of ${countText(driven(plan).length, 'root')}?`, given, around)
  // A daemon that has heard of another hub a moment ago may still be closing its sessions.
  if (!plan.isHere) await reloadDaemon(around)
  const { claim, untold } = await takeRoots(plan, around)
  const { running } = await reloadDaemon(around)
  if (!running) await start(given, around)
  return {
    exit: exitCodes.ok,
    json: { hub: { ...claim, isHere: true }, ...rows, untold },
    lines: paint => [
      `${paint.green('hub')}  ${hubLine(claim, around)}`,
      ...untold.map(({ name, why }) => `${paint.yellow('not told yet')}  ${escape(name)}: ${escape(why)}`),
      '  → dsync status',
    ],
  }
}

/** As the daemon knows it: without one nothing is driven from here. */
async function knownRival(around: Surroundings): Promise<HubClaim | undefined> {
  try {
    return (await askOwn(around, 'status', {}, { waitMs: askMs })).hub?.rival
  } catch (error) {
    if (codeOf(error) === 'DAEMON_DOWN' || codeOf(error) === 'TIMEOUT') return undefined
    throw error
  }
}

function rivalLine(rival: HubClaim, paint: Paint): string {
  const { what, next } = rivalWords(rival)
  return `  ${paint.red('two hubs')}  ${what}  → ${next}`
}

/** `HOST=TARGET`. */
function targetOf(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  const [host, target] = [text.slice(0, at), text.slice(at + 1)]
  if (at > 0 && target !== '' && !target.startsWith('-')) return [host, target]
  throw new SyncError('USAGE', `Cannot read --ssh ${text}: it must be HOST=TARGET`, { hint: 'dsync help hub take' })
}

function isOther(claim: HubClaim | undefined, own: HubClaim): boolean {
  return claim !== undefined && claim.hub !== own.hub && claim.epoch >= own.epoch
}

export function isHere(hub: HubClaim, { home }: Surroundings): boolean {
  return hub.hub === homeId(home)
}

export function hubLine(hub: HubClaim, around: Surroundings): string {
  const since = new Date(hub.at).toISOString().slice(0, 16).replace('T', ' ')
  const here = isHere(hub, around) ? ' (this host)' : ''
  return `${escape(hub.name)}${here}, since ${since} UTC, epoch ${hub.epoch}`
}

function rowsOf({ hosts, roots }: TakePlan): {
  readonly hosts: readonly TakeHost[]
  readonly roots: readonly TakeRoot[]
} {
  return {
    hosts: hosts.map(({ name, target, state, why, hint }) => ({
      ...{ name, state },
      ...(target !== undefined && { target }),
      ...(why !== undefined && { why }),
      ...(hint !== undefined && { hint }),
    })),
    roots: roots.map(({ root, id, on, left }) => ({ root, id, on, ...(left !== undefined && { left }) })),
  }
}

function driven({ roots }: TakePlan): readonly TakeRoot[] {
  return roots.filter(({ left }) => left === undefined)
}

function planLines(plan: TakePlan, word: string, paint: Paint): string[] {
  const roots = plan.roots.map(({ root, on, left }): Cell[] =>
    left === undefined
      ? [escape(root), { text: word, paint: 'green' }, `with ${on.map(escape).join(', ')}`]
      : [escape(root), { text: 'left out', paint: 'yellow' }, escape(left)],
  )
  const hosts = plan.hosts.map(({ name, target, state, why, hint }): Cell[] => [
    escape(name),
    { text: state, paint: state === 'reached' ? 'green' : 'yellow' },
    [target, why, hint && `→ ${hint}`].flatMap(part => (part ? [escape(part)] : [])).join('  '),
  ])
  return [...aligned(roots, paint), ...aligned(hosts, paint)]
}

function meaning({ before, isHere: isAlready }: TakePlan): string[] {
  if (isAlready || before === undefined) return []
  return [
    `  ${escape(before.name)} is the hub. If it is there and well, dsync hub move on it loses no time.`,
    '  What differs between the hosts becomes a conflict; what you deleted since they last agreed may come back.',
  ]
}

function nothingToTake({ roots, isHere: isAlready }: TakePlan): SyncError {
  const [first] = roots
  if (first?.left !== undefined) return new SyncError('REFUSED', `Cannot take ${first.root}: ${first.left}`)
  return new SyncError('NOT_FOUND', 'Cannot take any root: this host knows of none', {
    hint: isAlready ? 'dsync roots add DIR' : 'dsync status',
  })
}
