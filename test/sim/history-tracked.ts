import { isWithin, join, parentOf } from '../../lib/core/path.ts'
import { sides } from '../../lib/core/session/messages.ts'
import type { ReadHandle } from '../../lib/ports/disk.ts'
import { readGitIndex } from '../../lib/replica/git-index.ts'
import { gitIndex } from '../replica/git-index-bytes.ts'
import type { History } from './history.ts'
import type { Programs } from './history-operations.ts'
import { isIgnored, shown } from './oracle.ts'
import type { Steps } from './saves.ts'
import type { Found, SimUser } from './user.ts'

/** What is ignored by default where users have repositories: one of the names that they choose from. */
export const trackedDefaults = ['d']

type Snapshot = ReadonlyMap<string, Found>

/** Where nobody else writes. */
const kept = 'made/d/kept'

/** How long what leaves an index counts, and the looks after it take (ms). */
const leavesMs = 12_000

/** git adds, removes, checks out: another index takes the place of the one before. Sometimes it is none, or goes. */
export function* indexing({ user, random }: Programs): Steps {
  const snapshot = user.snapshot()
  const directories = [...snapshot].filter(([path, { kind }]) => kind === 'directory' && !isGits(path))
  const top = directories.length === 0 || random.chance(0.6) ? '' : random.pick(directories)[0]
  const git = join(top, '.git')
  if (random.chance(0.08)) return user.rm(git)
  const share = random.pick([0, 0.5, 1, 1])
  const paths = leavesBelow(snapshot, top).filter(() => random.chance(share))
  const bytes = gitIndex([...new Set([...paths, ...(random.chance(0.3) ? ['d/none', 'd/d'] : [])])])
  user.mkdir(git)
  yield
  if (random.chance(0.06)) return user.write(join(git, 'index'), bytes.subarray(0, random.between(1, bytes.length)))
  user.write(join(git, 'index.lock'), bytes)
  yield
  user.mv(join(git, 'index.lock'), join(git, 'index'))
}

/**
 * Nothing is left but what the indexes name by then: of that both sides hold the same, and nothing is ignored on one side
 * alone. Then nothing is named any more, and that touches nothing either.
 */
export async function changeTracked(history: History): Promise<void> {
  const { world, users, failures } = history
  if (!history.tracks) return
  const random = history.random.fork('tracked')
  const side = random.pick(sides)
  const user = users[side]
  await settle(history, 'the indexes of before')
  for (const path of [kept, `${parentOf(kept)}/d/kept`]) {
    user.mkdir(parentOf(path))
    user.write(path, history.programs(side).contents.next())
  }
  writeIndex(user, leavesBelow(user.snapshot(), ''))
  history.tell(`${side}: all of it is in the index`)
  await settle(history, 'an index that names all')
  for (const each of sides) if (users[each].text(kept) === undefined) failures.push(`tracked: ${each} has no ${kept}`)
  if (random.chance(0.5)) {
    world.killHub()
    world.killAgent()
    world.startHub()
    await settle(history, 'a new start')
  }
  const before = { alpha: users.alpha.snapshot(), beta: users.beta.snapshot() }
  history.tell('no index names anything')
  for (const each of sides) {
    const gone = [...users[each].snapshot().keys()].filter(path => path.endsWith('.git/index') || path === '.git')
    for (const path of gone) users[each].rm(path)
  }
  await settle(history, 'no index')
  users[side].write(kept, history.programs(side).contents.next())
  await settle(history, 'what is ignored again')
  for (const each of sides) {
    const after = users[each].snapshot()
    for (const [path, found] of before[each]) {
      if (isGits(path) || (each === side && path === kept)) continue
      if (textOf(after.get(path)) !== textOf(found))
        failures.push(
          `tracked: an index that went touched ${each} ${path}: ${textOf(found)}, ${textOf(after.get(path))}`,
        )
    }
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

function leavesBelow(snapshot: Snapshot, top: string): string[] {
  const leaves = [...snapshot].filter(([path, { kind }]) => kind !== 'directory' && isWithin(path, top) && path !== top)
  return leaves.map(([path]) => (top === '' ? path : path.slice(top.length + 1))).filter(path => !isGits(path))
}

function isGits(path: string): boolean {
  return path.split('/').includes('.git')
}

/** What the defaults leave alone, where no index of a side says otherwise. */
export function leftAlone(snapshots: readonly Snapshot[]): (path: string) => boolean {
  const exempt = new Set<string>()
  const isLeft = (path: string): boolean => path.split('/').includes('d') && !exempt.has(path)
  for (let known = -1; known < exempt.size;) {
    known = exempt.size
    for (const snapshot of snapshots) for (const path of named(snapshot, isLeft)) exempt.add(path)
  }
  return isLeft
}

/** What the indexes of a side name, and the directories above it. */
function* named(snapshot: Snapshot, isLeft: (path: string) => boolean): Generator<string, void, undefined> {
  for (const [path, found] of snapshot) {
    if (found.kind !== 'file' || !(path === '.git/index' || path.endsWith('/.git/index'))) continue
    const top = path === '.git/index' ? '' : path.slice(0, -'/.git/index'.length)
    if (top !== '' && (isLeft(top) || isIgnored(top))) continue
    for (const each of pathsOf(found.bytes)) for (let at = join(top, each); at !== ''; at = parentOf(at)) yield at
  }
}

function pathsOf(bytes: Uint8Array): readonly string[] {
  let paths: string[] = []
  const file = {
    stat: () => ({ size: bytes.length }) as ReturnType<ReadHandle['stat']>,
    read: (offset: number, length: number) => bytes.subarray(offset, offset + length),
    unwritten: () => undefined,
    sync() {},
    close() {},
  }
  const reading = readGitIndex(file, { begin: () => (paths = []), take: path => paths.push(path) })
  for (let step = reading.next(); ; step = reading.next())
    if (step.done === true) return step.value === undefined ? paths : []
}

function textOf(found: Found | undefined): string {
  return found?.kind === 'file' ? shown(found.bytes) : (found?.kind ?? 'nothing')
}
