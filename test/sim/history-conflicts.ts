import { isWithin, parentOf } from '../../lib/core/path.ts'
import { sides } from '../../lib/core/session/messages.ts'
import { otherSide } from '../../lib/core/operation.ts'
import { digestOf } from './history-user.ts'
import type { History } from './history.ts'
import { inodeAt } from './resolve.ts'
import { divergences, isIgnored, shown } from './oracle.ts'

/**
 * Changes made on both sides while they do not hear of each other, so that what must be reported is known: exactly the
 * conflicts put in, with both versions kept on both hosts. Some are then resolved.
 */
export async function injectConflicts(history: History): Promise<void> {
  const { world, users, failures } = history
  const random = history.random.fork('conflicts')
  const known = new Set((world.session?.conflicts() ?? []).map(({ path }) => path))
  const troubled = [...known, ...(world.session?.status().problems.first ?? []).map(({ path }) => path)]
  world.setWire(false)
  await world.pass(200)
  const expected = new Set<string>()
  const free = random
    .shuffle(agreedFiles(history))
    .filter(path => !troubled.some(each => isWithin(path, each) || isWithin(each, path)))
  const { contents } = history.programs('alpha')
  const write = (path: string): void => {
    for (const side of sides) users[side].write(path, contents.next())
    expected.add(path)
  }
  for (const path of free.slice(0, 3)) write(path)
  for (const path of free.slice(3, 5)) users[random.pick(sides)].write(path, contents.next())
  for (const path of free.slice(5, 7)) {
    const editor = random.pick(sides)
    users[editor].write(path, contents.next())
    users[otherSide(editor)].rm(path)
  }
  for (const path of free.slice(7, 8)) {
    const bytes = contents.next()
    for (const side of sides) users[side].write(path, bytes)
  }
  write('made-by-both')
  users.alpha.write('file-or-directory', contents.next())
  users.beta.mkdir('file-or-directory')
  users.beta.write('file-or-directory/below', contents.next())
  expected.add('file-or-directory')
  history.tell(`conflicts at ${[...expected].join(' ')}; others at ${free.slice(3, 8).join(' ')}`)
  await world.pass(random.pick([0, 50, 2000]))
  world.setWire(true)
  await world.pass(random.pick([0, 40_000]))
  const result = await world.sync()
  if (result.state !== 'conflicts') failures.push(`conflicts: the sync after them was ${result.state}`)
  // At once: a barrier waits for the copies too.
  const reported = (world.session?.conflicts() ?? []).filter(({ path }) => !known.has(path))
  history.conflicts.injected += expected.size
  history.conflicts.reported += reported.length
  for (const { path } of reported)
    if (!expected.delete(path)) failures.push(`conflicts: ${path} was reported and never made`)
  for (const path of expected) failures.push(`conflicts: ${path} was never reported`)
  for (const conflict of reported)
    for (const side of sides) checkCopy(history, conflict.path, side, conflict.sides[side].copy)
  await world.pass(random.pick([0, 5000]))
  for (const { path } of reported) await resolve(history, path, random.pick(sides))
  await world.pass(random.pick([0, 2000]))
  const after = await world.sync()
  const left = (world.session?.conflicts() ?? []).filter(({ path }) => !known.has(path))
  for (const { path } of left) failures.push(`conflicts: ${path} was resolved and is still there after ${after.state}`)
  failures.push(
    ...divergences(users.alpha.snapshot(), users.beta.snapshot(), {
      ...{ conflicts: [...known], problems: troubled, isLeft: history.left() },
    }),
  )
}

/** Each host keeps the other's version of every conflict. */
export function checkCopies(history: History): void {
  for (const { path, sides: both } of history.world.session?.conflicts() ?? [])
    for (const side of sides) checkCopy(history, path, side, both[side].copy)
}

function checkCopy({ users, failures }: History, path: string, side: 'alpha' | 'beta', copy: string | undefined): void {
  const theirs = users[otherSide(side)].find(path)
  if (theirs === undefined || theirs.kind !== 'file') return
  const kept = copy === undefined ? undefined : inodeAt(users[side].volume, copy, false)
  if (kept === undefined) failures.push(`conflicts: ${side} has no copy of the other's ${path}`)
  else if (digestOf(kept.data) !== digestOf(theirs.data))
    failures.push(`conflicts: ${side} has ${shown(kept.data)} as copy of ${path}, not ${shown(theirs.data)}`)
}

/** A person decides a conflict: the other version may go, be it by a session that no longer knows why. */
export async function resolve(
  { world, users, failures }: History,
  path: string,
  take: 'alpha' | 'beta',
): Promise<void> {
  const loser = users[otherSide(take)]
  for (const [below, found] of loser.snapshot())
    if (found.kind === 'file' && isWithin(below, path)) loser.ledger.gone.add(digestOf(found.bytes))
  let state: string | undefined
  void world.session?.resolve(path, { take }).then(result => {
    state = result.state
  })
  await world.pass(1000, () => state !== undefined)
  if (state !== 'resolved') failures.push(`conflicts: ${path} could not be resolved: ${state}`)
}

/** Files that both sides hold alike, whose owners may write to them and their directories. */
export function agreedFiles(history: History): string[] {
  const { users } = history
  const isLeft = history.left()
  const beta = users.beta.snapshot()
  const agreed: string[] = []
  for (const [path, found] of users.alpha.snapshot()) {
    const other = beta.get(path)
    if (found.kind !== 'file' || other?.kind !== 'file' || isIgnored(path) || isLeft(path)) continue
    const isSafe = sides.every(side => {
      const inode = users[side].find(path)
      const parent = users[side].find(parentOf(path))
      return inode?.links === 1 && (inode.mode & 0o200) !== 0 && parent !== undefined && (parent.mode & 0o200) !== 0
    })
    if (isSafe && digestOf(found.bytes) === digestOf(other.bytes)) agreed.push(path)
  }
  return agreed
}
