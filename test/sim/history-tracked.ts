import { isWithin, parentOf } from '../../lib/core/path.ts'
import { sides } from '../../lib/core/session/messages.ts'
import { gitIndex } from '../replica/git-index-bytes.ts'
import type { History } from './history.ts'
import { isGits, leavesBelow } from './history-index.ts'
import { shown } from './oracle.ts'
import { unlink } from './namespace.ts'
import type { Random } from './random.ts'
import { inodeAt } from './resolve.ts'
import type { Found, SimUser } from './user.ts'
import { workBase } from './host.ts'

/** How long what leaves an index counts, and the looks after it take (ms). */
const leavesMs = 12_000

/**
 * One index names everything: of that both sides hold the same, deletions and what happens while nobody syncs included,
 * and nothing is ignored on one side alone. Then no index names anything, and that touches nothing.
 */
export async function changeTracked(history: History): Promise<void> {
  if (!history.tracks) return
  const random = history.random.fork('tracked')
  const side = random.pick(sides)
  const user = history.users[side]
  const make = (path: string): void => {
    user.mkdir(parentOf(path))
    user.write(path, history.programs(side).contents.next())
  }
  await settle(history, 'the indexes of before')
  for (const name of ['one', 'two', 'three', 'd/four']) make(`made/d/${name}`)
  writeIndex(user, leavesBelow(user.snapshot(), ''))
  history.tell(`${side}: all of it is in the index`)
  await settle(history, 'an index that names all')
  history.tell(`${side}: one of it is deleted, and from the index`)
  user.rm('made/d/one')
  writeIndex(user, leavesBelow(user.snapshot(), ''))
  await settle(history, 'a deletion with the index')
  expectAlike(history, ['made/d/one', 'made/d/two', 'made/d/three', 'made/d/d/four'])
  await changeWhileAway(history, random)
  const before = { alpha: history.users.alpha.snapshot(), beta: history.users.beta.snapshot() }
  history.tell('no index names anything')
  for (const each of sides) {
    const gone = [...before[each].keys()].filter(path => path.endsWith('.git/index'))
    for (const path of gone) history.users[each].rm(path)
  }
  await settle(history, 'no index')
  make('made/d/three')
  await settle(history, 'what is ignored again')
  for (const each of sides) {
    const after = history.users[each].snapshot()
    for (const [path, found] of before[each]) {
      if (isGits(path) || (each === side && path === 'made/d/three')) continue
      if (textOf(after.get(path)) !== textOf(found))
        history.failures.push(`tracked: an index that went touched ${each} ${path}: ${textOf(found)}`)
    }
  }
}

/** While nobody syncs, somebody edits and deletes what is named, and a side may lose its memory of it. */
async function changeWhileAway(history: History, random: Random): Promise<void> {
  const { world, users } = history
  await world.stopHub()
  world.killAgent()
  const forgetful = random.pick(['alpha', 'beta', undefined] as const)
  history.tell(`away: ${forgetful ?? 'nobody'} forgets`)
  if (forgetful !== undefined) forget(users[forgetful])
  users[random.pick(sides)].write('made/d/two', history.programs('alpha').contents.next())
  users[random.pick(sides)].rm('made/d/d/four')
  world.startHub()
  await settle(history, 'a new start')
  expectAlike(history, ['made/d/two', 'made/d/d/four'])
  if (users.alpha.find('made/d/d/four') !== undefined) history.failures.push('tracked: what was deleted is back')
  for (const { path } of world.session?.conflicts() ?? [])
    if (isWithin(path, 'made')) history.failures.push(`tracked: ${path} is a conflict`)
}

function forget({ volume }: SimUser): void {
  const work = inodeAt(volume, workBase, false)
  if (work?.children.has('tracked') === true) unlink(volume, work, 'tracked')
}

function expectAlike({ users, failures }: History, paths: readonly string[]): void {
  for (const path of paths) {
    const [here, there] = [users.alpha.text(path), users.beta.text(path)]
    if (here !== there) failures.push(`tracked: ${path}: alpha ${String(here)}, beta ${String(there)}`)
  }
}

/** Lets everything come to rest, and looks that no side ignores what the other does not. */
async function settle(history: History, what: string): Promise<void> {
  await history.world.pass(leavesMs)
  const { state } = await history.world.sync()
  if (state === 'timeout') history.failures.push(`tracked: no end after ${what}`)
  history.failures.push(...ignoredByOne(history).map(each => `${each} after ${what}`))
}

/** Paths that one side ignores and the other does not. */
export function ignoredByOne({ world }: History): string[] {
  const problems = world.session?.status().problems.first ?? []
  return problems
    .filter(({ why }) => why === 'IGNORED')
    .map(({ path, side }) => `tracked: ${path} is ignored on ${side}`)
}

function writeIndex(user: SimUser, paths: readonly string[]): void {
  user.rm('.git')
  user.mkdir('.git')
  user.write('.git/index', gitIndex(paths))
}

function textOf(found: Found | undefined): string {
  return found?.kind === 'file' ? shown(found.bytes) : (found?.kind ?? 'nothing')
}
