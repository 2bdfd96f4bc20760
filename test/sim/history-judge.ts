import { sides } from '../../lib/core/session/messages.ts'
import type { BarrierResult } from '../../lib/sync/session-handle.ts'
import type { History } from './history.ts'
import type { Listed } from './oracle.ts'
import { checkCopies, injectConflicts } from './history-conflicts.ts'
import { changeRules } from './history-rules.ts'
import { healMs, makeReadable } from './history-healing.ts'
import { override } from './history-overrides.ts'
import { changeTracked, ignoredByOne } from './history-tracked.ts'
import { refuseToTell, strikeAndDie } from './history-strike.ts'
import { divergences, halfFiles, leftovers, lostVersions, nameless, unasked } from './oracle.ts'

/** What dsync does to files, as its log calls it. */
const doing: ReadonlySet<string> = new Set([
  'put',
  'remove',
  'move',
  'conflict',
  'resolved',
  'conflict-closed',
  'failed',
])

/** Ends all faults, lets everything settle, and notes what is not as promised. */
export async function judge(history: History): Promise<void> {
  const { world, users, failures, random } = history
  history.faults.heal()
  history.finishPrograms()
  for (const side of sides) makeReadable(users[side])
  history.tell('everything is healed')
  if (random.chance(0.3)) world.killHub()
  if (random.chance(0.3)) world.killAgent()
  if (world.alpha.process?.dead !== false) world.startHub()
  // What is wrong with the store shows when it is read.
  world.cut()
  // A sync that lists both sides again needs no rest before it.
  const isRested = random.chance(0.5)
  if (isRested) await world.pass(healMs)
  let state = await settled(history, !isRested)
  // What a disk refused is tried again in its own time; open conflicts come first in the answer of a sync.
  if (!isRested && (world.session?.status().problems.first ?? []).length > 0) {
    await world.pass(healMs)
    state = await settled(history)
  }
  if (state === undefined) return
  history.tell(`settled: ${state}`)
  const listed = listedBy(history)
  failures.push(...ignoredByOne(history))
  failures.push(...divergences(users.alpha.snapshot(), users.beta.snapshot(), listed))
  checkCopies(history)
  for (const side of sides) failures.push(...lostVersions(side, users[side]), ...halfFiles(side, users[side]))
  await staysQuiet(history, 'the next sync')
  await losesEvents(history)
  await writesTwice(history)
  await strikeAndDie(history)
  await refuseToTell(history)
  await override(history)
  await world.pass(healMs)
  if ((await settled(history)) === undefined) return
  failures.push(
    ...divergences(users.alpha.snapshot(), users.beta.snapshot(), listedBy(history)).map(
      each => `override: then ${each}`,
    ),
  )
  await injectConflicts(history)
  if ((await settled(history)) === undefined) return
  for (const side of sides) failures.push(...lostVersions(side, users[side]))
  await world.stopHub()
  world.startHub()
  await staysQuiet(history, 'a new start')
  await changeTracked(history)
  await changeRules(history)
  for (const side of sides) {
    const user = users[side]
    failures.push(...leftovers(side, user), ...unasked(side, user), ...nameless(side, user))
  }
}

/** Syncs until nothing is held any more. Undefined: it cannot be reached, which is noted. */
async function settled({ world, failures }: History, verify = false): Promise<BarrierResult['state'] | undefined> {
  for (let attempt = 0; attempt < 6; attempt++) {
    const result = await world.sync({ verify })
    const holds = world.session?.status().holds.length ?? 0
    if (result.state === 'halted' || holds > 0) await world.session?.approve()
    else if (result.state === 'timeout') {
      failures.push(`stuck: ${JSON.stringify(result)} ${JSON.stringify(world.session?.status())}`)
      return undefined
    } else return result.state
  }
  failures.push(`held: ${JSON.stringify(world.session?.status())}`)
  return undefined
}

function listedBy(history: History): Listed {
  const { world } = history
  return {
    conflicts: (world.session?.conflicts() ?? []).map(({ path }) => path),
    problems: (world.session?.status().problems.first ?? []).map(({ path }) => path),
    isLeft: history.left(),
  }
}

/** One more sync changes nothing. */
async function staysQuiet({ world, users, failures }: History, what: string): Promise<void> {
  const before = world.log.length
  const snapshots = sides.map(side => users[side].snapshot())
  await world.pass(10_000)
  await world.sync()
  const done = world.log.slice(before).filter(({ event }) => doing.has(event))
  for (const event of done) failures.push(`restless: ${what} did ${JSON.stringify(event)}`)
  for (const [index, side] of sides.entries()) {
    const changed = divergences(snapshots[index] ?? new Map(), users[side].snapshot(), { conflicts: [], problems: [] })
    failures.push(...changed.map(each => `restless: ${what} changed ${side}: ${each}`))
  }
}

/** Content that changes again, at the same size, within the grain of a clock. */
async function writesTwice(history: History): Promise<void> {
  const { world, users, failures, random } = history
  for (let i = 0; i < 4; i++) {
    const side = random.pick(sides)
    const { contents } = history.programs(side)
    for (let times = random.between(2, 3); times > 0; times--) {
      users[side].write(`twice-${i}`, contents.sized(20) ?? contents.next())
      await world.pass(random.fraction() * random.pick([5, 12, 30]))
    }
  }
  await world.pass(random.pick([0, 3000]))
  if ((await settled(history)) === undefined) return
  const found = divergences(users.alpha.snapshot(), users.beta.snapshot(), listedBy(history))
  failures.push(...found.map(each => `unheard: after quick saves ${each}`))
}

/** Events are dropped, and a sync at once knows better all the same. */
async function losesEvents(history: History): Promise<void> {
  const { world, users, failures, random } = history
  for (const side of sides) {
    if (world[side].watcher?.traits.tellsLoss !== true) continue
    for (let i = random.between(1, 3); i > 0; i--)
      users[side].write(`unheard-${side}-${random.int(3)}`, history.programs(side).contents.next())
    world[side].watcher?.overflow()
  }
  if ((await settled(history)) === undefined) return
  const found = divergences(users.alpha.snapshot(), users.beta.snapshot(), listedBy(history))
  failures.push(...found.map(each => `unheard: after a sync at once ${each}`))
}
