import assert from 'node:assert/strict'
import { it } from 'node:test'
import { directory } from '../../lib/core/tree.ts'
import type { Boots } from '../../lib/ports/store.ts'
import type { MakeHome } from './store-home.ts'
import { ancestorOf, boots, drop, file, lines, put, session, tree } from './store-home.ts'

/** The two layers of the ancestor: what is trusted after which host started anew. */
export function storeJournal(makeHome: MakeHome): void {
  const otherBoots: readonly Boots[] = [
    { alpha: 'alpha-2', beta: 'beta-1' },
    { alpha: 'alpha-1', beta: 'beta-2' },
  ]

  for (const other of otherBoots) {
    it(`drops the journal, and it alone, under ${other.alpha} ${other.beta}`, async t => {
      const home = await makeHome(t)
      await session(home, boots, store => {
        store.append([put('a', file('1')), put('b', file('1'))])
        store.fold(store.mark())
        store.append([put('a', file('2')), drop('b'), put('c', file('2'))])
      })
      assert.deepEqual(
        await ancestorOf(home, other),
        tree([
          ['a', file('1')],
          ['b', file('1')],
        ]),
      )
      assert.deepEqual(
        await ancestorOf(home, boots),
        tree([
          ['a', file('1')],
          ['b', file('1')],
        ]),
        'dropped is gone for good',
      )
    })
  }

  it('knows no ancestor when all of it was journal and that is dropped', async t => {
    const home = await makeHome(t)
    await session(home, boots, store => store.append([put('a', file('1'))]))
    assert.equal(await ancestorOf(home, { alpha: 'alpha-2', beta: 'beta-1' }), undefined)
  })

  it('trusts a journal begun after the last drop', async t => {
    const home = await makeHome(t)
    const later: Boots = { alpha: 'alpha-2', beta: 'beta-1' }
    await session(home, boots, store => store.append([put('a', file('1'))]))
    await session(home, later, store => store.append([put('b', file('2'))]))
    assert.deepEqual(await ancestorOf(home, later), tree([['b', file('2')]]))
    assert.equal(await ancestorOf(home, boots), undefined)
  })

  it('folds lines up to the mark, not those after it', async t => {
    const home = await makeHome(t)
    await session(home, boots, store => {
      store.append([put('a', file('1')), put('d', directory(0o755)), put('d/f', file('1'))])
      const mark = store.mark()
      store.append([put('a', file('2')), { from: 'd', to: 'e' }])
      store.fold(mark)
    })
    const durable = tree([
      ['a', file('1')],
      ['d', directory(0o755, [['f', file('1')]])],
    ])
    const agreed = tree([
      ['a', file('2')],
      ['e', directory(0o755, [['f', file('1')]])],
    ])
    assert.deepEqual(await ancestorOf(home, boots), agreed)
    assert.deepEqual(await ancestorOf(home, { alpha: 'alpha-1', beta: 'beta-2' }), durable)
  })

  it('takes marks in any order and more than once', async t => {
    const home = await makeHome(t)
    await session(home, boots, store => {
      const first = store.mark()
      store.append([put('a', file('1'))])
      const second = store.mark()
      store.append([put('b', file('1'))])
      assert.ok(first <= second && second <= store.mark())
      store.fold(second)
      store.fold(first)
      store.fold(second)
    })
    assert.deepEqual(await ancestorOf(home, { alpha: 'alpha-2', beta: 'beta-2' }), tree([['a', file('1')]]))
  })

  it('folds nothing by a mark taken before the journal was dropped', async t => {
    const home = await makeHome(t)
    const later: Boots = { alpha: 'alpha-2', beta: 'beta-1' }
    await session(home, boots, async store => {
      store.append([put('a', file('1')), put('b', file('1'))])
      const stale = store.mark()
      await store.load(later)
      store.append([put('c', file('2'))])
      store.fold(stale)
    })
    assert.deepEqual(await ancestorOf(home, later), tree([['c', file('2')]]))
    assert.equal(await ancestorOf(home, { alpha: 'alpha-3', beta: 'beta-1' }), undefined)
  })

  it('loads again in the middle of work: what was given before counts', async t => {
    const home = await makeHome(t)
    await session(home, boots, async store => {
      store.append([put('a', file('1'))])
      assert.deepEqual(lines((await store.load(boots)).ancestor), tree([['a', file('1')]]))
    })
  })
}
