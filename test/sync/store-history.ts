import type { Tree } from '../../lib/core/tree.ts'
import { directory, emptyTree, withMove, withShallow } from '../../lib/core/tree.ts'
import type { AncestorChange, Boots } from '../../lib/ports/store.ts'
import { drop, file, put } from '../contract/store-home.ts'

export const boots: Boots = { alpha: 'a', beta: 'b' }

/** The i-th change of a history that goes on for ever: files written, changed, removed, and a directory moved to and fro. */
export function historyStep(i: number): AncestorChange {
  if (i === 0) return put('d0', directory(0o755))
  const directoryNow = `d${Math.floor((i - 1) / 10) % 2}`
  if (i % 10 === 0) return { from: directoryNow, to: `d${Math.floor(i / 10) % 2}` }
  if (i % 10 === 7) return drop(`${directoryNow}/f${(i * 7) % 23}`)
  return put(`${directoryNow}/f${i % 23}`, file(`version ${i}`))
}

/** The tree after each step from 0 to `steps - 1`, the one before them first. */
export function historyTrees(steps: number): Tree[] {
  const trees: Tree[] = [emptyTree]
  for (let i = 0; i < steps; i++) {
    const before = trees.at(-1) ?? emptyTree
    const step = historyStep(i)
    trees.push('from' in step ? withMove(before, step.from, step.to) : withShallow(before, step.path, step.entry))
  }
  return trees
}
