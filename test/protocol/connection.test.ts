import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Entry, FileEntry } from '../../lib/core/entry.ts'
import type { Operation, Outcome } from '../../lib/core/operation.ts'
import { at, directory, emptyTree, withEntry, withMove } from '../../lib/core/tree.ts'
import { connected } from './connection.ts'
import { ScriptedReplica, facts } from './scripted-replica.ts'
import { file, sameTree } from './trees.ts'

const small = directory(0o755, [
  ['a', file('1')],
  ['d', directory(0o700, [['b', file('2', 0o755)]])],
  ['link', { kind: 'symlink', target: '../caf\udce9' }],
  ['caf\udce9', file('3')],
  ['fifo', { kind: 'untracked', why: 'fifo' }],
  ['secret', { kind: 'problem', why: 'EACCES', over: directory(0o755, [['x', file('4')]]) }],
])

describe('a replica behind a wire', () => {
  it('tells of the tree it serves', async t => {
    const { events } = connected(t, new ScriptedReplica(small))
    const ready = await events.next('ready')
    sameTree(ready.tree, small)
    assert.deepEqual(ready.facts, facts)
  })

  it('takes an equal tree for the baseline itself, and asks for nothing', async t => {
    const baseline = directory(0o755, [['a', file('1')]])
    const { events, pair } = connected(t, new ScriptedReplica(structuredClone(baseline)), { baseline })
    assert.equal((await events.next('ready')).tree, baseline)
    assert.ok(
      pair.toHub.every(bytes => !Buffer.from(bytes).includes('rows')),
      'nothing equal is sent',
    )
  })

  it('reads only what differs from the baseline, page by page, and shares the rest', async t => {
    const many = (prefix: string, count: number): (readonly [string, Entry])[] =>
      Array.from({ length: count }, (_, i) => [`${prefix}${i}`, file(`${prefix}${i}`)] as const)
    const wide = directory(0o755, [
      ...many('w', 4000),
      ['sub', directory(0o755, [['deep', directory(0o755, many('x', 20))]])],
    ])
    const folders = Array.from({ length: 40 }, (_, i) => [`d${i}`, directory(0o755, many('f', 30))] as const)
    const baseline = directory(0o755, [['wide', wide], ...folders])
    let tree = withEntry(baseline, 'd3/f7', file('changed'))
    tree = withEntry(tree, 'd4', { ...directory(0o700), children: folders[4]?.[1].children ?? tree.children })
    tree = withEntry(tree, 'wide/new', file('new'))
    tree = withEntry(tree, 'wide/w77', undefined)
    tree = withEntry(tree, 'wide/w78', directory(0o755, [['now', file('a directory')]]))
    tree = withEntry(tree, 'wide/sub/deep/x3', { kind: 'symlink', target: 'x4' })
    tree = withEntry(tree, 'd5', file('now a file'))
    tree = withEntry(tree, 'd6/ignored', { kind: 'untracked', why: 'ignored' })
    const { events, pair } = connected(t, new ScriptedReplica(structuredClone(tree)), { baseline })
    const ready = await events.next('ready')
    sameTree(ready.tree, tree)
    assert.equal(at(ready.tree, 'd9'), at(baseline, 'd9'))
    assert.equal(at(ready.tree, 'd3/f8'), at(baseline, 'd3/f8'))
    assert.equal(at(ready.tree, 'wide/sub/deep/x1'), at(baseline, 'wide/sub/deep/x1'))
    const bytes = pair.toHub.reduce((sum, each) => sum + each.length, 0)
    assert.ok(bytes < 40_000, `${bytes} bytes were sent for eight differences in 5,200 entries`)
  })

  it('carries operations out and keeps their entries', async t => {
    const served = new ScriptedReplica(small)
    const { replica, events } = connected(t, served)
    await events.next('ready')
    const after: FileEntry = file('new', 0o600)
    const operations: Operation[] = [
      { kind: 'put', path: 'a', before: file('1'), after, mtimeMs: 12.5 },
      { kind: 'remove', path: 'link', before: { kind: 'symlink', target: '../caf\udce9' } },
      { kind: 'move', from: 'd', path: 'e', before: directory(0o700) },
      { kind: 'put', path: 'e/n', before: undefined, after: directory(0o755), basis: 'a' },
    ]
    const contents = new Map([[after.digest, { bytes: Buffer.from('new'), mtimeMs: 12.5 }]])
    replica.send({ type: 'apply', batch: 1, operations, contents })
    const outcomes = await events.next('outcomes')
    assert.deepEqual(
      outcomes.outcomes,
      operations.map(({ path }) => ({ result: 'done', path })),
    )
    sameTree(outcomes.tree, served.tree)
    assert.equal(at(outcomes.tree, 'a'), after, 'the object of the operation is the object of the mirror')
    const command = served.commands[0]
    assert.ok(command?.type === 'apply')
    assert.deepEqual(command.operations, operations)
    assert.deepEqual(
      [...command.contents.values()].map(each => Buffer.from(each.bytes).toString()),
      ['new'],
    )
  })

  it('tells what stands where an operation was not done, before anyone asks', async t => {
    const served = new ScriptedReplica(small)
    const results: Outcome[] = [
      { result: 'stale', path: 'a' },
      { result: 'kept', path: 'd' },
      { result: 'failed', path: 'x', code: 'ENOSPC', message: 'Cannot write: disk full', verdict: 'retry' },
      { result: 'needs', path: 'y', digest: file('y').digest },
      { result: 'held', path: 'z', guard: 'mass-delete' },
    ]
    served.outcome = operation =>
      results.find(each => each.path === operation.path) ?? { result: 'busy', path: operation.path }
    served.onCommand = () => {
      served.tree = withEntry(withEntry(served.tree, 'a', file('saved meanwhile')), 'd', {
        kind: 'untracked',
        why: 'kept',
      })
    }
    const { replica, events } = connected(t, served)
    await events.next('ready')
    const operations = results.map(({ path }): Operation => ({ kind: 'remove', path, before: file('1') }))
    replica.send({ type: 'apply', batch: 2, operations, contents: new Map() })
    const outcomes = await events.next('outcomes')
    assert.deepEqual(outcomes.outcomes, results)
    sameTree(outcomes.tree, served.tree)
    assert.deepEqual(at(outcomes.tree, 'd'), { kind: 'untracked', why: 'kept' })
  })

  it('follows moves and changes, and agrees at every fence', async t => {
    const served = new ScriptedReplica(small)
    const { replica, events } = connected(t, served)
    await events.next('ready')
    served.change(withMove(served.tree, 'd', 'moved'), [], [{ from: 'd', to: 'moved' }])
    served.change(withEntry(served.tree, 'a', undefined), ['a'])
    served.change(withEntry(served.tree, 'fifo', { kind: 'untracked', why: 'socket' }), ['fifo'])
    served.change(withEntry(served.tree, 'secret', { kind: 'problem', why: 'EIO', over: undefined }), ['secret'])
    served.change(
      withEntry(served.tree, 'moved', { ...directory(0o711), children: directory(0o755, [['c', file('5')]]).children }),
      ['moved'],
    )
    replica.send({ type: 'fence', id: 1, verify: true })
    await events.next('fenced')
    sameTree(events.tree(), served.tree)
    assert.deepEqual(
      events.all.map(event => event.type),
      ['ready', ...Array.from({ length: 5 }, () => 'changed'), 'fenced'],
    )
  })

  it('holds what happens while the tree is being read, and tells it after', async t => {
    const served = new ScriptedReplica(small)
    const { events } = connected(t, served, { ready: false, baseline: directory(0o755, [['a', file('0')]]) })
    await served.opened
    served.ready()
    served.change(withEntry(served.tree, 'a', file('later')), ['a'])
    const ready = await events.next('ready')
    sameTree(ready.tree, small)
    const changed = await events.next('changed')
    sameTree(changed.tree, withEntry(small, 'a', file('later')))
  })

  it('hands over what was asked for and nothing else', async t => {
    const served = new ScriptedReplica(small)
    const { replica, events } = connected(t, served)
    await events.next('ready')
    served.onCommand = command => {
      if (command.type === 'read')
        served.tell({
          type: 'content',
          id: command.id,
          bytes: Buffer.from('12345').subarray(command.offset),
          mtimeMs: 9,
        })
    }
    const read = { type: 'read', path: 'a', digest: file('1').digest, length: 100 } as const
    replica.send({ ...read, id: 1, offset: 2 })
    assert.equal(Buffer.from((await events.next('content')).bytes ?? []).toString(), '345')
    const heard = events.all.length
    replica.send({ ...read, id: 2, path: 'd/b', offset: 0 })
    assert.equal((await events.next('content', heard)).bytes, undefined, 'another digest is not read')
    const unheard = events.all.length
    replica.send({ ...read, id: 3, path: 'fifo', offset: 0 })
    assert.equal((await events.next('content', unheard)).bytes, undefined, 'what is no announced file is not read')
    assert.equal(served.commands.length, 1)
  })

  it('sends what is too long for a frame in parts', async t => {
    const served = new ScriptedReplica()
    const { replica, events } = connected(t, served, { chunk: 1000 })
    await events.next('ready')
    const bytes = Buffer.alloc(300_000, 'x')
    const operation: Operation = { kind: 'put', path: 'big', before: undefined, after: file('big') }
    replica.send({
      type: 'apply',
      batch: 1,
      operations: [operation],
      contents: new Map([[file('big').digest, { bytes, mtimeMs: 0 }]]),
    })
    await events.next('outcomes')
    const command = served.commands[0]
    assert.ok(command?.type === 'apply')
    assert.deepEqual(Buffer.from(command.contents.get(file('big').digest)?.bytes ?? []), bytes)
  })

  it('brings a tree of many rows, and changes of many rows, whole', async t => {
    const wide = Array.from({ length: 3000 }, (_, i) => [`f${i}`, file(String(i))] as const)
    const served = new ScriptedReplica(directory(0o755, wide))
    const { replica, events } = connected(t, served)
    sameTree((await events.next('ready')).tree, served.tree)
    served.change(withEntry(served.tree, 'again', directory(0o755, wide)), ['again'])
    sameTree((await events.next('changed')).tree, served.tree)
    replica.send({ type: 'fence', id: 9, verify: false })
    await events.next('fenced')
  })

  it('says nothing after it was closed, and ends the serving end with its replica', async t => {
    const served = new ScriptedReplica(small)
    const { replica, events, ended } = connected(t, served)
    await events.next('ready')
    const heard = events.all.length
    await replica.close()
    await replica.close()
    served.change(emptyTree)
    await ended
    assert.equal(events.all.length, heard)
    assert.equal(served.closes, 1)
  })

  it('passes the last word of the served replica on', async t => {
    const served = new ScriptedReplica(small)
    const { events, ended } = connected(t, served)
    await events.next('ready')
    served.tell({ type: 'closed', code: 'ROOT_MISSING', why: 'The root is gone', verdict: 'halt' })
    assert.deepEqual(await events.next('closed'), {
      type: 'closed',
      code: 'ROOT_MISSING',
      why: 'The root is gone',
      verdict: 'halt',
    })
    await ended
  })
})
