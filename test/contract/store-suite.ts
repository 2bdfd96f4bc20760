import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Entry } from '../../lib/core/entry.ts'
import { directory, emptyTree } from '../../lib/core/tree.ts'
import type { Boots, StoredConflict } from '../../lib/ports/store.ts'
import type { MakeHome, StoreHome } from './store-home.ts'
import { ancestorOf, boots, drop, file, put, session, tree } from './store-home.ts'
import { storeJournal } from './store-journal.ts'
import { storeProperty } from './store-property.ts'

/** What every SessionStore keeps. `load` always comes before the first change: it says under which boots the journal is written. */
export function storeSuite(name: string, makeHome: MakeHome): void {
  describe(name, () => {
    ancestorTests(makeHome)
    storeJournal(makeHome)
    conflictTests(makeHome)
    damageTests(makeHome)
    storeProperty(makeHome)
  })
}

function ancestorTests(makeHome: MakeHome): void {
  it('knows no ancestor before the first change', async t => {
    const home = await makeHome(t)
    const store = await home.open()
    assert.deepEqual(await store.load(boots), { ancestor: undefined, conflicts: [], damaged: false })
    await store.close()
  })

  it('tells an empty ancestor from none', async t => {
    const home = await makeHome(t)
    await session(home, boots, store => store.append([put('', emptyTree)]))
    assert.deepEqual(await ancestorOf(home), [])
    await session(home, boots, store => store.append([put('a', file('1')), drop('a')]))
    assert.deepEqual(await ancestorOf(home), [])
  })

  it('gives back files, links, directories and their modes', async t => {
    const home = await makeHome(t)
    const link: Entry = { kind: 'symlink', target: '../x y\n' }
    await session(home, boots, store => {
      store.append([put('d', directory(0o700)), put('d/f', file('one', 0o755))])
      store.append([put('l', link), put('d/e', directory(0o755))])
    })
    const d = directory(0o700, [
      ['f', file('one', 0o755)],
      ['e', directory(0o755)],
    ])
    assert.deepEqual(
      await ancestorOf(home),
      tree([
        ['d', d],
        ['l', link],
      ]),
    )
  })

  it('keeps names that are no UTF-8, no NFC, or hold quotes, newlines and wildcards', async t => {
    const names = [
      'caf\udce9',
      'e\u0301',
      '\u00e9',
      "it's",
      'a"b',
      'new\nline',
      'per%cent_',
      '-rf',
      '\u{1f600}',
      '\ufffd',
      'x'.repeat(255),
    ]
    const home = await makeHome(t)
    await session(home, boots, store => {
      store.append(names.map(name => put(name, file(name))))
      store.append([{ from: 'caf\udce9', to: 'caf\udcff' }])
    })
    const renamed = names.map(name => [name === 'caf\udce9' ? 'caf\udcff' : name, file(name)] as const)
    assert.deepEqual(await ancestorOf(home), tree(renamed))
  })

  it('takes the shallow part of an entry: a directory keeps the children it has', async t => {
    const home = await makeHome(t)
    const full = directory(0o755, [['stowaway', file('never said')]])
    await session(home, boots, store =>
      store.append([put('d', full), put('d/f', file('1')), put('d', directory(0o500))]),
    )
    assert.deepEqual(await ancestorOf(home), tree([['d', directory(0o500, [['f', file('1')]])]]))
  })

  it('replaces kind by kind, and removes with all below', async t => {
    const home = await makeHome(t)
    await session(home, boots, store => {
      store.append([put('a', directory(0o755)), put('a/b', directory(0o755)), put('a/b/c', file('1'))])
      store.append([put('a', file('now a file')), put('x', file('2'))])
      store.append([put('a', directory(0o755)), drop('x'), drop('not/there')])
    })
    assert.deepEqual(await ancestorOf(home), tree([['a', directory(0o755)]]))
  })

  it('moves with all below, over and over', async t => {
    const home = await makeHome(t)
    await session(home, boots, store => {
      store.append([
        put('a', directory(0o755)),
        put('a/b', directory(0o755)),
        put('a/b/c', file('1')),
        put('ab', file('2')),
      ])
      store.append([
        { from: 'a', to: 't' },
        { from: 'ab', to: 'a' },
        { from: 't', to: 'ab' },
      ])
      store.append([{ from: 'ab/b', to: 'b' }, put('b/d', file('3'))])
    })
    const b = directory(0o755, [
      ['c', file('1')],
      ['d', file('3')],
    ])
    assert.deepEqual(
      await ancestorOf(home),
      tree([
        ['a', file('2')],
        ['ab', directory(0o755)],
        ['b', b],
      ]),
    )
  })

  it('keeps a wide directory, and one change in it', async t => {
    const home = await makeHome(t)
    const wide = Array.from({ length: 1500 }, (_, i) => [`f${i}`, file(String(i))] as const)
    await session(home, boots, store => store.append(wide.map(([path, entry]) => put(path, entry))))
    await session(home, boots, store => store.append([put('f700', file('other')), drop('f9')]))
    const after = wide
      .filter(([path]) => path !== 'f9')
      .map(([path, entry]) => [path, path === 'f700' ? file('other') : entry] as const)
    assert.deepEqual(await ancestorOf(home), tree(after))
  })

  it('forgets everything when cleared, and starts again', async t => {
    const home = await makeHome(t)
    await session(home, boots, store => {
      store.append([put('a', file('1'))])
      store.fold(store.mark())
      store.append([put('b', file('2'))])
      store.saveConflict(conflict('c'))
      store.clear()
    })
    const store = await home.open()
    assert.deepEqual(await store.load(boots), { ancestor: undefined, conflicts: [], damaged: false })
    store.append([put('z', file('3'))])
    await store.settled()
    await store.close()
    assert.deepEqual(await ancestorOf(home), tree([['z', file('3')]]))
  })
}

function conflict(path: string, since = 1): StoredConflict {
  const problem: Entry = { kind: 'problem', why: 'EACCES', over: file('before') }
  return {
    path,
    kind: 'content',
    since,
    ancestor: problem,
    alpha: file('mine'),
    beta: undefined,
    copies: { alpha: '/home/dev/.dsync/copies/x', beta: undefined },
  }
}

function conflictTests(makeHome: MakeHome): void {
  const conflicts = async (home: StoreHome, at: Boots): Promise<readonly StoredConflict[]> => {
    const store = await home.open()
    const loaded = await store.load(at)
    await store.close()
    return loaded.conflicts.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  }

  it('keeps conflicts whole, also when the journal is dropped', async t => {
    const home = await makeHome(t)
    const typed: StoredConflict = {
      ...conflict('caf\udce9/\n'),
      kind: 'type',
      ancestor: undefined,
      alpha: { kind: 'symlink', target: '\udcff' },
      beta: { kind: 'untracked', why: 'fifo' },
    }
    await session(home, boots, store => {
      store.saveConflict(conflict('a'))
      store.saveConflict(typed)
    })
    assert.deepEqual(await conflicts(home, boots), [conflict('a'), typed])
    assert.deepEqual(await conflicts(home, { alpha: 'alpha-2', beta: 'beta-1' }), [conflict('a'), typed])
  })

  it('keeps one conflict for a path, the last', async t => {
    const home = await makeHome(t)
    await session(home, boots, store => {
      store.saveConflict(conflict('a', 1))
      store.saveConflict(conflict('b', 2))
      store.saveConflict({ ...conflict('a', 1), alpha: file('mine, later') })
    })
    assert.deepEqual(await conflicts(home, boots), [
      { ...conflict('a', 1), alpha: file('mine, later') },
      conflict('b', 2),
    ])
  })

  it('removes one conflict by its exact path', async t => {
    const home = await makeHome(t)
    await session(home, boots, store => {
      for (const path of ['a', 'a/b', 'A']) store.saveConflict(conflict(path))
      store.removeConflict('a')
      store.removeConflict('nothing there')
    })
    assert.deepEqual(
      (await conflicts(home, boots)).map(one => one.path),
      ['A', 'a/b'],
    )
  })
}

function damageTests(makeHome: MakeHome): void {
  it('says so when it was damaged, comes back empty, and works from then on', async t => {
    const names = Object.keys((await makeHome(t)).damages)
    assert.ok(names.length > 0)
    for (const name of names) {
      const home = await makeHome(t)
      await session(home, boots, store => {
        store.append(Array.from({ length: 300 }, (_, i) => put(`f${i}`, file(String(i)))))
        store.fold(store.mark())
        store.append([put('j', file('journal'))])
        store.saveConflict(conflict('c'))
      })
      await home.damages[name]?.()
      const store = await home.open()
      assert.deepEqual(await store.load(boots), { ancestor: undefined, conflicts: [], damaged: true }, name)
      store.append([put('new', file('1'))])
      await store.settled()
      await store.close()
      assert.deepEqual(await ancestorOf(home), tree([['new', file('1')]]), name)
    }
  })
}
