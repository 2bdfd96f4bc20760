import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { holdsOnlyUntracked } from '../../lib/core/carry.ts'
import type { Directory, Entry } from '../../lib/core/entry.ts'
import { isDirectory, isSynced } from '../../lib/core/entry.ts'
import type { Side } from '../../lib/core/operation.ts'
import { otherSide } from '../../lib/core/operation.ts'
import type { Path } from '../../lib/core/path.ts'
import { isWithin, join } from '../../lib/core/path.ts'
import { reconcile } from '../../lib/core/reconcile.ts'
import { overridePlan, partedAbove } from '../../lib/core/session/override.ts'
import { at, child, children, walk } from '../../lib/core/tree.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { share } from '../share.ts'
import { applyOperations } from './apply-plan.ts'
import { oddWorlds, plainWorlds } from './arbitrary-trees.ts'
import { digest, dir, file, problem, show, untracked } from './build.ts'
import type { World } from './settle.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const runs = Number(process.env['RUNS'] ?? share(500))

interface Row {
  readonly says: string
  readonly path?: Path
  readonly ancestor: Tree
  /** Alpha's version wins. */
  readonly alpha: Tree
  readonly beta: Tree
  readonly after: Tree
  readonly left?: readonly Path[]
}

const [one, two, three] = [file('1'), file('2'), file('3')]

const rows: readonly Row[] = [
  {
    says: 'a conflict: the version of the winner',
    ...{ ancestor: dir({ a: one }), alpha: dir({ a: two }), beta: dir({ a: three }), after: dir({ a: two }) },
  },
  {
    says: 'an edit of the loser alone is taken back',
    ...{ ancestor: dir({ a: one }), alpha: dir({ a: one }), beta: dir({ a: three }), after: dir({ a: one }) },
  },
  {
    says: 'what the loser made goes, what it deleted is back',
    ...{ ancestor: dir({ a: one }), alpha: dir({ a: one }), beta: dir({ b: two }), after: dir({ a: one }) },
  },
  {
    says: 'two that never agreed on anything',
    ...{ ancestor: dir({}), alpha: dir({ d: dir({ a: one }) }), beta: dir({ d: dir({ b: two }), c: two }) },
    after: dir({ d: dir({ a: one }) }),
  },
  {
    says: 'a mode both sides changed',
    ...{ ancestor: dir({ a: one }), alpha: dir({ a: file('1', { mode: 0o600 }) }) },
    beta: dir({ a: file('1', { mode: 0o755 }) }),
    after: dir({ a: file('1', { mode: 0o600 }) }),
  },
  {
    says: 'a directory against a file',
    ...{
      ancestor: dir({}),
      alpha: dir({ a: dir({ b: one }) }),
      beta: dir({ a: two }),
      after: dir({ a: dir({ b: one }) }),
    },
  },
  {
    says: 'a file against a directory with edits',
    ...{ ancestor: dir({ a: dir({ b: one }) }), alpha: dir({ a: two }), beta: dir({ a: dir({ b: three, c: one }) }) },
    after: dir({ a: two }),
  },
  {
    says: 'nothing beside the path',
    path: 'd/a',
    ...{ ancestor: dir({ d: dir({ a: one, b: one }) }), alpha: dir({ d: dir({ a: two, b: two }), e: one }) },
    beta: dir({ d: dir({ a: three, b: three }) }),
    after: dir({ d: dir({ a: two, b: three }) }),
  },
  {
    says: 'below directories that both made',
    path: 'd/a',
    ...{ ancestor: dir({}), alpha: dir({ d: dir({ a: two, b: two }) }), beta: dir({ d: dir({ a: three }) }) },
    after: dir({ d: dir({ a: two }) }),
  },
  {
    says: 'what is untracked stays, also when its directory goes',
    ...{ ancestor: dir({}), alpha: dir({}), beta: dir({ d: dir({ a: one, x: untracked() }), y: untracked() }) },
    after: dir({ d: untracked('kept'), y: untracked() }),
  },
  {
    says: 'nothing is put where something untracked stands',
    ...{ ancestor: dir({}), alpha: dir({ a: one, b: one }), beta: dir({ a: untracked('fifo') }) },
    after: dir({ a: untracked('fifo'), b: one }),
    left: ['a'],
  },
  {
    says: 'no file takes the place of a directory with something untracked in it',
    ...{
      ancestor: dir({ a: dir({ b: one }) }),
      alpha: dir({ a: one }),
      beta: dir({ a: dir({ b: two, x: untracked() }) }),
    },
    after: dir({ a: dir({ b: two, x: untracked() }) }),
    left: ['a'],
  },
  {
    says: 'what is untracked itself',
    path: 'a',
    ...{ ancestor: dir({}), alpha: dir({ a: untracked() }), beta: dir({ a: untracked() }) },
    after: dir({ a: untracked() }),
    left: ['a'],
  },
  {
    says: 'what a side cannot tell of stays',
    ...{ ancestor: dir({ a: one, b: one }), alpha: dir({ a: problem(one), b: two }), beta: dir({ a: three, b: one }) },
    after: dir({ a: three, b: two }),
    left: ['a'],
  },
]

describe('an override', () => {
  for (const { says, path = '', ancestor, alpha, beta, after, left = [] } of rows) {
    it(says, () => {
      const plan = overridePlan({ path, take: 'alpha' }, { ancestor, alpha, beta }, digest)
      assert.deepEqual(show(applyOperations(beta, plan.operations)), show(after))
      assert.deepEqual(
        plan.left.map(each => each.path),
        left,
      )
    })
  }

  for (const [name, worlds] of [
    ['plain trees', plainWorlds],
    ['trees with problems and untracked entries', oddWorlds],
  ] as const) {
    it(`makes both sides alike there, on ${name} (SEED=${seed})`, () => {
      const picks = fc.tuple(worlds, fc.nat(40), fc.constantFrom<Side>('alpha', 'beta'))
      fc.assert(
        fc.property(picks, ([world, pick, take]) => bringsOver(world, pick, take)),
        { seed, numRuns: runs },
      )
    })
  }
})

function bringsOver(world: World, pick: number, take: Side): void {
  const paths = ['', ...new Set([...walk(world.alpha), ...walk(world.beta)].map(([path]) => path))].filter(
    path => partedAbove(path, world) === undefined,
  )
  const path = paths[pick % paths.length] ?? ''
  const loser = otherSide(take)
  const plan = overridePlan({ path, take }, world, digest)
  for (const [below, entry] of walk(plan.past)) assert.ok(isSynced(entry), `${below} can be agreed on`)
  const whole = reconcile({ ...world, ancestor: plan.past, moves: { alpha: [], beta: [] }, scope: [path] })
  assert.deepEqual(take === 'alpha' ? whole.toAlpha : whole.toBeta, [], 'nothing changes on the winning side')
  assert.deepEqual(whole.notices, [])
  for (const operation of plan.operations) assert.ok(isWithin(operation.path, path), `${operation.path} is asked for`)
  const after = applyOperations(world[loser], plan.operations)
  const left = new Set(plan.left.map(each => each.path))
  if (path === '') expectBelowAlike('', world[take], after, left)
  else expectAlike(path, at(world[take], path), at(after, path), left)
}

function expectAlike(path: Path, won: Entry | undefined, lost: Entry | undefined, left: ReadonlySet<Path>): void {
  if (left.has(path) || [...left].some(each => isWithin(each, path) && !(isDirectory(won) && isDirectory(lost)))) return
  if (isDirectory(won) && isDirectory(lost)) {
    assert.equal(lost.mode, won.mode, `mode of ${path}`)
    expectBelowAlike(path, won, lost, left)
  } else assert.deepEqual(show(tracked(lost)), show(tracked(won)), path)
}

function expectBelowAlike(path: Path, won: Directory, lost: Directory, left: ReadonlySet<Path>): void {
  const names = new Set([...children(won), ...children(lost)].map(([name]) => name))
  for (const name of names) expectAlike(join(path, name), child(won, name), child(lost, name), left)
}

/** What counts as being there: nothing untracked, and no directory that holds nothing else. */
function tracked(entry: Entry | undefined): Entry | undefined {
  if (!isSynced(entry) || (isDirectory(entry) && holdsOnlyUntracked(entry))) return undefined
  return entry
}
