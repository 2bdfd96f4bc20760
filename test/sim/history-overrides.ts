import { isWithin } from '../../lib/core/path.ts'
import { otherSide } from '../../lib/core/operation.ts'
import type { Both } from '../../lib/core/session/messages.ts'
import { sides } from '../../lib/core/session/messages.ts'
import type { Overridden, OverrideOrder } from '../../lib/sync/session-handle.ts'
import type { History } from './history.ts'
import { healMs, makeReadable } from './history-healing.ts'
import { digestOf } from './history-user.ts'
import type { Random } from './random.ts'
import { divergences, isIgnored, lostVersions } from './oracle.ts'
import type { Found } from './user.ts'

/** How often what was shown may change until it is answered. */
const showings = 4

/**
 * People change things on both sides, mostly while the session is paused, and then say whose version of a part of it
 * counts: it stands on both sides then, nothing else is touched, and what it replaced is in the trash.
 */
export async function override(history: History): Promise<void> {
  const { world, users, failures } = history
  const random = history.random.fork('overrides')
  const isPaused = random.chance(0.7)
  if (isPaused) world.session?.pause()
  for (let i = random.between(2, 12); i > 0; i--) history.act(random.pick(sides))
  history.finishPrograms()
  for (const side of sides) makeReadable(users[side])
  // What no event tells of (another name of a file) is found by the slow round: what follows is to be exact.
  await world.pass(isPaused ? healMs : random.pick([0, 5, 3000]))
  const take = random.pick(sides)
  const loser = otherSide(take)
  const path = placeOf(history, random)
  const before: Both<Snapshot> = { alpha: users.alpha.snapshot(), beta: users.beta.snapshot() }
  const isCut = random.chance(0.2)
  const result = await carriedOut(history, { path, take, timeoutMs: 60_000 }, isCut ? random.between(0, 30) : undefined)
  history.tell(`override: ${take} counts at ${JSON.stringify(path)}: ${result?.state}`)
  failures.push(...lostVersions(loser, users[loser]).map(each => `override: ${each}`))
  for (const snapshot of [before[loser], users[loser].snapshot()]) {
    for (const [below, found] of snapshot)
      if (found.kind === 'file' && isWithin(below, path)) users[loser].ledger.gone.add(digestOf(found.bytes))
  }
  if (result === undefined) failures.push('override: it never came to an end')
  const isDone = result?.state === 'synced' || result?.state === 'conflicts' || result?.state === 'problems'
  if (isDone && isPaused) {
    const [won, lost] = [users[take].snapshot(), users[loser].snapshot()]
    const status = world.session?.status()
    const conflicts = (world.session?.conflicts() ?? []).map(each => each.path)
    const problems = (status?.problems.first ?? []).map(each => each.path)
    const listed = { conflicts, problems, isLeft: history.left() }
    const apart = divergences(within(won, path), within(lost, path), listed)
    failures.push(...apart.map(each => `override of ${path}: ${each}`))
    const nothing = { conflicts: [], problems: [] }
    const touched = [
      ...divergences(before[take], won, nothing),
      ...divergences(outside(before[loser], path), outside(lost, path), nothing),
    ]
    failures.push(...touched.map(each => `override of ${path} touched more: ${each}`))
  }
  if (isPaused) world.session?.resume()
}

type Snapshot = ReadonlyMap<string, Found>

/** The whole, a directory of both sides, or something in one. */
function placeOf(history: History, random: Random): string {
  const { users } = history
  const isLeft = history.left()
  const [here, there] = [users.alpha.snapshot(), users.beta.snapshot()]
  const both = [...here].filter(
    ([path, found]) =>
      found.kind === 'directory' && there.get(path)?.kind === 'directory' && !isIgnored(path) && !isLeft(path),
  )
  if (both.length === 0 || random.chance(0.4)) return ''
  return random.pick(both)[0]
}

async function carriedOut(
  { world }: History,
  order: OverrideOrder,
  cutAfterMs: number | undefined,
): Promise<Overridden | undefined> {
  const signal = new AbortController().signal
  let result: Overridden | undefined
  const run = async (): Promise<void> => {
    for (let showing = 0; showing < showings; showing++) {
      const { session } = world
      if (session === undefined) return
      const shown = await session.foresee(order, signal)
      result = shown.state === 'ready' ? await session.override(order, shown.mark, signal) : shown
      if (result.state !== 'changed') return
    }
  }
  let isOver = false
  void run().then(() => {
    isOver = true
  })
  if (cutAfterMs !== undefined) {
    await world.pass(cutAfterMs, () => isOver)
    world.cut()
  }
  await world.pass(showings * 130_000, () => isOver)
  return isOver ? result : undefined
}

function within(snapshot: Snapshot, path: string): Snapshot {
  return new Map([...snapshot].filter(([each]) => isWithin(each, path)))
}

function outside(snapshot: Snapshot, path: string): Snapshot {
  return new Map([...snapshot].filter(([each]) => !isWithin(each, path)))
}
