import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Digest, Directory, Entry } from '../../lib/core/entry.ts'
import { isDirectory, isIgnored, isSynced } from '../../lib/core/entry.ts'
import { planMoves } from '../../lib/core/moves.ts'
import type { Operation, Side } from '../../lib/core/operation.ts'
import { isFile } from '../../lib/core/operation.ts'
import type { Path } from '../../lib/core/path.ts'
import { isWithin, join } from '../../lib/core/path.ts'
import type { Plan } from '../../lib/core/plan.ts'
import { reconcile } from '../../lib/core/reconcile.ts'
import { holdsOnlyUntracked } from '../../lib/core/carry.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { at, child, children, diff, walk } from '../../lib/core/tree.ts'
import { share } from '../share.ts'
import { movingWorlds, oddWorlds, plainWorlds } from './arbitrary-trees.ts'
import { digest, show } from './build.ts'
import type { World } from './settle.ts'
import { settle } from './settle.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const runs = Number(process.env['RUNS'] ?? share(1200))

function check(says: string, worlds: fc.Arbitrary<World>, property: (world: World) => void): void {
  it(`${says} (SEED=${seed})`, () => {
    fc.assert(fc.property(worlds, property), { seed, numRuns: runs })
  })
}

const kinds: readonly (readonly [string, fc.Arbitrary<World>])[] = [
  ['plain trees', plainWorlds],
  ['trees with problems and untracked entries', oddWorlds],
  ['trees with moves', movingWorlds],
]

for (const [name, worlds] of kinds) {
  describe(`reconcile, on ${name}`, () => {
    check('converges, and then does nothing', worlds, converges)
    check('treats both sides alike', worlds, isSymmetric)
    check('overwrites nothing that was not agreed', worlds, keepsVersions)
    check('leaves untracked entries and problems alone', worlds, leavesAlone)
    check('plans the same for a scope that names what changed', worlds, scopeIsEnough)
  })
}

function converges(world: World): void {
  const rounds = settle(world)
  const last = rounds.at(-1)
  assert.ok(last !== undefined)
  if (world.moves.alpha.length + world.moves.beta.length === 0) assert.ok(rounds.length <= 2, 'one plan is enough')
  const { ancestor, alpha, beta } = last.after
  // New directories with nothing that is synced in them are nothing to one another: their modes may differ.
  const unused = [...walk(alpha)].flatMap(([path, entry]) =>
    isUnused(entry) && isUnused(at(beta, path)) && at(ancestor, path) === undefined ? [path] : [],
  )
  expectBelowAlike('', alpha, beta, new Set([...unused, ...last.plan.conflicts.map(({ path }) => path)]))
  const again = reconcile(last.after)
  assert.deepEqual(
    [again.toAlpha, again.toBeta, again.agreed, again.notices],
    [[], [], [], []],
    'then nothing is left to do or to agree',
  )
  assert.deepEqual(conflictsOf(again), conflictsOf(last.plan), 'the same conflicts stay')
}

/** Equal in all that is synced, save at conflicts, at what one side ignores, at and below problems, and where a problem froze a delete. */
function expectAlike(path: Path, alpha: Entry | undefined, beta: Entry | undefined, open: ReadonlySet<Path>): void {
  const areDirectories = isDirectory(alpha) && isDirectory(beta)
  if (isIgnored(alpha) || isIgnored(beta)) return
  if (!areDirectories && (open.has(path) || holdsProblem(alpha) || holdsProblem(beta))) return
  if (areDirectories) {
    if (!open.has(path)) assert.equal(alpha.mode, beta.mode, `mode of ${path}`)
    expectBelowAlike(path, alpha, beta, open)
  } else assert.deepEqual(show(tracked(alpha)), show(tracked(beta)), path)
}

function expectBelowAlike(path: Path, alpha: Directory, beta: Directory, open: ReadonlySet<Path>): void {
  const names = new Set([...children(alpha), ...children(beta)].map(([name]) => name))
  for (const name of names) expectAlike(join(path, name), child(alpha, name), child(beta, name), open)
}

function tracked(entry: Entry | undefined): Entry | undefined {
  return isSynced(entry) && !isUnused(entry) ? entry : undefined
}

function isUnused(entry: Entry | undefined): boolean {
  return isDirectory(entry) && holdsOnlyUntracked(entry)
}

function holdsProblem(entry: Entry | undefined): boolean {
  if (entry?.kind === 'problem') return true
  return [...walk(entry)].some(([, below]) => below.kind === 'problem')
}

function conflictsOf(plan: Plan): string[] {
  return plan.conflicts.map(({ path, kind }) => `${kind} ${path}`).toSorted()
}

function isSymmetric(world: World): void {
  const { ancestor, alpha, beta, moves } = world
  const there = reconcile(world)
  const back = reconcile({
    ...world,
    ancestor,
    alpha: beta,
    beta: alpha,
    moves: { alpha: moves.beta, beta: moves.alpha },
  })
  const swap: Record<Side, Side> = { alpha: 'beta', beta: 'alpha' }
  assert.deepEqual(asSet(there.toAlpha), asSet(back.toBeta))
  assert.deepEqual(asSet(there.toBeta), asSet(back.toAlpha))
  assert.deepEqual(asSet(there.agreed), asSet(back.agreed))
  assert.deepEqual(conflictsOf(there), conflictsOf(back))
  assert.deepEqual(
    asSet(there.notices),
    asSet(back.notices.map(notice => ({ ...notice, side: notice.side && swap[notice.side] }))),
  )
  assert.deepEqual(
    asSet(there.problems),
    asSet(back.problems.map(problem => ({ ...problem, side: swap[problem.side] }))),
  )
}

function asSet(items: readonly unknown[]): string[] {
  return items
    .map(item =>
      JSON.stringify(item, (_, value: unknown) =>
        isPlain(value) ? Object.fromEntries(Object.entries(value).toSorted()) : value,
      ),
    )
    .toSorted()
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What an operation takes away was as agreed: the other side changed or deleted it on purpose. Every other version stays. */
function keepsVersions(start: World): void {
  for (const { world, plan, after } of settle(start)) {
    const { ancestor } = planMoves(world, world.moves).trees
    for (const side of ['alpha', 'beta'] as const) {
      const operations = side === 'alpha' ? plan.toAlpha : plan.toBeta
      for (const operation of operations) {
        const before = lostBy(operation)
        if (before !== undefined)
          assert.equal(version(at(ancestor, operation.path)), before, `${operation.path} was as agreed on ${side}`)
      }
      const taken = operations.map(lostBy).filter(lost => lost !== undefined)
      const expected = versions(world[side])
      const left = [...versions(after[side]), ...taken]
      for (const each of new Set(expected)) {
        assert.ok(
          count(left, each) >= count(expected, each),
          `every version on ${side} is there or was taken away on purpose`,
        )
      }
    }
  }
}

function lostBy(operation: Operation): Digest | undefined {
  if (operation.kind === 'move') return undefined
  const before = version(operation.before)
  return operation.kind === 'put' && version(operation.after) === before ? undefined : before
}

function version(entry: Entry | undefined): Digest | undefined {
  if (entry?.kind === 'symlink') return `link ${entry.target}`
  return isFile(entry) ? entry.digest : undefined
}

function versions(tree: Tree): Digest[] {
  return [...walk(tree)].map(([, entry]) => version(entry)).filter(each => each !== undefined)
}

function count<T>(items: readonly T[], item: T): number {
  return items.filter(each => each === item).length
}

function leavesAlone(start: World): void {
  for (const { world, plan, after } of settle(start)) {
    for (const side of ['alpha', 'beta'] as const) {
      const operations = side === 'alpha' ? plan.toAlpha : plan.toBeta
      for (const [path, entry] of walk(world[side])) {
        if (isSynced(entry)) continue
        const now = operations.reduce(followed, path)
        assert.ok(isStillThere(after[side], now, entry), `${entry.kind} at ${path} on ${side} stays`)
      }
    }
  }
}

function followed(path: Path, operation: Operation): Path {
  if (operation.kind !== 'move' || !isWithin(path, operation.from)) return path
  return path === operation.from ? operation.path : join(operation.path, path.slice(operation.from.length + 1))
}

/** At its path, or inside a directory that stays for it alone; a kept directory may hold synced entries again. */
function isStillThere(tree: Tree, path: Path, entry: Entry): boolean {
  const now = at(tree, path)
  if (now === entry) return true
  if (entry.kind === 'untracked' && entry.why === 'kept' && isDirectory(now)) return true
  if (entry.kind === 'problem') return false
  let above = path
  while (above.includes('/')) {
    above = above.slice(0, above.lastIndexOf('/'))
    const parent = at(tree, above)
    if (parent?.kind === 'untracked' && parent.why === 'kept') return true
  }
  return false
}

function scopeIsEnough(world: World): void {
  const { ancestor, alpha, beta } = world
  const whole = reconcile(world)
  const scope = [...diff(ancestor, alpha, digest), ...diff(ancestor, beta, digest), ...diff(alpha, beta)].map(
    change => change.path,
  )
  const scoped = reconcile({ ...world, scope })
  for (const part of ['toAlpha', 'toBeta', 'agreed', 'conflicts', 'notices', 'problems'] as const) {
    assert.deepEqual(asSet(scoped[part]), asSet(whole[part]), part)
  }
}
