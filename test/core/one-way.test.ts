import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { holdsOnlyUntracked } from '../../lib/core/carry.ts'
import type { Entry } from '../../lib/core/entry.ts'
import { isDirectory, isSynced } from '../../lib/core/entry.ts'
import { planMoves } from '../../lib/core/moves.ts'
import type { Operation, Side } from '../../lib/core/operation.ts'
import { isFile, otherSide } from '../../lib/core/operation.ts'
import type { Path } from '../../lib/core/path.ts'
import { join, overlaps } from '../../lib/core/path.ts'
import type { Plan } from '../../lib/core/plan.ts'
import { reconcile } from '../../lib/core/reconcile.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { at, child, children, walk } from '../../lib/core/tree.ts'
import { share } from '../share.ts'
import { applyOperations } from './apply-plan.ts'
import { movingWorlds, oddWorlds, plainWorlds } from './arbitrary-trees.ts'
import { digest, dir, file, show, untracked } from './build.ts'
import type { World } from './settle.ts'
import { settle } from './settle.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const runs = Number(process.env['RUNS'] ?? share(500))

const [one, two, three] = [file('1'), file('2'), file('3')]
const exec = { mode: 0o755 }

/** Alpha sends, beta receives. */
interface Row {
  readonly says: string
  readonly ancestor: Tree
  readonly alpha: Tree
  readonly beta: Tree
  /** What beta holds after; by default what it held. */
  readonly after?: Tree
  readonly untaken?: readonly string[]
  readonly conflicts?: readonly string[]
}

const rows: readonly Row[] = [
  {
    says: 'a change of the sender travels',
    ...{ ancestor: dir({ a: one, b: one }), alpha: dir({ a: two, c: one }), beta: dir({ a: one, b: one }) },
    after: dir({ a: two, c: one }),
  },
  {
    says: 'an edit of the receiver stays there',
    ...{ ancestor: dir({ a: one }), alpha: dir({ a: one }), beta: dir({ a: two }) },
    untaken: ['changed a'],
  },
  {
    says: 'what the receiver made stays there, a directory as one',
    ...{ ancestor: dir({}), alpha: dir({}), beta: dir({ a: one, d: dir({ b: one, e: dir({ c: two }) }) }) },
    untaken: ['added a', 'added d'],
  },
  {
    says: 'what the receiver deleted stays deleted, a directory as one',
    ...{ ancestor: dir({ a: one, d: dir({ b: one }) }), alpha: dir({ a: one, d: dir({ b: one }) }), beta: dir({}) },
    untaken: ['deleted a', 'deleted d'],
  },
  {
    says: 'what the receiver deleted and the sender edited is back',
    ...{ ancestor: dir({ a: one }), alpha: dir({ a: two }), beta: dir({}), after: dir({ a: two }) },
  },
  {
    says: 'what the sender deleted and the receiver edited stays there, and the rest of its directory goes',
    ...{ ancestor: dir({ d: dir({ a: one, b: one }) }), alpha: dir({}), beta: dir({ d: dir({ a: two, b: one }) }) },
    after: dir({ d: dir({ a: two }) }),
    untaken: ['added d'],
  },
  {
    says: 'edits of both conflict',
    ...{ ancestor: dir({ a: one }), alpha: dir({ a: two }), beta: dir({ a: three }), conflicts: ['content a'] },
  },
  {
    says: 'the same edit of both is agreed',
    ...{ ancestor: dir({ a: one }), alpha: dir({ a: two }), beta: dir({ a: two }) },
  },
  {
    says: 'the content of the sender takes the mode of the receiver',
    ...{ ancestor: dir({ a: one }), alpha: dir({ a: two }), beta: dir({ a: file('1', exec) }) },
    after: dir({ a: file('2', exec) }),
    untaken: ['changed a'],
  },
  {
    says: 'a file that the receiver made a directory of stays one',
    ...{ ancestor: dir({ a: one }), alpha: dir({ a: one }), beta: dir({ a: dir({ b: one }) }) },
    untaken: ['changed a'],
  },
  {
    says: 'a directory that the receiver made a file of stays one',
    ...{ ancestor: dir({ a: dir({ b: one }) }), alpha: dir({ a: dir({ b: one }) }), beta: dir({ a: one }) },
    untaken: ['changed a'],
  },
  {
    says: 'what is untracked at the sender is in the way of nothing',
    ...{ ancestor: dir({}), alpha: dir({ a: untracked('fifo') }), beta: dir({ a: one }) },
    untaken: ['added a'],
  },
]

describe('one side that only sends', () => {
  for (const { says, ancestor, alpha, beta, after = beta, untaken = [], conflicts = [] } of rows) {
    it(says, () => {
      const moves = { alpha: [], beta: [] }
      const plan = reconcile({ ancestor, alpha, beta, moves, digester: digest, source: 'alpha' })
      assert.deepEqual(plan.toAlpha, [])
      assert.deepEqual(show(applyOperations(beta, plan.toBeta)), show(after))
      const end = settle({ ancestor, alpha, beta, moves, digester: digest, source: 'alpha' }).at(-1)?.plan
      assert.deepEqual(end?.untaken.map(({ how, path }) => `${how} ${path}`).toSorted(), untaken)
      assert.deepEqual(
        plan.conflicts.map(({ kind, path }) => `${kind} ${path}`),
        conflicts,
      )
    })
  }

  for (const [name, worlds] of [
    ['plain trees', plainWorlds],
    ['trees with problems and untracked entries', oddWorlds],
    ['trees with moves', movingWorlds],
  ] as const) {
    const check = (says: string, property: (world: World, source: Side) => void): void => {
      it(`${says}, on ${name} (SEED=${seed})`, () => {
        const sides = fc.constantFrom<Side>('alpha', 'beta')
        fc.assert(
          fc.property(worlds, sides, (world, source) => property({ ...world, source }, source)),
          { seed, numRuns: runs },
        )
      })
    }
    check('is never changed, and the rest comes to an end', isNeverChanged)
    check('takes nothing away that was not agreed', losesNothing)
    check('leaves nothing apart that is not listed', listsAll)
    check('does the same whichever side it is', isSymmetric)
    check('is as any other where nothing was changed on the receiving side', isAsUsual)
  }
})

function isNeverChanged(world: World, source: Side): void {
  for (const { plan } of settle(world)) assert.deepEqual(operationsOf(plan, source), [])
}

/** What an operation takes away stood there as agreed. */
function losesNothing(start: World, source: Side): void {
  const { moves } = start
  const followed = { alpha: source === 'alpha' ? moves.alpha : [], beta: source === 'beta' ? moves.beta : [] }
  for (const [round, { world, plan }] of settle(start).entries()) {
    const { ancestor } = planMoves(world, round === 0 ? followed : { alpha: [], beta: [] }).trees
    for (const operation of operationsOf(plan, otherSide(source))) {
      if (operation.kind === 'move') continue
      const before = versionOf(operation.before)
      const isKept = operation.kind === 'put' && versionOf(operation.after) === before
      if (before !== undefined && !isKept) assert.equal(before, versionOf(at(ancestor, operation.path)), operation.path)
    }
  }
}

function versionOf(entry: Entry | undefined): string | undefined {
  if (entry?.kind === 'symlink') return `link ${entry.target}`
  return isFile(entry) ? entry.digest : undefined
}

function listsAll(world: World): void {
  const end = settle(world).at(-1)
  assert.ok(end !== undefined)
  const { after, plan } = end
  const listed = [...plan.untaken, ...plan.conflicts, ...plan.problems].map(({ path }) => path)
  for (const path of apart('', after.alpha, after.beta)) {
    assert.ok(
      listed.some(each => overlaps(each, path)),
      `${path} is listed: ${listed.join(' ')}`,
    )
  }
  for (const { path } of plan.untaken)
    assert.notDeepEqual(show(at(after.alpha, path)), show(at(after.beta, path)), `${path} differs`)
}

/** The topmost paths where the two are not alike. */
function apart(path: Path, alpha: Entry | undefined, beta: Entry | undefined): Path[] {
  if (!isDirectory(alpha) || !isDirectory(beta)) return isApart(alpha, beta) ? [path] : []
  if (path !== '' && alpha.mode !== beta.mode) return [path]
  const names = new Set([...children(alpha), ...children(beta)].map(([name]) => name))
  return [...names].flatMap(name => apart(join(path, name), child(alpha, name), child(beta, name)))
}

function isApart(alpha: Entry | undefined, beta: Entry | undefined): boolean {
  return JSON.stringify(show(tracked(alpha))) !== JSON.stringify(show(tracked(beta)))
}

function tracked(entry: Entry | undefined): Entry | undefined {
  if (!isSynced(entry) || (isDirectory(entry) && holdsOnlyUntracked(entry))) return undefined
  return entry
}

function isSymmetric(world: World, source: Side): void {
  const { alpha, beta, moves } = world
  const there = reconcile(world)
  const swapped = { alpha: beta, beta: alpha, moves: { alpha: moves.beta, beta: moves.alpha } }
  const back = reconcile({ ...world, ...swapped, source: otherSide(source) })
  const said = (plan: Plan): string[] => [
    ...plan.untaken.map(({ path, how }) => `${how} ${path}`).toSorted(),
    ...plan.conflicts.map(({ path, kind }) => `${kind} ${path}`).toSorted(),
  ]
  const done = (operations: readonly Operation[]): string[] => operations.map(each => JSON.stringify(each)).toSorted()
  assert.deepEqual(said(there), said(back))
  assert.deepEqual(done(there.toAlpha), done(back.toBeta))
  assert.deepEqual(done(there.toBeta), done(back.toAlpha))
}

function isAsUsual(world: World, source: Side): void {
  const receiver = otherSide(source)
  const moves = { ...world.moves, [receiver]: [] }
  const { source: _, ...rest } = { ...world, [receiver]: world.ancestor, moves }
  const usual = reconcile(rest)
  const here = reconcile({ ...rest, source })
  if ([...walk(rest[source])].some(([, entry]) => !isSynced(entry))) return
  assert.deepEqual({ ...here, untaken: [] }, { ...usual, untaken: [] })
  assert.deepEqual(here.untaken, [])
}

function operationsOf(plan: Plan, side: Side): readonly Operation[] {
  return side === 'alpha' ? plan.toAlpha : plan.toBeta
}
