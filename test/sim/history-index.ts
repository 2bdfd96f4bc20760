import { isWithin, join, parentOf } from '../../lib/core/path.ts'
import type { ReadHandle } from '../../lib/ports/disk.ts'
import { readGitIndex } from '../../lib/replica/git-index.ts'
import { gitIndex } from '../replica/git-index-bytes.ts'
import { isIgnored } from './oracle.ts'
import type { Random } from './random.ts'
import type { Steps } from './saves.ts'
import type { Found, SimUser } from './user.ts'

/** What is ignored by default where users have repositories: one of the names that they choose from. */
export const trackedDefaults = ['d']

type Snapshot = ReadonlyMap<string, Found>

/** git adds, removes, checks out: another index takes the place of the one before. Sometimes it is none, or goes. */
export function* indexing(user: SimUser, random: Random): Steps {
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

/** Files and links below a directory, from there on, but for git's. */
export function leavesBelow(snapshot: Snapshot, top: string): string[] {
  const leaves = [...snapshot].filter(([path, { kind }]) => kind !== 'directory' && isWithin(path, top) && path !== top)
  return leaves.map(([path]) => (top === '' ? path : path.slice(top.length + 1))).filter(path => !isGits(path))
}

export function isGits(path: string): boolean {
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
