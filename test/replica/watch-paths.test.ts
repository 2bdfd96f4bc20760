import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import type { WatchEvent } from '../../lib/ports/watcher.ts'
import { EventBatch } from '../../lib/replica/watch/event-batch.ts'
import { FseventsBursts } from '../../lib/replica/watch/fsevents-bursts.ts'
import { carriesPath, PathKeys } from '../../lib/replica/watch/path-keys.ts'

function pathKeys(paths: Readonly<Record<string, number>>): PathKeys {
  const keys = new PathKeys()
  for (const [path, key] of Object.entries(paths)) keys.place(key, path)
  return keys
}

describe('PathKeys', () => {
  const keys = pathKeys({ '/r': 1, '/r/a': 2 })
  const rows: readonly (readonly [says: string, path: string, event: WatchEvent | undefined])[] = [
    ['a name in the root', '/r/f', { kind: 'changed', directory: 1, name: 'f', isDirectory: undefined }],
    [
      'a watched directory, in its parent',
      '/r/a',
      { kind: 'changed', directory: 1, name: 'a', isDirectory: undefined },
    ],
    ['a name below', '/r/a/f', { kind: 'changed', directory: 2, name: 'f', isDirectory: undefined }],
    ['nothing in a directory nobody watches', '/r/b/f', undefined],
    ['nothing about the root itself', '/r', undefined],
    [
      'a loss where the name cannot be told',
      '/r/a/x\ufffd',
      { kind: 'lost', directory: 2, below: false, why: 'something changed whose name is not UTF-8' },
    ],
  ]
  for (const [says, path, event] of rows)
    it(`tells ${says}`, () => assert.deepEqual(keys.event('changed', path, undefined), event))

  it('lets the newer of two keys have a path', () => {
    const both = pathKeys({ '/r': 1 })
    both.place(2, '/r')
    assert.equal(both.keyOf('/r'), 2)
    assert.equal(both.size, 1)
    assert.equal(both.remove(1), undefined)
    assert.equal(both.keyOf('/r'), 2)
    both.place(2, '/s')
    assert.equal(both.keyOf('/r'), undefined)
    assert.equal(both.pathOf(2), '/s')
  })
})

test('says which paths come back unchanged', () => {
  const paths = ['/r/a', '/r/ä', '/r/\udcff', '/r/a\\b', '/r/\ufffd']
  assert.deepEqual(paths.map(carriesPath), [true, true, false, false, false])
})

describe('FseventsBursts', () => {
  const watched = { '/r': 1, '/r/a': 2, '/r/a/b': 3, '/r/c': 4 }
  const why = 'macOS does not say whether it dropped events'
  const lost = (directory: number | undefined): WatchEvent => ({ kind: 'lost', directory, below: true, why })
  /** A burst as FSEvents gives it: paths relative to the root, coalesced, in no special order. */
  const rows: readonly {
    says: string
    bursts: readonly (readonly (string | undefined)[])[]
    told: readonly string[]
    lost: readonly WatchEvent[]
  }[] = [
    { says: 'nothing of nothing', bursts: [[]], told: [], lost: [] },
    { says: 'a save in one directory', bursts: [['a/b/f.tmp', 'a/b/f']], told: ['3/f.tmp', '3/f'], lost: [lost(3)] },
    {
      says: 'two directories side by side',
      bursts: [['c/f'], ['a/b/f']],
      told: ['4/f', '3/f'],
      lost: [lost(4), lost(3)],
    },
    {
      says: 'one directory below another only once',
      bursts: [['a/b/f', 'a/g']],
      told: ['3/f', '2/g'],
      lost: [lost(2)],
    },
    { says: 'everything for a file at the top', bursts: [['f', 'c/f']], told: ['1/f', '4/f'], lost: [lost(1)] },
    { says: 'nothing in a directory nobody watches', bursts: [['ignored/f']], told: [], lost: [] },
    {
      says: 'everything for an event without a name',
      bursts: [['c/f', undefined]],
      told: ['4/f'],
      lost: [lost(undefined)],
    },
  ]
  for (const { says, bursts, told, lost: expected } of rows) {
    it(`tells ${says}`, () => {
      const subject = new FseventsBursts('/r', pathKeys(watched))
      const events = bursts.flatMap(burst => subject.take(burst))
      assert.deepEqual(
        events.map(event => ('name' in event ? `${event.directory}/${event.name}` : event.kind)),
        told,
      )
      assert.deepEqual(subject.settle(), expected)
      assert.deepEqual(subject.settle(), [])
    })
  }

  it('has everything listed again when very many directories were touched', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`/r/d${i}`, i + 1]))
    const subject = new FseventsBursts('/r', pathKeys(many))
    for (let i = 0; i < 100; i++) subject.take([`d${i}/f`])
    assert.deepEqual(subject.settle(), [lost(undefined)])
  })
})

describe('EventBatch', () => {
  const changed = (name: string): WatchEvent => ({ kind: 'changed', directory: 1, name, isDirectory: undefined })
  const turn = () => new Promise<void>(resolve => setImmediate(resolve))

  it('hands over a turn at its end, repeats left out', async () => {
    const batches: (readonly WatchEvent[])[] = []
    const batch = new EventBatch(events => batches.push(events))
    for (const name of ['f', 'f', 'g', 'f']) batch.push(changed(name))
    batch.push(undefined)
    assert.deepEqual(batches, [])
    await turn()
    batch.push(changed('f'))
    await turn()
    assert.deepEqual(batches, [[changed('f'), changed('g'), changed('f')], [changed('f')]])
  })

  it('says that everything is lost when a turn brings very many, whoever they concern', async () => {
    const all: WatchEvent[] = []
    const batch = new EventBatch(events => all.push(...events))
    batch.push(changed('f'))
    for (let i = 0; i < 1000; i++) batch.push(undefined)
    await turn()
    assert.deepEqual(all, [
      changed('f'),
      { kind: 'lost', directory: undefined, below: true, why: '1001 events came at once: some may have been dropped' },
    ])
  })

  it('says nothing after it is closed', async () => {
    const batch = new EventBatch(() => assert.fail('it was closed'))
    batch.push(changed('f'))
    batch.close()
    batch.push(changed('g'))
    await turn()
  })
})
