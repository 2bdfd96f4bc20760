import type { Digester } from '../entry.ts'
import type { Side } from '../operation.ts'
import type { Tree } from '../tree.ts'
import { same, weight } from '../tree.ts'
import type { Half } from './half.ts'
import type { Both, Hold, LogLine } from './messages.ts'
import { sides } from './messages.ts'

/**
 * What a session must not begin with before a person has looked: a root that was emptied while nobody was there, and a
 * first sync of two roots in use.
 * @param past what both last agreed on; undefined: they have never agreed on anything
 */
export function openingHolds(trees: Both<Tree>, past: Tree | undefined, digester: Digester): readonly Hold[] {
  const holds: Hold[] = []
  const agreed = weight(past)
  for (const side of sides) {
    if (weight(trees[side]) > 0 || agreed <= 1) continue
    const why = `the root is empty; ${agreed} entries were agreed on`
    holds.push({ guard: 'root-emptied', side, why, paths: [] })
  }
  const { alpha, beta } = trees
  if (past === undefined && weight(alpha) > 0 && weight(beta) > 0 && !same(alpha, beta, digester)) {
    const why = `both sides hold files: ${weight(alpha)} entries here, ${weight(beta)} there`
    holds.push({ guard: 'first-sync', side: 'beta', why, paths: [] })
  }
  return holds
}

/** A side is there, and how it works. */
export function readyLine(side: Side, { facts, tree }: Half): LogLine {
  const { watcher, swap, staging } = facts
  return { level: 'info', event: 'ready', side, entries: weight(tree), watcher, swap, staging }
}
