import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { isDirectory } from '../../lib/core/entry.ts'
import { isWithin, parentOf } from '../../lib/core/path.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { at, directory, emptyTree, withMove, withShallow } from '../../lib/core/tree.ts'
import type { AncestorChange, Boots } from '../../lib/ports/store.ts'
import { share } from '../share.ts'
import type { MakeHome, StoreHome } from './store-home.ts'
import { drop, file, lines, put } from './store-home.ts'

/** What is done to a store in a random history; paths and marks are chosen by what stands at that time. */
type Step =
  | { readonly do: 'put' | 'drop' | 'move'; readonly paths: readonly [string, string]; readonly text: string }
  | { readonly do: 'mark' | 'fold' | 'reopen' | 'reload' }
  | { readonly do: 'boot'; readonly side: 'alpha' | 'beta' }

const path = fc.constantFrom('a', 'b', 'c', 'a/x', 'a/y', 'b/x', 'a/x/1', 'c/x', 'c/x/2')

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('put', 'drop', 'move'),
      paths: fc.tuple(path, path),
      text: fc.constantFrom('', '1', '2', '3'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('mark', 'fold', 'reopen', 'reload') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('boot' as const), side: fc.constantFrom('alpha', 'beta') }) },
)

/** The ancestor's two layers in their plainest form. */
class Model {
  durable: Tree | undefined
  journal: AncestorChange[] = []
  /** Lines folded or dropped so far. */
  passed = 0
  boots: Boots = { alpha: '1', beta: '1' }
  written = this.boots

  get agreed(): Tree | undefined {
    return replay(this.durable, this.journal)
  }

  fold(lines: number): void {
    const count = Math.max(0, lines - this.passed)
    this.durable = replay(this.durable, this.journal.slice(0, count))
    this.journal = this.journal.slice(count)
    this.passed += count
  }

  load(): Tree | undefined {
    if (this.boots.alpha !== this.written.alpha || this.boots.beta !== this.written.beta) {
      this.passed += this.journal.length
      this.journal = []
      this.written = this.boots
    }
    return this.agreed
  }
}

function replay(tree: Tree | undefined, journal: readonly AncestorChange[]): Tree | undefined {
  if (journal.length === 0) return tree
  return journal.reduce((result, change) => {
    return 'from' in change ? withMove(result, change.from, change.to) : withShallow(result, change.path, change.entry)
  }, tree ?? emptyTree)
}

/** The change a step asks for, or undefined when the tree as it stands has no room for it. */
function changeOf(tree: Tree, step: Step): AncestorChange | undefined {
  if (!('paths' in step)) return undefined
  const [from, to] = step.paths
  const hasParent = (child: string): boolean => isDirectory(at(tree, parentOf(child)))
  if (step.do === 'drop') return drop(from)
  if (step.do === 'put')
    return hasParent(from) ? put(from, step.text === '' ? directory(0o755) : file(step.text)) : undefined
  const fits = at(tree, from) !== undefined && at(tree, to) === undefined && hasParent(to) && !isWithin(to, from)
  return fits ? { from, to } : undefined
}

/** Random histories against a model of two layers. Prints fast-check's seed when it fails. */
export function storeProperty(makeHome: MakeHome): void {
  it('agrees with a plain model over random histories', async t => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async steps => {
        await history(await makeHome(t), steps)
      }),
      { numRuns: share(40) },
    )
  })
}

async function history(home: StoreHome, steps: readonly Step[]): Promise<void> {
  const model = new Model()
  let store = await home.open()
  const check = async (): Promise<void> => {
    assert.deepEqual(lines((await store.load(model.boots)).ancestor), lines(model.load()))
  }
  await check()
  const marks: { readonly store: number; readonly lines: number }[] = []
  for (const step of steps) {
    const change = changeOf(model.agreed ?? emptyTree, step)
    if (change !== undefined) {
      store.append([change])
      model.journal.push(change)
    }
    if (step.do === 'mark') marks.push({ store: store.mark(), lines: model.passed + model.journal.length })
    if (step.do === 'fold') {
      const mark = marks.pop()
      if (mark !== undefined) {
        store.fold(mark.store)
        model.fold(mark.lines)
      }
    }
    if (step.do === 'boot') model.boots = { ...model.boots, [step.side]: `${model.boots[step.side]}+` }
    if (step.do === 'reload') await check()
    if (step.do === 'reopen') {
      await store.settled()
      await store.close()
      store = await home.open()
      marks.length = 0
      await check()
    }
  }
  await store.settled()
  await check()
  await store.close()
}
