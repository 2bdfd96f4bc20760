import assert from 'node:assert/strict'
import { it } from 'node:test'
import { reconcile } from '../../lib/core/reconcile.ts'
import type { Plan } from '../../lib/core/plan.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { directory } from '../../lib/core/tree.ts'
import { digest, dir, file } from './build.ts'

const [f1, f2] = [file('1'), file('2')]

it('a plan goes as deep as a path may', () => {
  let [deep, changed]: [Tree, Tree] = [dir({ a: f1 }), dir({ a: f2 })]
  for (let depth = 1; depth < 2048; depth++) [deep, changed] = [dir({ d: deep }), dir({ d: changed })]
  assert.equal(plans(deep, changed, deep).toBeta.length, 1)
  assert.equal(plans(directory(0o755), changed, directory(0o755)).toBeta.length, 2048)
  assert.equal(plans(deep, directory(0o755), deep).toBeta.length, 2048)
  assert.equal(plans(directory(0o755), deep, deep).agreed.length, 2048)
})

function plans(ancestor: Tree, alpha: Tree, beta: Tree): Plan {
  return reconcile({ ancestor, alpha, beta, moves: { alpha: [], beta: [] }, digester: digest })
}
