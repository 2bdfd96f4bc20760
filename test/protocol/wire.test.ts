import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Operation } from '../../lib/core/operation.ts'
import { directory } from '../../lib/core/tree.ts'
import type { Link } from '../../lib/ports/link.ts'
import {
  bulkWindowBytes,
  handshakeMs,
  heartbeatMs,
  partBytes,
  queuedMessagesLimit,
  silenceMs,
} from '../../lib/protocol/bounds.ts'
import { Channel } from '../../lib/protocol/channel.ts'
import type { Message } from '../../lib/protocol/message.ts'
import { connectReplica } from '../../lib/protocol/remote-replica.ts'
import { serveReplica } from '../../lib/protocol/serve-replica.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { ManualClock } from '../sim/clock.ts'
import { Events, connected, request } from './connection.ts'
import { linkPair } from './memory-link.ts'
import { ScriptedReplica } from './scripted-replica.ts'
import { file, sameTree } from './trees.ts'

/** What a channel wrote, as the other end's channel understands it, with a link that can be stopped. */
class Tap {
  readonly heard: Message[] = []
  readonly writes: Uint8Array[] = []
  open = true
  failed: string | undefined
  readonly sender: Channel
  readonly #receiver: Channel
  #drain = (): void => {}

  constructor(clock = new ManualClock(), credit = true) {
    const receive = (message: Message): void => void this.heard.push(message)
    const failed = (error: Error): void => {
      this.failed = error.message
    }
    this.sender = new Channel(
      this.#link(bytes => this.#receiver.feed(bytes)),
      { clock, epoch: 1, receive: () => {}, failed },
    )
    const back = this.#backLink(bytes => credit && this.sender.feed(bytes))
    this.#receiver = new Channel(back, { clock, epoch: 1, receive, failed })
  }

  drain(): void {
    this.open = true
    this.#drain()
  }

  #link(deliver: (bytes: Uint8Array) => void): Link {
    return {
      write: bytes => {
        this.writes.push(bytes)
        deliver(bytes)
        return this.open
      },
      onData: () => {},
      onDrain: listen => {
        this.#drain = listen
      },
      onClose: () => {},
      close: () => {},
    }
  }

  #backLink(deliver: (bytes: Uint8Array) => void): Link {
    return {
      write: bytes => (deliver(bytes), true),
      onData: () => {},
      onDrain: () => {},
      onClose: () => {},
      close: () => {},
    }
  }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const piece = (n: number): Message => ['content', n, Buffer.alloc(partBytes - 100), 0]

describe('the lanes of a channel', () => {
  it('let small messages pass pieces of files that wait', async () => {
    const tap = new Tap()
    tap.open = false
    for (let n = 0; n < 10; n++) tap.sender.send(piece(n))
    await turn()
    tap.sender.send(['fence', 1])
    tap.drain()
    await turn()
    const types = tap.heard.map(message => message[0])
    assert.equal(types.length, 11)
    assert.ok(types.indexOf('fence') <= 2, `the fence came after ${types.indexOf('fence')} pieces`)
  })

  it('keep the order of everything but pieces', async () => {
    const tap = new Tap()
    for (let n = 0; n < 50; n++) {
      tap.sender.send(['release', n])
      tap.sender.send(piece(n))
      tap.sender.send(['apply', n, Buffer.alloc(n * 5000)])
    }
    await turn()
    await turn()
    const ordered = tap.heard.filter(message => message[0] !== 'content').map(message => message[1])
    assert.deepEqual(
      ordered,
      Array.from({ length: 100 }, (_, i) => Math.floor(i / 2)),
    )
    assert.deepEqual(
      tap.heard.filter(message => message[0] === 'content').map(message => message[1]),
      Array.from({ length: 50 }, (_, i) => i),
    )
  })

  it('have no more pieces under way than the window, until they are credited', async () => {
    const tap = new Tap(new ManualClock(), false)
    for (let n = 0; n < 10; n++) tap.sender.send(piece(n))
    await turn()
    const bytes = tap.heard.length * (partBytes - 100)
    assert.ok(bytes > 0 && bytes <= bulkWindowBytes, `${tap.heard.length} pieces went out`)
    tap.sender.send(['fence', 1])
    await turn()
    assert.equal(tap.heard.at(-1)?.[0], 'fence')
  })

  it('write what one turn sends in one piece', async () => {
    const tap = new Tap()
    for (let n = 0; n < 20; n++) tap.sender.send(['release', n])
    await turn()
    assert.equal(tap.writes.length, 1)
    assert.equal(tap.heard.length, 20)
  })

  it('make messages only when the link takes them', async () => {
    const tap = new Tap()
    tap.open = false
    tap.sender.send(['fence', 0])
    await turn()
    let made = 0
    function* series(): Generator<Message> {
      for (; made < 1000; made++) yield ['rows', Buffer.alloc(10_000)]
    }
    tap.sender.sendSeries(series())
    await turn()
    assert.equal(made, 0)
    tap.drain()
    tap.open = true
    await turn()
    assert.equal(made, 1000)
  })

  it('give up when far too much waits for the link', async () => {
    const tap = new Tap()
    tap.open = false
    for (let n = 0; n <= queuedMessagesLimit + 1; n++) tap.sender.send(['release', n])
    await turn()
    for (let n = 0; n <= queuedMessagesLimit + 1; n++) tap.sender.send(['release', n])
    assert.match(tap.failed ?? '', /wait for it/)
  })
})

describe('time', () => {
  it('says something every five seconds, and gives up after fifteen of silence', () => {
    const clock = new ManualClock()
    const written: Uint8Array[] = []
    const link: Link = {
      write: bytes => written.push(bytes) > 0,
      onData: () => {},
      onDrain: () => {},
      onClose: () => {},
      close: () => {},
    }
    const failures: string[] = []
    const channel = new Channel(link, {
      clock,
      epoch: 1,
      receive: () => {},
      failed: error => void failures.push(error.code),
    })
    clock.advance(silenceMs - 1)
    assert.deepEqual(failures, [])
    clock.advance(1)
    assert.deepEqual(failures, ['TRANSPORT_LOST'])
    channel.close()
    assert.equal(clock.pending(), 0)
  })

  it('is not stretched by half a frame', async () => {
    const clock = new ManualClock()
    const link: Link = { write: () => true, onData: () => {}, onDrain: () => {}, onClose: () => {}, close: () => {} }
    const failures: string[] = []
    const channel = new Channel(link, {
      clock,
      epoch: 1,
      receive: () => {},
      failed: error => void failures.push(error.code),
    })
    for (let i = 0; i < 4; i++) {
      channel.feed(Uint8Array.of(0))
      clock.advance(silenceMs / 4)
    }
    assert.deepEqual(failures, ['TRANSPORT_LOST'])
  })

  it('is filled with beats in both directions while nothing happens', async () => {
    const clock = new ManualClock()
    const tap = new Tap(clock)
    for (let i = 0; i < 20; i++) {
      clock.advance(heartbeatMs)
      await turn()
    }
    assert.equal(tap.failed, undefined)
    assert.ok(tap.writes.length >= 19)
  })

  it('runs out for an agent that never greets, and for one that never stops dripping', async () => {
    for (const drip of [false, true]) {
      const clock = new ManualClock()
      const pair = linkPair()
      const events = new Events()
      connectReplica(() => pair.hub, { clock, request, epoch: 1 })(() => directory(0o755), events.listener)
      await clock.settle({ forMs: 0 })
      for (let i = 0; i < 10; i++) {
        if (drip) pair.agent.write(Buffer.from('.'))
        await turn()
        clock.advance(handshakeMs / 10)
      }
      const closed = await events.next('closed')
      assert.deepEqual([closed.code, closed.verdict], ['TIMEOUT', 'retry'])
      if (drip) assert.match(closed.why, /it printed "\.\.\./)
    }
  })

  it('runs out for a hub that never asks for a root', async () => {
    const clock = new ManualClock()
    const pair = linkPair()
    const { ended } = serveReplica(pair.agent, { clock, openRoot: () => new ScriptedReplica().opener() })
    clock.advance(handshakeMs)
    assert.match(await ended, /in time/)
  })
})

describe('a wire that is cut', () => {
  const tree = directory(
    0o755,
    Array.from({ length: 1200 }, (_, i) => [`f${i}`, file(String(i))] as const),
  )
  const operations: Operation[] = [{ kind: 'put', path: 'new', before: undefined, after: file('new') }]

  /** Everything from greeting to a second batch; ends early when the wire goes. */
  async function work(
    t: Parameters<typeof connected>[0],
    options: Parameters<typeof connected>[2],
  ): Promise<{ readonly cut: boolean; readonly writes: { readonly toHub: number; readonly toAgent: number } }> {
    const served = new ScriptedReplica(tree)
    const { replica, events, pair, ended } = connected(t, served, {
      ...options,
      baseline: directory(0o755, [['f1', file('0')]]),
    })
    const either = async (type: 'ready' | 'outcomes' | 'fenced'): Promise<boolean> =>
      (await events.first([type, 'closed'])).type === type
    const whole =
      (await either('ready')) &&
      (replica.send({ type: 'apply', batch: 1, operations, contents: new Map() }), await either('outcomes')) &&
      (replica.send({ type: 'fence', id: 1, verify: false }), await either('fenced'))
    if (whole) sameTree(events.tree(), served.tree)
    else {
      const closed = await events.next('closed')
      assert.deepEqual([closed.verdict, closed.code], ['retry', 'TRANSPORT_LOST'])
      assert.equal(events.all.at(-1), closed)
      await ended
      assert.ok(served.closes <= 1)
    }
    await replica.close()
    return { cut: !whole, writes: { toHub: pair.toHub.length, toAgent: pair.toAgent.length } }
  }

  for (const direction of ['toHub', 'toAgent'] as const) {
    it(`ends both ends cleanly, at whichever write ${direction} it is cut`, async t => {
      const { writes: all } = await work(t, {})
      assert.ok(all[direction] > 3)
      for (let writes = 0; writes < all[direction] - 1; writes++) {
        const { cut } = await work(t, { cutAfter: { direction, writes } })
        assert.ok(cut, `cut after ${writes} writes`)
      }
    })
  }

  it('is told of in words, when the link cannot even be opened', async () => {
    const events = new Events()
    const open = connectReplica(
      () => {
        throw new Error('no such program')
      },
      { clock: systemClock, request, epoch: 1 },
    )
    await open(() => tree, events.listener).close()
    open(() => tree, events.listener)
    assert.deepEqual(events.all, [], 'nothing is said before the opener returns')
    const closed = await events.next('closed')
    assert.match(closed.why, /no such program/)
    assert.equal(events.all.length, 1)
  })
})
