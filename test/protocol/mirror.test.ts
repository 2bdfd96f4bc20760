import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Entry } from '../../lib/core/entry.ts'
import { isSynced } from '../../lib/core/entry.ts'
import type { Move, Operation, Outcome } from '../../lib/core/operation.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { at, emptyTree, shallow, walk, withEntry } from '../../lib/core/tree.ts'
import { withMoves } from '../../lib/protocol/mirror.ts'
import { share } from '../share.ts'
import * as arbitrary from './arbitrary.ts'
import { connected } from './connection.ts'
import { ScriptedReplica } from './scripted-replica.ts'
import { file, sameTree } from './trees.ts'

/** What happens at the serving end; paths are chosen among those that stand at that time. */
interface Step {
  readonly do: 'put' | 'drop' | 'move' | 'rescan' | 'apply' | 'apply-badly' | 'fence'
  readonly which: number
  readonly where: number
  readonly name: string
  readonly entry: Entry
}

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('put', 'drop', 'move', 'rescan', 'apply', 'apply-badly', 'fence'),
  which: fc.nat(),
  where: fc.nat(),
  name: arbitrary.name,
  entry: arbitrary.entry,
})

/** How the hub's baseline relates to the tree it will find, given another tree and some edits. */
const baselines: Readonly<Record<string, (tree: Tree, other: Tree, edits: readonly Step[]) => Tree>> = {
  'nothing known': () => emptyTree,
  'the same tree': tree => tree,
  'an equal tree': tree => structuredClone(tree),
  'another tree': (_tree, other) => other,
  'a tree with a few differences': (tree, _other, edits) => edits.reduce(edited, structuredClone(tree)),
}

/** The tree with something put, dropped or given another mode, at any depth. */
function edited(tree: Tree, edit: Step): Tree {
  const victim = pick(pathsOf(tree), edit.which)
  if (edit.do === 'drop' && victim !== undefined) return withEntry(tree, victim, undefined)
  const entry = victim === undefined ? undefined : at(tree, victim)
  if (edit.do === 'move' && victim !== undefined && entry?.kind === 'directory')
    return withEntry(tree, victim, { ...entry, mode: 0o711 })
  return withEntry(tree, placeFor(tree, edit), edit.entry)
}

function pick<T>(items: readonly T[], which: number): T | undefined {
  return items[which % Math.max(1, items.length)]
}

function pathsOf(tree: Tree): string[] {
  return [...walk(tree)].map(([path]) => path)
}

function directoriesOf(tree: Tree): string[] {
  return ['', ...[...walk(tree)].filter(([, entry]) => entry.kind === 'directory').map(([path]) => path)]
}

function placeFor(tree: Tree, { where, name }: Step): string {
  const parent = pick(directoriesOf(tree), where) ?? ''
  return parent === '' ? name : `${parent}/${name}`
}

/** Does one step at the serving end or asks for one from the hub. */
async function take(
  each: Step,
  served: ScriptedReplica,
  hub: ReturnType<typeof connected>,
  batch: number,
): Promise<void> {
  const victim = pick(pathsOf(served.tree), each.which)
  const place = placeFor(served.tree, each)
  const heard = hub.events.all.length
  if (each.do === 'put') served.change(withEntry(served.tree, place, each.entry), [place])
  else if (each.do === 'drop' && victim !== undefined)
    served.change(withEntry(served.tree, victim, undefined), [victim])
  else if (each.do === 'move' && victim !== undefined) {
    const moves: Move[] = [{ from: victim, to: place }]
    served.change(withMoves(served.tree, moves), [], moves)
  } else if (each.do === 'rescan') served.change(structuredClone(served.tree))
  else if (each.do === 'fence') {
    hub.replica.send({ type: 'fence', id: batch, verify: false })
    await hub.events.next('fenced', heard)
    sameTree(hub.events.tree(), served.tree)
  } else if (each.do === 'apply' || each.do === 'apply-badly') {
    served.outcome = operation => outcomeOf(each, operation)
    const operations = operationsOf(each, hub.events.tree(), victim, place)
    hub.replica.send({ type: 'apply', batch, operations, contents: new Map() })
    await hub.events.next('outcomes', heard)
    sameTree(hub.events.tree(), served.tree)
  }
}

/** Operations that fit and, among them, some that do not. */
function operationsOf(each: Step, tree: Tree, victim: string | undefined, place: string): Operation[] {
  const operations: Operation[] = []
  if (isSynced(each.entry))
    operations.push({ kind: 'put', path: place, before: undefined, after: shallow(each.entry) as typeof each.entry })
  const standing = victim === undefined ? undefined : at(tree, victim)
  if (victim !== undefined && isSynced(standing))
    operations.push({ kind: 'remove', path: victim, before: shallow(standing) as typeof standing })
  operations.push({ kind: 'put', path: 'no/such/parent', before: undefined, after: file('x') })
  return operations
}

function outcomeOf(each: Step, { path }: Operation): Outcome {
  return each.do === 'apply-badly' && each.which % 2 === 0 ? { result: 'stale', path } : { result: 'done', path }
}

describe('the mirror', () => {
  for (const [what, baselineOf] of Object.entries(baselines)) {
    it(`is the served tree at the start and after every event, with ${what} before`, async t => {
      await fc.assert(
        fc.asyncProperty(
          arbitrary.tree,
          arbitrary.tree,
          fc.array(step, { maxLength: 5 }),
          fc.array(step, { maxLength: 8 }),
          async (tree, other, edits, steps) => {
            const served = new ScriptedReplica(tree)
            const hub = connected(t, served, { baseline: baselineOf(tree, other, edits) })
            const ready = await hub.events.next('ready')
            sameTree(ready.tree, tree)
            for (const [i, each] of steps.entries()) await take(each, served, hub, i + 1)
            hub.replica.send({ type: 'fence', id: 1000, verify: false })
            await hub.events.next('fenced', hub.events.all.length)
            sameTree(hub.events.tree(), served.tree)
            await hub.replica.close()
          },
        ),
        { numRuns: share(40) },
      )
    })
  }
})
