import assert from 'node:assert/strict'
import { isSynced } from '../../lib/core/entry.ts'
import type { Operation } from '../../lib/core/operation.ts'
import type { Plan } from '../../lib/core/plan.ts'
import { withAgreed } from '../../lib/core/plan.ts'
import type { ReconcileInput } from '../../lib/core/reconcile.ts'
import { reconcile } from '../../lib/core/reconcile.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { at, shallow, withMove, withShallow } from '../../lib/core/tree.ts'
import { applyOperations } from './apply-plan.ts'
import { show } from './build.ts'

export type World = Omit<ReconcileInput, 'scope'>

/** The world after a plan was carried out on both sides, and the ancestor took what both hold, as a session has it. */
export function carriedOut(world: World, plan: Plan): World {
  const alpha = applyOperations(world.alpha, plan.toAlpha)
  const beta = applyOperations(world.beta, plan.toBeta)
  const agreed = withAgreed(world.ancestor, plan.agreed)
  const entered = (operations: readonly Operation[]): Tree =>
    operations.reduce((tree, operation) => withDone(tree, operation, { alpha, beta }), agreed)
  const ancestor = entered([...plan.toAlpha, ...plan.toBeta])
  assert.deepEqual(
    show(ancestor),
    show(entered([...plan.toBeta, ...plan.toAlpha])),
    'it does not matter which side is done first',
  )
  return { ...world, ancestor, alpha, beta, moves: { alpha: [], beta: [] } }
}

function withDone(
  ancestor: Tree,
  operation: Operation,
  { alpha, beta }: { readonly alpha: Tree; readonly beta: Tree },
): Tree {
  const { path } = operation
  if (operation.kind === 'move') return withMove(ancestor, operation.from, path)
  const after = operation.kind === 'put' ? operation.after : undefined
  const agrees = [alpha, beta].every(tree => {
    const now = at(tree, path)
    return (
      JSON.stringify(show(isSynced(now) ? shallow(now) : undefined)) === JSON.stringify(show(after && shallow(after)))
    )
  })
  return agrees ? withShallow(ancestor, path, after) : ancestor
}

export interface Round {
  readonly world: World
  readonly plan: Plan
  readonly after: World
}

/** Plans and carries out until a plan does nothing, that one included: a plan with moves needs a second, never more. */
export function settle(world: World): readonly Round[] {
  const rounds: Round[] = []
  for (let now = world; ;) {
    const plan = reconcile(now)
    const after = carriedOut(now, plan)
    rounds.push({ world: now, plan, after })
    if (plan.toAlpha.length + plan.toBeta.length === 0) return rounds
    const isMoving = [...plan.toAlpha, ...plan.toBeta].some(operation => operation.kind === 'move')
    assert.ok(rounds.length === 1 || !isMoving, 'only the first plan moves')
    assert.ok(rounds.length <= 2, 'no third plan has anything to do')
    now = after
  }
}
