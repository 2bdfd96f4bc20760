import { spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Pair, Ran } from '../pipe/pair.ts'
import { until } from '../pipe/until.ts'
import { Random } from '../sim/random.ts'
import type { Rest, Side } from './oracle.ts'
import { faults } from './oracle.ts'
import { readRecords } from './record.ts'
import { snapshot } from './snapshot.ts'
import type { UserJob } from './user-process.ts'

export interface StormOptions {
  readonly seed: number
  /** What each side's user does. */
  readonly steps: number
  /** Files that both sides hold before it begins, besides those that are there. */
  readonly plant: number
  /** Crashes at random moments. */
  readonly kills?: { readonly daemon: number; readonly agent: number }
}

export interface StormEnd {
  readonly faults: readonly string[]
  readonly conflicts: number
  readonly versions: number
  readonly operations: number
  readonly approvals: number
  /** From the last step of the users until both sides agreed (ms). */
  readonly settleMs: number
}

const userScript = fileURLToPath(new URL('./user-process.ts', import.meta.url))

/** How long the users and the crashes of one storm may take, and the coming to rest (ms). */
const stormMs = 120_000
const restMs = 180_000

/** How many lines of the audit log a failure shows. */
const lastLines = 30

/** How long a crash waits for something to interrupt (ms). */
const underWayMs = 6000

/** Lets two users loose on a pair that runs, and looks at what comes of it. */
export async function storm(pair: Pair, options: StormOptions): Promise<StormEnd> {
  const { seed, steps, plant } = options
  const random = new Random(seed)
  if (plant > 0) await runUser(pair, 'alpha', { seed, steps: 0, plant })
  await atRest(pair)
  await Promise.all([
    runUser(pair, 'alpha', { seed, steps, plant: 0 }),
    runUser(pair, 'beta', { seed, steps, plant: 0 }),
    crashes(pair, random.fork('crashes'), options),
  ])
  const ended = performance.now()
  const { ran, approvals } = await atRest(pair)
  const settleMs = performance.now() - ended
  const before = (await pair.settledOperations()).length
  const again = await pair.sync('--verify')
  const idle = (await pair.settledOperations()).slice(before)
  const conflicts = await conflictsOf(pair)
  const rest: Rest = {
    trees: { alpha: snapshot(pair.alpha), beta: snapshot(pair.beta) },
    records: { alpha: readRecords(recordsOf(pair, 'alpha')), beta: readRecords(recordsOf(pair, 'beta')) },
    kept: keptVersions(pair),
    listed: [...conflicts.map(({ path }) => path), ...problemsIn(again)],
  }
  const found = [
    ...(again.code === expectedCode(rest, conflicts)
      ? []
      : [`the exit code is ${again.code}: ${again.stdout}${again.stderr}`]),
    ...(ran.code === again.code ? [] : [`the next sync ends with ${again.code}, the last did with ${ran.code}`]),
    ...idle.map(line => `the next sync does something: ${JSON.stringify(line)}`),
    ...faults(rest),
    ...copyFaults(pair, conflicts),
  ]
  const versions = [...rest.records.alpha, ...rest.records.beta].filter(({ did }) => did === 'wrote').length
  return {
    faults: found,
    conflicts: conflicts.length,
    versions,
    operations: before,
    approvals,
    settleMs: Math.round(settleMs),
  }
}

interface ConflictRow {
  readonly path: string
  readonly sides: Readonly<
    globalThis.Record<Side, { readonly kind: string; readonly digest?: string; readonly copy?: string }>
  >
}

async function conflictsOf(pair: Pair): Promise<readonly ConflictRow[]> {
  const { json } = await pair.ok('conflicts', '--json')
  return (json as { conflicts: readonly ConflictRow[] }).conflicts
}

/** Each host keeps the other's version of every conflict. */
function copyFaults(pair: Pair, conflicts: readonly ConflictRow[]): string[] {
  return conflicts.flatMap(({ path, sides }) =>
    (['alpha', 'beta'] as const).flatMap(side => {
      const { kind } = sides[side === 'alpha' ? 'beta' : 'alpha']
      const { copy } = sides[side]
      if (kind !== 'file' && kind !== 'symlink') return []
      return copy !== undefined && existsSync(pair.here(side, copy).replace(/\/[^/]*$/, ''))
        ? []
        : [`no copy on ${side} of the other version of ${path}`]
    }),
  )
}

function expectedCode(rest: Rest, conflicts: readonly ConflictRow[]): number {
  if (rest.listed.length > conflicts.length) return 4
  return conflicts.length > 0 ? 3 : 0
}

interface SyncJson {
  readonly sync: readonly {
    readonly state: string
    readonly problems: { readonly first: readonly { readonly path: string; readonly why: string }[] }
    readonly holds: readonly { readonly guard: string }[]
  }[]
}

function problemsIn({ json }: Ran): string[] {
  return ((json as SyncJson | undefined)?.sync ?? []).flatMap(({ problems }) => problems.first.map(({ path }) => path))
}

/** Waits until both sides agree; lets mass deletes pass. */
export async function atRest(pair: Pair): Promise<{ readonly ran: Ran; readonly approvals: number }> {
  let approvals = 0
  let ran: Ran | undefined
  const agree = until(
    'both sides agree',
    async () => {
      ran = await pair.sync('--timeout', '30')
      const roots = (ran.json as SyncJson | undefined)?.sync ?? []
      if (roots.some(({ holds }) => holds.length > 0)) {
        approvals++
        await pair.ok('approve', '--yes')
        return false
      }
      // A link that is being mended is worth waiting for; whatever else it says stays so.
      return ran.code !== 5 && ran.code !== 124
    },
    restMs,
  )
  await agree.catch(error => {
    const last = pair
      .audit()
      .slice(-lastLines)
      .map(line => JSON.stringify(line))
    const said = [`${ran?.code} ${ran?.stdout}${ran?.stderr}`, pair.daemonLog(), ...last]
    throw new Error(said.join('\n'), { cause: error })
  })
  if (ran === undefined) throw new Error('dsync sync was never run')
  if (ran.code === 124) throw new Error(`Both sides do not come to agree: ${ran.stdout}`)
  return { ran, approvals }
}

async function crashes(pair: Pair, random: Random, { kills }: StormOptions): Promise<void> {
  const order = random.shuffle([
    ...Array<string>(kills?.daemon ?? 0).fill('daemon'),
    ...Array<string>(kills?.agent ?? 0).fill('agent'),
  ])
  for (const whom of order) {
    // Most crashes come while something is under way, the others while it starts.
    if (random.chance(0.7)) await underWay(pair)
    await after(random.int(600))
    if (whom === 'agent') await pair.killAgent()
    else {
      await pair.killDaemon()
      await after(random.int(300))
      await pair.start()
    }
  }
}

/** Returns once the next operation is done, or after some patience: the users may have ended. */
async function underWay(pair: Pair): Promise<void> {
  const before = pair.operations().length
  const deadline = performance.now() + underWayMs
  while (pair.operations().length === before && performance.now() < deadline) await after(20)
}

function recordsOf(pair: Pair, side: Side): string {
  return join(pair.base, `records-${side}`)
}

function runUser(pair: Pair, side: Side, job: Pick<UserJob, 'seed' | 'plant' | 'steps'>): Promise<void> {
  const uid = pair.uidOf(side)
  if (uid !== undefined) chmodSync(pair.base, 0o777)
  // Beside the root, so that files can be moved in; named from within it, where another account may stand but not come.
  const scratch = join('..', `.scratch-${side}`)
  mkdirSync(join(pair[side], scratch), { recursive: true })
  if (uid !== undefined) chownSync(join(pair[side], scratch), uid, uid)
  const name = `${side}${job.plant > 0 ? '-before' : ''}-${pair.audit().length}`
  const whole: UserJob = { ...job, root: '.', scratch, name, records: recordsOf(pair, side) }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [userScript, JSON.stringify(whole)], {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(uid !== undefined && { uid, gid: uid }),
      timeout: stormMs,
      cwd: pair[side],
    })
    let said = ''
    child.stderr.on('data', data => (said += String(data)))
    child.once('error', reject)
    child.once('close', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`The user of ${side} ended with ${signal ?? code}: ${said}`)),
    )
  })
}

/** Versions in the trash and among the copies of both kit homes. */
function keptVersions(pair: Pair): Set<string> {
  const kept = new Set<string>()
  for (const home of [pair.userHome, pair.twinHome]) {
    for (const [path, { version }] of snapshot(join(home, '.dsync/work'))) {
      if (/^[^/]+\/(?:trash|copies)\//.test(path)) kept.add(version)
    }
  }
  return kept
}
