import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Move } from '../../lib/core/operation.ts'
import type { Path } from '../../lib/core/path.ts'
import { withAgreed } from '../../lib/core/plan.ts'
import { reconcile } from '../../lib/core/reconcile.ts'
import { directory, withMove } from '../../lib/core/tree.ts'
import { applyOperations } from './apply-plan.ts'
import { digest, dir, file, show } from './build.ts'

const [f1, f2, f3] = [file('1'), file('2'), file('3')]

function move(from: Path, to: Path): Move {
  return { from, to }
}

describe('a plan with moves', () => {
  it('says nothing of what is below a directory that an operation moves', () => {
    const plan = reconcile({
      ancestor: dir({ a: dir({ x: f1 }) }),
      alpha: dir({ b: dir({ x: f2 }) }),
      beta: dir({ a: dir({ x: f3 }) }),
      moves: { alpha: [move('a', 'b')], beta: [] },
      digester: digest,
    })
    assert.deepEqual([plan.toAlpha, plan.toBeta.length, plan.conflicts, plan.agreed], [[], 1, [], []])
  })

  it('agrees on the same move with one change, however much is inside', () => {
    const inside = directory(
      0o755,
      Array.from({ length: 3000 }, (_, i) => [`f${i}`, f1] as const),
    )
    const ancestor = dir({ a: inside })
    const after = withMove(ancestor, 'a', 'b')
    const moves = [move('a', 'b')]
    const plan = reconcile({
      ancestor,
      alpha: after,
      beta: after,
      moves: { alpha: moves, beta: moves },
      digester: digest,
    })
    assert.deepEqual(plan.agreed, moves)
    assert.deepEqual(show(withAgreed(ancestor, plan.agreed)), show(after))
  })

  it('follows a thousand moves that stand in each other’s way', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `d${String(i).padStart(4, '0')}`)
    const ancestor = directory(
      0o755,
      names.map((name, i) => [name, dir({ x: file(String(i)) })]),
    )
    const moves = names.map((name, i) => move(name, names[i + 1] ?? 'last'))
    const alpha = directory(
      0o755,
      moves.map(({ to }, i) => [to, dir({ x: file(String(i)) })]),
    )
    const plan = reconcile({ ancestor, alpha, beta: ancestor, moves: { alpha: moves, beta: [] }, digester: digest })
    assert.equal(plan.toBeta.length, 1000)
    assert.deepEqual(show(applyOperations(ancestor, plan.toBeta)), show(alpha))
  })
})
