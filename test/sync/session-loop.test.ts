import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SyncError } from '../../lib/core/errors.ts'
import type { ReplicaCommand, ReplicaEvent } from '../../lib/core/messages.ts'
import { noneTracked } from '../../lib/core/messages.ts'
import type { Side } from '../../lib/core/operation.ts'
import { emptyTree, withEntry } from '../../lib/core/tree.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { openGate } from '../../lib/ports/gate.ts'
import type { LogEvent } from '../../lib/ports/log.ts'
import type { OpenReplica, ReplicaListener } from '../../lib/ports/replica.ts'
import type { SessionStore } from '../../lib/ports/store.ts'
import { digest } from '../../lib/replica/hash.ts'
import { headline } from '../../lib/sync/headline.ts'
import type { BarrierResult } from '../../lib/sync/session-handle.ts'
import { SessionLoop } from '../../lib/sync/session-loop.ts'
import { symlink } from '../replica/rig.ts'
import { ManualClock } from '../sim/clock.ts'

/** A side that says what it is told to say, and answers fences and checkpoints. */
class Scripted {
  readonly commands: ReplicaCommand[] = []
  tree: Tree = emptyTree
  /** Opening it fails with this. */
  fails: SyncError | undefined
  #listener: ReplicaListener = () => {}
  readonly #clock: ManualClock

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  readonly open: OpenReplica = (_baseline, listener) => {
    if (this.fails !== undefined) throw this.fails
    this.#listener = listener
    const facts = {
      ...{ host: 'h', bootId: 'b', caseSensitive: true, normalising: false, swap: 'exchange' },
      ...{ watcher: 'inotify', staging: 'home', created: false },
    }
    this.#clock.soon(() => listener({ type: 'ready', tree: this.tree, facts, tracked: noneTracked }))
    return {
      send: command => {
        this.commands.push(command)
        if (command.type === 'fence') this.say({ type: 'fenced', id: command.id, waiting: [] })
        if (command.type === 'checkpoint') this.say({ type: 'durable', id: command.id })
        if (command.type === 'ask' && command.question.about === 'restore')
          this.say({ type: 'answer', id: command.id, answer: { about: 'restore', restored: ['a'], refused: [] } })
      },
      close: async () => {},
    }
  }

  say(event: ReplicaEvent): void {
    this.#clock.soon(() => this.#listener(event))
  }
}

/** A session between two scripted sides, over a store that may fail. */
class Stage {
  readonly clock = new ManualClock()
  readonly alpha = new Scripted(this.clock)
  readonly beta = new Scripted(this.clock)
  readonly log: LogEvent[] = []
  storeError: SyncError | undefined
  /** The store can be read, and takes nothing after that. */
  fillsUp = false
  loop: SessionLoop | undefined

  async start(passMs = 100): Promise<SessionLoop> {
    const { clock, alpha, beta } = this
    this.loop = new SessionLoop({
      ...{
        root: '/r',
        hosts: { alpha: 'here', beta: 'there' },
        clock,
        gate: openGate,
        digester: digest,
        paused: false,
      },
      open: { alpha: alpha.open, beta: beta.open },
      store: this.#store(),
    })
    this.loop.onEvent(event => this.log.push(event))
    if (passMs > 0) await this.pass(passMs)
    return this.loop
  }

  async pass(ms: number): Promise<void> {
    await this.clock.settle({ forMs: ms })
  }

  /** What a barrier says within a second. */
  async barrier(loop: SessionLoop): Promise<BarrierResult | undefined> {
    let result: BarrierResult | undefined
    const options = { timeoutMs: 60_000, verify: false }
    void loop.barrier(options, new AbortController().signal).then(given => (result = given))
    await this.pass(1000)
    return result
  }

  #store(): SessionStore {
    const check = async (): Promise<void> => {
      if (this.storeError !== undefined) throw this.storeError
    }
    return {
      load: async () => {
        await check()
        if (this.fillsUp) this.storeError = new SyncError('ENOSPC', 'the disk is full')
        return { ancestor: undefined, conflicts: [], damaged: false }
      },
      settled: check,
      append: () => {},
      fold: () => {},
      mark: () => 0,
      saveConflict: () => {},
      removeConflict: () => {},
      clear: () => {},
      close: async () => {},
    }
  }
}

const missing = (path: string) =>
  new SyncError('ROOT_MISSING', `Cannot open the root ${path}: it is not there any more`, { verdict: 'halt' })

describe('a session that cannot go on', () => {
  for (const gone of [['alpha'], ['beta'], ['alpha', 'beta']] as readonly Side[][]) {
    it(`says at once, to whoever waits, which root is gone: ${gone.join(' and ')}`, async () => {
      const stage = new Stage()
      for (const side of gone) stage[side].fails = missing(side)
      const loop = await stage.start()
      const result = await stage.barrier(loop)
      assert.equal(result?.state, 'halted')
      assert.equal(result.code, 'ROOT_MISSING')
      for (const side of gone) assert.match(result.why ?? '', new RegExp(`Cannot open the root ${side}`))
      assert.equal(loop.status().state, 'halted')
      for (const side of gone) stage[side].fails = undefined
      await stage.pass(60_000)
      assert.equal((await stage.barrier(loop))?.state, 'synced')
    })
  }

  it('says at once when its store cannot be read, and goes on when it can', async () => {
    const stage = new Stage()
    stage.storeError = new SyncError('ENOSPC', 'the disk is full', { verdict: 'retry' })
    const loop = await stage.start()
    const result = await stage.barrier(loop)
    assert.deepEqual(
      [result?.state, result?.code, result?.why],
      ['halted', 'ENOSPC', 'Cannot keep the record of what was agreed on: the disk is full'],
    )
    assert.deepEqual([loop.status().state, loop.status().why], ['halted', result?.why])
    stage.storeError = undefined
    await stage.pass(10_000)
    assert.equal((await stage.barrier(loop))?.state, 'synced')
    assert.equal(loop.status().why, undefined)
  })

  it('says it to whoever waits already when what was agreed on cannot be written down', async () => {
    const stage = new Stage()
    stage.fillsUp = true
    const loop = await stage.start(0)
    const result = await stage.barrier(loop)
    assert.deepEqual([result?.state, result?.code], ['halted', 'ENOSPC'])
    assert.equal(stage.log.filter(({ event }) => event === 'store-failed').length, 1)
  })

  it('shows one line of what an agent said, and logs all of it', async () => {
    const stage = new Stage()
    const trace =
      'The agent (process 7) ended with code 1; it said: file:///a.js:1\n\nError: it broke\n    at f (a.js:1)'
    const loop = await stage.start()
    stage.beta.fails = new SyncError('TRANSPORT_LOST', trace, { verdict: 'retry' })
    stage.beta.say({ type: 'closed', code: 'AGENT_FAILED', why: trace, verdict: 'retry' })
    await stage.pass(10)
    assert.equal(loop.status().why, 'The agent (process 7) ended with code 1; it said: Error: it broke')
    assert.deepEqual(stage.log.filter(({ event }) => event === 'lost').map(event => event['why'])[0], trace)
  })
})

describe('a version that was recovered', () => {
  it('is logged and listed with the command that brings it back, until it is back', async () => {
    const stage = new Stage()
    const loop = await stage.start()
    const remark = { type: 'remark', code: 'RECOVERED', path: 'a', why: 'it was changed', trash: 'id-1' } as const
    stage.beta.say(remark)
    stage.beta.say({ ...remark, trash: 'id-2' })
    await stage.pass(100)
    assert.deepEqual(loop.status().notices.first[0], {
      ...{ path: 'a', kind: 'recovered', side: 'beta', why: 'it was changed', trash: 'id-1' },
    })
    const line = stage.log.find(({ event }) => event === 'remark')
    assert.deepEqual(
      [line?.level, line?.path, line?.['on'], line?.['next']],
      ['warning', 'a', 'there', 'dsync undo id-1'],
    )
    void loop.ask('beta', { about: 'restore', trash: ['id-1'] })
    await stage.pass(100)
    assert.deepEqual(
      loop.status().notices.first.map(({ trash }) => trash),
      ['id-2'],
    )
  })
})

describe('other ignore rules', () => {
  it('are told once, be it before the other side is there, and again when they change again', async () => {
    const stage = new Stage()
    stage.beta.fails = new SyncError('TRANSPORT_LOST', 'no route', { verdict: 'retry' })
    const loop = await stage.start()
    const remark = { type: 'remark', code: 'RULES', path: 'd', trash: undefined } as const
    stage.alpha.say({ ...remark, why: 'first' })
    await stage.pass(100)
    assert.deepEqual(loop.status().notices.first, [])
    stage.beta.fails = undefined
    await stage.pass(60_000)
    stage.beta.say({ ...remark, why: 'first' })
    stage.beta.say({ ...remark, why: 'second' })
    stage.alpha.say({ ...remark, why: 'second' })
    stage.alpha.say({ ...remark, why: 'first' })
    stage.beta.say({ ...remark, why: 'first' })
    await stage.pass(100)
    assert.deepEqual(
      stage.log.filter(({ event }) => event === 'rules').map(event => [event['on'], event['why']]),
      [
        ['here', 'first'],
        ['there', 'second'],
        ['here', 'first'],
      ],
    )
    assert.deepEqual(loop.status().notices.first, [{ path: 'd', kind: 'rules', side: 'alpha', why: 'first' }])
  })
})

describe('a full trash', () => {
  it('holds what would go to it, and nothing else, until it fits again', async () => {
    const stage = new Stage()
    stage.alpha.tree = withEntry(emptyTree, 'a', symlink('b'))
    const loop = await stage.start()
    const guard = { type: 'guard', guard: 'trash-full', paths: [], why: 'the trash is full' } as const
    stage.beta.say({ ...guard, state: 'held' })
    await stage.pass(10)
    assert.equal(loop.status().state, 'syncing')
    const applied = () => stage.beta.commands.filter(command => command.type === 'apply')
    const outcomes = [{ result: 'held', path: 'a', guard: 'trash-full' }] as const
    stage.beta.say({ type: 'outcomes', batch: applied()[0]?.batch ?? 0, tree: emptyTree, outcomes })
    const result = await stage.barrier(loop)
    assert.deepEqual(
      [result?.state, result?.holds.map(({ guard: kind, paths }) => [kind, paths.first])],
      ['held', [['trash-full', ['a']]]],
    )
    await stage.pass(60_000)
    assert.equal(applied().length, 1, 'it is not tried again and again')
    stage.beta.say({ ...guard, state: 'lifted' })
    await stage.pass(100)
    assert.equal(applied().length, 2)
  })

  it('alone keeps nobody waiting', async () => {
    const stage = new Stage()
    const loop = await stage.start()
    stage.beta.say({ type: 'guard', guard: 'trash-full', state: 'held', paths: [], why: 'the trash is full' })
    await stage.pass(10)
    assert.equal((await stage.barrier(loop))?.state, 'synced')
    await loop.approve('trash-full')
    assert.deepEqual(stage.beta.commands.at(-1), { type: 'approve', guard: 'trash-full' })
  })
})

describe('a headline', () => {
  const rows = [
    ['a line', 'it is gone', 'it is gone'],
    ['the first line', 'it is gone\nand more', 'it is gone'],
    ['the error of a trace', 'file:///x.js:3\n  throw e\n  ^\n\nTypeError: no\n    at x', 'TypeError: no'],
    [
      'the error of a trace that is quoted',
      'it ended; it said: x.js:3\nError: no\n at x',
      'it ended; it said: Error: no',
    ],
    ['an error that is quoted first', 'it ended; it said: Error: no\n at x', 'it ended; it said: Error: no'],
    ['no more than a line', 'x'.repeat(1000), `${'x'.repeat(239)}…`],
  ] as const
  for (const [says, text, line] of rows) it(`is ${says}`, () => assert.equal(headline(text), line))
})
