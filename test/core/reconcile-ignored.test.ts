import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Entry } from '../../lib/core/entry.ts'
import { isDirectory } from '../../lib/core/entry.ts'
import { join } from '../../lib/core/path.ts'
import type { Path } from '../../lib/core/path.ts'
import { withAgreed } from '../../lib/core/plan.ts'
import { reconcile } from '../../lib/core/reconcile.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { children, directory, emptyTree, walk } from '../../lib/core/tree.ts'
import { share } from '../share.ts'
import { plainWorlds } from './arbitrary-trees.ts'
import { digest, dir, file, link, show, untracked } from './build.ts'

interface Row {
  readonly says: string
  readonly ancestor: Entry | undefined
  readonly alpha: Entry | undefined
  readonly beta: Entry | undefined
  readonly forgets?: boolean
  readonly problem?: boolean
}

const [f1, f2] = [file('1'), file('2')]
const agreed = dir({ a: f1 })

const rows: readonly Row[] = [
  { says: 'was agreed, one side ignores it', ancestor: f1, alpha: f1, beta: untracked(), forgets: true, problem: true },
  { says: 'was agreed, both ignore it', ancestor: f1, alpha: untracked(), beta: untracked(), forgets: true },
  { says: 'was edited elsewhere', ancestor: f1, alpha: f2, beta: untracked(), forgets: true, problem: true },
  { says: 'was deleted elsewhere', ancestor: f1, alpha: undefined, beta: untracked(), forgets: true },
  { says: 'a directory, one side', ancestor: agreed, alpha: agreed, beta: untracked(), forgets: true, problem: true },
  { says: 'a directory deleted elsewhere', ancestor: agreed, alpha: undefined, beta: untracked(), forgets: true },
  { says: 'was never agreed, new elsewhere', ancestor: undefined, alpha: f1, beta: untracked(), problem: true },
  { says: 'a directory new elsewhere', ancestor: undefined, alpha: agreed, beta: untracked(), problem: true },
  { says: 'was never agreed, only one side has it', ancestor: undefined, alpha: undefined, beta: untracked() },
]

/** The tree as a replica tells it that ignores these paths. */
function ignoring(entry: Tree, ignored: ReadonlySet<Path>, above: Path = ''): Tree {
  const told = [...children(entry)].map(([name, below]) => {
    const path = join(above, name)
    if (ignored.has(path)) return [name, untracked()] as const
    return [name, isDirectory(below) ? ignoring(below, ignored, path) : below] as const
  })
  return directory(entry.mode, told)
}

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)

const someOf = (tree: Tree): fc.Arbitrary<ReadonlySet<Path>> =>
  fc.subarray([...walk(tree)].map(([path]) => path)).map(paths => new Set(paths))

const still = { moves: { alpha: [], beta: [] }, digester: digest }

describe('what is ignored is left alone and forgotten', () => {
  for (const { says, ancestor, alpha, beta, forgets = false, problem = false } of rows) {
    for (const turned of [false, true]) {
      it(`${says}${turned ? ', the other way round' : ''}`, () => {
        const place = (entry: Entry | undefined): Tree => dir(entry === undefined ? {} : { x: entry })
        const [left, right] = turned ? [beta, alpha] : [alpha, beta]
        const plan = reconcile({ ancestor: place(ancestor), alpha: place(left), beta: place(right), ...still })
        assert.deepEqual([plan.toAlpha, plan.toBeta, plan.conflicts, plan.notices], [[], [], [], []])
        assert.deepEqual(plan.agreed, forgets ? [{ path: 'x', entry: undefined }] : [])
        const told = problem ? [{ path: 'x', side: turned ? 'alpha' : 'beta', why: 'IGNORED' }] : []
        assert.deepEqual(plan.problems, told)
      })
    }
  }

  it('in a directory that waits for a person too', () => {
    const ancestor = dir({ b: dir({ a: f1, c: dir({ x: f1 }) }) })
    const alpha = dir({ b: link('elsewhere') })
    const ignoring = dir({ b: dir({ a: f1, c: untracked() }) })
    const plan = reconcile({ ancestor, alpha, beta: ignoring, ...still })
    assert.deepEqual(
      plan.conflicts.map(({ path }) => path),
      ['b'],
    )
    assert.deepEqual(plan.agreed, [{ path: 'b/c', entry: undefined }])
    // Not all that is synced again is known at once.
    const past = withAgreed(ancestor, plan.agreed)
    const released = reconcile({ ancestor: past, alpha, beta: dir({ b: dir({ a: f1, c: dir({}) }) }), ...still })
    assert.deepEqual([released.toAlpha, released.toBeta, released.conflicts.length], [[], [], 1])
  })

  it(`other rules on either side ask for nothing, whatever they ignore (SEED=${seed})`, () =>
    fc.assert(
      fc.property(
        plainWorlds.chain(({ ancestor }) => fc.tuple(fc.constant(ancestor), someOf(ancestor), someOf(ancestor))),
        ([tree, onAlpha, onBeta]) => {
          const [alpha, beta] = [ignoring(tree, onAlpha), ignoring(tree, onBeta)]
          const plan = reconcile({ ancestor: tree, alpha, beta, ...still })
          assert.deepEqual([plan.toAlpha, plan.toBeta, plan.conflicts], [[], [], []])
          const past = withAgreed(tree, plan.agreed)
          const kept = ignoring(tree, new Set([...onAlpha, ...onBeta]))
          assert.deepEqual(show(past), show(synced(kept)), 'the past is what neither ignores')
        },
      ),
      { seed, numRuns: share(400) },
    ))

  it(`rules that are taken back delete and overwrite nothing, whatever was edited meanwhile (SEED=${seed})`, () =>
    fc.assert(
      fc.property(
        plainWorlds.chain(world => fc.tuple(fc.constant(world), someOf(world.ancestor))),
        ([{ ancestor, alpha, beta }, ignored]) => {
          const past = synced(ignoring(ancestor, ignored))
          const now = reconcile({ ancestor: past, alpha, beta, ...still })
          for (const { kind, path, before } of [...now.toAlpha, ...now.toBeta]) {
            if (kind === 'move' || ![...ignored].some(each => path === each || path.startsWith(`${each}/`))) continue
            assert.ok(before === undefined || isDirectory(before), `${kind} ${path} takes nothing away`)
            assert.equal(kind, 'put')
          }
        },
      ),
      { seed, numRuns: share(400) },
    ))
})

/** The synced part alone. */
function synced(tree: Tree): Tree {
  const told = [...children(tree)].flatMap(([name, below]) =>
    below.kind === 'untracked' ? [] : [[name, isDirectory(below) ? synced(below) : below] as const],
  )
  return told.length === 0 && tree.mode === emptyTree.mode ? emptyTree : directory(tree.mode, told)
}
