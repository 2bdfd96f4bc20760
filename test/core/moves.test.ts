import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Move } from '../../lib/core/operation.ts'
import type { Path } from '../../lib/core/path.ts'
import type { Plan } from '../../lib/core/plan.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { digest, dir, file, problem, show, untracked } from './build.ts'
import { settle } from './settle.ts'

const [f1, f2, f3] = [file('1'), file('2'), file('3')]

function move(from: Path, to: Path): Move {
  return { from, to }
}

/** What one side or both did, and what comes of it. */
interface Story {
  readonly says: string
  readonly ancestor: Tree
  readonly alpha: Tree
  readonly beta: Tree
  readonly alphaMoves?: readonly Move[]
  readonly betaMoves?: readonly Move[]
  /** The moves that operations make, as `side: from → to`. */
  readonly carried: readonly string[]
  /** What both sides hold in the end, or alpha when beta has something of its own besides. */
  readonly end: Tree
  readonly betaEnd?: Tree
  readonly notices?: readonly string[]
  readonly conflicts?: readonly string[]
}

const stories: readonly Story[] = [
  {
    says: 'a renamed directory is renamed on the other side',
    ancestor: dir({ a: dir({ x: f1 }) }),
    alpha: dir({ b: dir({ x: f1 }) }),
    beta: dir({ a: dir({ x: f1 }) }),
    alphaMoves: [move('a', 'b')],
    carried: ['beta: a → b'],
    end: dir({ b: dir({ x: f1 }) }),
  },
  {
    says: 'edits of the other side in the old place follow, edits in the new place too',
    ancestor: dir({ a: dir({ x: f1, y: f1, z: f1 }) }),
    alpha: dir({ b: dir({ x: f1, y: f2, z: f1 }) }),
    beta: dir({ a: dir({ x: f3, y: f1, n: f2 }) }),
    alphaMoves: [move('a', 'b')],
    carried: ['beta: a → b'],
    end: dir({ b: dir({ x: f3, y: f2, n: f2 }) }),
  },
  {
    says: 'untracked entries and problems go along',
    ancestor: dir({ a: dir({ x: f1, p: f1 }) }),
    alpha: dir({ b: dir({ x: f1, p: f1 }) }),
    beta: dir({ a: dir({ x: f1, p: problem(f1), u: untracked() }) }),
    alphaMoves: [move('a', 'b')],
    carried: ['beta: a → b'],
    end: dir({ b: dir({ x: f1, p: f1 }) }),
    betaEnd: dir({ b: dir({ x: f1, p: problem(f1), u: untracked() }) }),
  },
  {
    says: 'a move into new directories has them made first',
    ancestor: dir({ a: dir({ x: f1 }) }),
    alpha: dir({ n: dir({ m: dir({ a: dir({ x: f1 }) }), y: f2 }) }),
    beta: dir({ a: dir({ x: f1 }) }),
    alphaMoves: [move('a', 'n/m/a')],
    carried: ['beta: a → n/m/a'],
    end: dir({ n: dir({ m: dir({ a: dir({ x: f1 }) }), y: f2 }) }),
  },
  {
    says: 'a new directory under the old name is no hindrance',
    ancestor: dir({ a: dir({ x: f1 }) }),
    alpha: dir({ b: dir({ x: f1 }), a: dir({ y: f2 }) }),
    beta: dir({ a: dir({ x: f1 }) }),
    alphaMoves: [move('a', 'b')],
    carried: ['beta: a → b'],
    end: dir({ b: dir({ x: f1 }), a: dir({ y: f2 }) }),
  },
  {
    says: 'a directory moved out of one that goes is out before that goes',
    ancestor: dir({ p: dir({ a: dir({ x: f1 }), y: f2 }) }),
    alpha: dir({ a: dir({ x: f1 }) }),
    beta: dir({ p: dir({ a: dir({ x: f1 }), y: f2 }) }),
    alphaMoves: [move('p/a', 'a')],
    carried: ['beta: p/a → a'],
    end: dir({ a: dir({ x: f1 }) }),
  },
  {
    says: 'moves one after another are one move',
    ancestor: dir({ a: dir({ s: dir({ x: f1 }) }) }),
    alpha: dir({ c: dir({}), d: dir({ x: f1 }) }),
    beta: dir({ a: dir({ s: dir({ x: f1 }) }) }),
    alphaMoves: [move('a', 'b'), move('b', 'c'), move('c/s', 'd')],
    carried: ['beta: a → c', 'beta: c/s → d'],
    end: dir({ c: dir({}), d: dir({ x: f1 }) }),
  },
  {
    says: 'a chain goes from its end',
    ancestor: dir({ a: dir({ x: f1 }), b: dir({ y: f2 }) }),
    alpha: dir({ b: dir({ x: f1 }), c: dir({ y: f2 }) }),
    beta: dir({ a: dir({ x: f1 }), b: dir({ y: f2 }) }),
    alphaMoves: [move('a', 'b'), move('b', 'c')],
    carried: ['beta: b → c', 'beta: a → b'],
    end: dir({ b: dir({ x: f1 }), c: dir({ y: f2 }) }),
  },
  ...(['steps', 'result'] as const).map((told): Story => ({
    says: `a swap told by its ${told} goes through a temporary name`,
    ancestor: dir({ a: dir({ x: f1 }), b: dir({ y: f2 }) }),
    alpha: dir({ b: dir({ x: f1 }), a: dir({ y: f2 }) }),
    beta: dir({ a: dir({ x: f1 }), b: dir({ y: f3 }) }),
    alphaMoves: told === 'steps' ? [move('a', 't'), move('b', 'a'), move('t', 'b')] : [move('a', 'b'), move('b', 'a')],
    carried: ['beta: a → .dsync-move-1', 'beta: b → a', 'beta: .dsync-move-1 → b'],
    end: dir({ b: dir({ x: f1 }), a: dir({ y: f3 }) }),
  })),
  ...[
    [move('A/E', 'E'), move('A', 'E/A')],
    [move('A', 'E/A'), move('A/E', 'E')],
  ].map((alphaMoves): Story => ({
    says: `parent and child change places, told as ${alphaMoves.map(({ from, to }) => `${from}→${to}`).join(', ')}`,
    ancestor: dir({ A: dir({ x: f1, E: dir({ y: f2 }) }) }),
    alpha: dir({ E: dir({ y: f2, A: dir({ x: f1 }) }) }),
    beta: dir({ A: dir({ x: f1, E: dir({ y: f2 }) }) }),
    alphaMoves,
    carried: ['beta: A/E → E', 'beta: A → E/A'],
    end: dir({ E: dir({ y: f2, A: dir({ x: f1 }) }) }),
  })),
  {
    says: 'a directory moves into a new one under its own old name',
    ancestor: dir({ a: dir({ x: f1 }) }),
    alpha: dir({ a: dir({ b: dir({ x: f1 }) }) }),
    beta: dir({ a: dir({ x: f1 }) }),
    alphaMoves: [move('a', 't'), move('t', 'a/b')],
    carried: ['beta: a → .dsync-move-1', 'beta: .dsync-move-1 → a/b'],
    end: dir({ a: dir({ b: dir({ x: f1 }) }) }),
  },
  {
    says: 'the same move on both sides is agreed',
    ancestor: dir({ a: dir({ x: f1 }) }),
    alpha: dir({ n: dir({ b: dir({ x: f1 }) }) }),
    beta: dir({ n: dir({ b: dir({ x: f1 }) }) }),
    alphaMoves: [move('a', 'n/b')],
    betaMoves: [move('a', 'n/b')],
    carried: [],
    end: dir({ n: dir({ b: dir({ x: f1 }) }) }),
  },
  {
    says: 'moves of different directories on both sides are carried over',
    ancestor: dir({ a: dir({ x: f1 }), b: dir({ y: f2 }) }),
    alpha: dir({ c: dir({ x: f1 }), b: dir({ y: f2 }) }),
    beta: dir({ a: dir({ x: f1 }), d: dir({ y: f2 }) }),
    alphaMoves: [move('a', 'c')],
    betaMoves: [move('b', 'd')],
    carried: ['alpha: b → d', 'beta: a → c'],
    end: dir({ c: dir({ x: f1 }), d: dir({ y: f2 }) }),
  },
  {
    says: 'a move out of a directory that the other side swapped takes the right one',
    ancestor: dir({ a: dir({ s: dir({ x: f1 }) }), b: dir({ s: dir({ y: f2 }) }) }),
    alpha: dir({ a: dir({ s: dir({ y: f2 }) }), b: dir({ s: dir({ x: f1 }) }) }),
    beta: dir({ a: dir({}), b: dir({ s: dir({ y: f2 }) }), d: dir({ x: f1 }) }),
    alphaMoves: [move('a', 'b'), move('b', 'a')],
    betaMoves: [move('a/s', 'd')],
    carried: ['beta: a → .dsync-move-1', 'beta: b → a', 'beta: .dsync-move-1 → b'],
    end: dir({ a: dir({ s: dir({ y: f2 }) }), b: dir({}), d: dir({ x: f1 }) }),
  },
  {
    says: 'a directory moved twice exists under both names',
    ancestor: dir({ a: dir({ x: f1, y: f1 }) }),
    alpha: dir({ b: dir({ x: f2, y: f1 }) }),
    beta: dir({ c: dir({ x: f3, y: f1 }) }),
    alphaMoves: [move('a', 'b')],
    betaMoves: [move('a', 'c')],
    carried: [],
    end: dir({ b: dir({ x: f2, y: f1 }), c: dir({ x: f3, y: f1 }) }),
    notices: ['moved-twice b alpha', 'moved-twice c beta'],
  },
  {
    says: 'a move beats a delete and is listed',
    ancestor: dir({ a: dir({ x: f1 }) }),
    alpha: dir({ b: dir({ x: f1 }) }),
    beta: dir({}),
    alphaMoves: [move('a', 'b')],
    carried: [],
    end: dir({ b: dir({ x: f1 }) }),
    notices: ['edit-beat-delete b beta'],
  },
  {
    says: 'a move to a name that is taken is a delete and creates',
    ancestor: dir({ a: dir({ x: f1 }) }),
    alpha: dir({ b: dir({ x: f1 }) }),
    beta: dir({ a: dir({ x: f2 }), b: dir({ y: f3 }) }),
    alphaMoves: [move('a', 'b')],
    carried: [],
    end: dir({ a: dir({ x: f2 }), b: dir({ x: f1, y: f3 }) }),
    notices: ['edit-beat-delete a/x alpha'],
  },
  {
    says: 'two directories moved into each other lose nothing',
    ancestor: dir({ A: dir({ x: f1 }), B: dir({ y: f2 }) }),
    alpha: dir({ B: dir({ y: f2, A: dir({ x: f1 }) }) }),
    beta: dir({ A: dir({ x: f1, B: dir({ y: f2 }) }) }),
    alphaMoves: [move('A', 'B/A')],
    betaMoves: [move('B', 'A/B')],
    carried: [],
    end: dir({ A: dir({ B: dir({ y: f2 }) }), B: dir({ A: dir({ x: f1 }) }) }),
    notices: ['edit-beat-delete A/B alpha', 'edit-beat-delete B/A beta'],
  },
  {
    says: 'both moved different directories to one name: their contents meet',
    ancestor: dir({ a: dir({ x: f1 }), b: dir({ y: f2 }) }),
    alpha: dir({ c: dir({ x: f1 }), b: dir({ y: f2 }) }),
    beta: dir({ a: dir({ x: f1 }), c: dir({ y: f2 }) }),
    alphaMoves: [move('a', 'c')],
    betaMoves: [move('b', 'c')],
    carried: [],
    end: dir({ c: dir({ x: f1, y: f2 }) }),
  },
  {
    says: 'a move that the trees do not bear out is ignored',
    ancestor: dir({ a: dir({ x: f1 }), g: f1 }),
    alpha: dir({ a: dir({ x: f1 }), g: f2 }),
    beta: dir({ a: dir({ x: f1 }), g: f1 }),
    alphaMoves: [move('a', 'b'), move('g', 'h'), move('', 'k'), move('a', '')],
    carried: [],
    end: dir({ a: dir({ x: f1 }), g: f2 }),
  },
]

describe('moves', () => {
  for (const story of stories) it(story.says, () => tell(story))
})

function tell(story: Story): void {
  const { ancestor, alpha, beta, alphaMoves = [], betaMoves = [] } = story
  const rounds = settle({ ancestor, alpha, beta, moves: { alpha: alphaMoves, beta: betaMoves }, digester: digest })
  assert.deepEqual(
    rounds.flatMap(({ plan }) => movesOf(plan)),
    story.carried,
  )
  const end = rounds.at(-1)?.after
  assert.deepEqual(show(end?.alpha), show(story.end), 'alpha')
  assert.deepEqual(show(end?.beta), show(story.betaEnd ?? story.end), 'beta')
  const notices = rounds.flatMap(({ plan }) => plan.notices.map(({ kind, path, side }) => `${kind} ${path} ${side}`))
  assert.deepEqual(notices.toSorted(), story.notices ?? [])
  assert.deepEqual(
    rounds.at(-1)?.plan.conflicts.map(({ kind, path }) => `${kind} ${path}`),
    story.conflicts ?? [],
  )
}

function movesOf(plan: Plan): string[] {
  const shown = (side: string, operations: Plan['toAlpha']): string[] =>
    operations.flatMap(operation =>
      operation.kind === 'move' ? [`${side}: ${operation.from} → ${operation.path}`] : [],
    )
  return [...shown('alpha', plan.toAlpha), ...shown('beta', plan.toBeta)]
}
