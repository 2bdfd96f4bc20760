import { isWithin, nameOf } from '../../lib/core/path.ts'
import { otherSide } from '../../lib/core/operation.ts'
import { sides } from '../../lib/core/session/messages.ts'
import { agreedFiles, resolve } from './history-conflicts.ts'
import { digestOf } from './history-user.ts'
import type { History } from './history.ts'
import type { SimProcess } from './process.ts'

/** Longer than a connection takes to come back (ms). */
const backMs = 10_000

/** Longer than the slow round that finds what no watch tells (ms). */
const travelMs = 130_000

/**
 * Somebody saves at the very instant of a swap, and the process dies right after it. What was put there has to go
 * again: what they saved stands at its path, as one side of a conflict.
 */
export async function strikeAndDie(history: History): Promise<void> {
  const { world, users, failures } = history
  const random = history.random.fork('strike')
  const listed = world.session?.status().problems.first ?? []
  const troubled = [...(world.session?.conflicts() ?? []), ...listed].map(each => each.path)
  const isFree = (path: string): boolean => !troubled.some(each => isWithin(path, each) || isWithin(each, path))
  const path = random.shuffle(agreedFiles(history)).find(isFree)
  const side = random.pick(sides)
  const { process } = world[side]
  if (path === undefined || process === undefined || process.dead) return
  const other = otherSide(side)
  const [ours, theirs] = [history.programs(other).contents.next(), history.programs(side).contents.next()]
  history.tell(`strike to come on ${side}: ${path}`)
  const disarm = atSwap(process, nameOf(path), () => users[side].write(path, theirs))
  users[other].write(path, ours)
  await world.pass(travelMs, () => process.dead)
  disarm()
  if (!process.dead) {
    failures.push(`struck: ${path} was not swapped on ${side}`)
    return
  }
  history.conflicts.injected++
  if (world.alpha.process?.dead !== false) world.startHub()
  await world.pass(backMs)
  const { state } = await world.sync()
  if (world.session?.conflicts().some(each => each.path === path) === true) history.conflicts.reported++
  else failures.push(`struck: ${path} is no conflict after ${state}`)
  for (const [at, bytes] of [[side, theirs] as const, [other, ours] as const]) {
    const found = users[at].find(path)
    if (found?.kind !== 'file' || digestOf(found.data) !== digestOf(bytes))
      failures.push(`struck: ${at} ${path} is not what was saved there last`)
  }
  await resolve(history, path, random.pick(sides))
  await world.pass(backMs)
}

/** A file is touched, and for a while the disk refuses to tell of it: it is not gone for that, here or there. */
export async function refuseToTell(history: History): Promise<void> {
  const { world } = history
  const random = history.random.fork('refuse')
  const path = random.shuffle(agreedFiles(history))[0]
  const side = random.pick(sides)
  const { process } = world[side]
  if (path === undefined || process === undefined || process.dead) return
  const code = random.pick(['EIO', 'EACCES'] as const)
  history.tell(`${code} to come on ${side}: ${path}`)
  const { faults } = process
  const disarm = atCalls(process, `lookup ${nameOf(path)}`, () => faults.failAt(faults.calls, code))
  history.users[side].touch(path, random.int(2 ** 40))
  await world.pass(backMs)
  disarm()
}

/** Acts just before a name is swapped, and lets the process die just after it. @returns takes that back */
function atSwap(process: SimProcess, name: string, act: () => void): () => void {
  const { faults } = process
  const disarm = atCalls(process, `rename ${name}`, () => {
    disarm()
    faults.crashAt(faults.calls, 'after')
    faults.at(faults.calls, act)
  })
  return disarm
}

/** Does something as each call of that kind with that name begins. @returns takes that back */
function atCalls({ faults }: SimProcess, call: string, befall: () => void): () => void {
  const traced = faults.trace
  faults.trace = line => {
    traced?.(line)
    if (line.endsWith(` ${call}`)) befall()
  }
  return () => {
    faults.trace = traced
  }
}
