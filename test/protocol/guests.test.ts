import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { emptyTree, treeDigest } from '../../lib/core/tree.ts'
import {
  bulkWindowBytes,
  guestBacklogBytes,
  guestHeardMs,
  guestPieceBytes,
  guestReplyBytes,
  guestRequestBytes,
  guestsLimit,
  newsBytes,
} from '../../lib/protocol/bounds.ts'
import { Channel } from '../../lib/protocol/channel.ts'
import { digest } from '../../lib/protocol/codec.ts'
import type { GuestRequest } from '../../lib/protocol/guest.ts'
import type { GuestCall, GuestDesk } from '../../lib/protocol/guest-door.ts'
import { GuestWindow } from '../../lib/protocol/guest-window.ts'
import type { Message } from '../../lib/protocol/message.ts'
import { connectReplica } from '../../lib/protocol/remote-replica.ts'
import { rowKind } from '../../lib/protocol/rows.ts'
import { serveReplica } from '../../lib/protocol/serve-replica.ts'
import { digest as sha256 } from '../../lib/replica/hash.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { ManualClock } from '../sim/clock.ts'
import { Events, request } from './connection.ts'
import { linkPair } from './memory-link.ts'
import { RawEnd, epoch } from './raw-end.ts'
import { ScriptedReplica, facts } from './scripted-replica.ts'

/** A desk whose calls a test ends. */
class Desk implements GuestDesk {
  readonly asked: {
    readonly request: GuestRequest
    readonly call: GuestCall
    readonly end: (value: unknown) => void
  }[] = []

  news(): string {
    return '{"hub":"laptop"}'
  }

  answer(
    asked: GuestRequest,
    call: GuestCall,
  ): Promise<{ readonly what: 'result' | 'error'; readonly value: unknown }> {
    return new Promise(resolve => {
      this.asked.push({ request: asked, call, end: value => resolve({ what: 'result', value }) })
    })
  }
}

interface Hub {
  readonly agent: RawEnd
  readonly events: Events
  readonly desk: Desk
}

/** A hub that lets guests in, whose agent is in a test's hands. */
async function hubOf(t: TestContext, { live = true, withDesk = true } = {}): Promise<Hub> {
  const pair = linkPair()
  const [events, desk, agent] = [new Events(), new Desk(), new RawEnd(pair.agent)]
  const guests = withDesk ? { guests: desk } : {}
  const connect = connectReplica(() => pair.hub, { clock: systemClock, request, epoch, ...guests })
  const replica = connect(() => emptyTree, events.listener)
  t.after(() => replica.close())
  await agent.beAgent()
  if (!live) return { agent, events, desk }
  const { host, bootId, caseSensitive, normalising, swap, watcher, staging, created } = facts
  const onWire = [host, bootId, caseSensitive, normalising, swap, watcher, staging, created]
  agent.say(['ready', [digest.encode(treeDigest(emptyTree, sha256)), emptyTree.children.weight], onWire, [[], []]])
  await agent.until(() => agent.heard.some(([type]) => type === 'describe'))
  agent.say(['rows', [0, rowKind.directory, '', 0o755]], ['described'])
  await events.next('ready')
  return { agent, events, desk }
}

function ask(id: number, parameters = '{}', verb = 'status'): Message {
  return ['guest', id, '1', verb, Buffer.from(parameters)]
}

/** What the agent was told by pieces of one type, and how many bytes they had. */
function replies(agent: RawEnd): Message[] {
  return agent.heard.filter(([type]) => type === 'guest-reply')
}

describe('a hub that guests ask', () => {
  it('answers each under its number, events before the result, and tells of those who left', async t => {
    const { agent, desk } = await hubOf(t)
    agent.say(ask(1, '{"a":1}'), ask(2))
    await agent.until(() => desk.asked.length === 2)
    const [first, second] = desk.asked
    assert.deepEqual(first?.request, { version: '1', verb: 'status', parameters: '{"a":1}' })
    first?.call.emit({ queued: 1 })
    first?.end({ done: true })
    await agent.until(() => replies(agent).length === 2)
    const said = replies(agent).map(([, id, what, piece, isLast]) => [id, what, String(piece), isLast])
    assert.deepEqual(said, [
      [1, 'event', '{"queued":1}', true],
      [1, 'result', '{"done":true}', true],
    ])
    assert.equal(second?.call.signal.aborted, false)
    agent.say(['guest-gone', 2], ['guest-gone', 99])
    await agent.until(() => second?.call.signal.aborted === true)
  })

  it('aborts what is asked when the link is lost', async t => {
    const { agent, desk, events } = await hubOf(t)
    agent.say(ask(1))
    await agent.until(() => desk.asked.length === 1)
    agent.link.close()
    await events.next('closed')
    assert.equal(desk.asked[0]?.call.signal.aborted, true)
  })

  it('tells its agent the news, with the time', async t => {
    const { agent } = await hubOf(t)
    await agent.until(() => agent.heard.some(([type]) => type === 'news'))
    const [, piece, isLast] = agent.heard.find(([type]) => type === 'news') ?? []
    assert.match(String(piece), /^\d{13} \{"hub":"laptop"\}$/)
    assert.equal(isLast, true)
  })

  it('refuses all of them where nobody answers', async t => {
    const { agent } = await hubOf(t, { withDesk: false })
    agent.say(ask(1))
    await agent.until(() => replies(agent).length === 1)
    const [, id, what, piece] = replies(agent)[0] ?? []
    assert.deepEqual([id, what], [1, 'error'])
    assert.match(String(piece), /"REFUSED"/)
  })

  it('sends a long answer in pieces, no more of them than the agent credits', async t => {
    const { agent, desk } = await hubOf(t)
    agent.say(ask(1))
    await agent.until(() => desk.asked.length === 1)
    desk.asked[0]?.end('x'.repeat(1024 * 1024))
    await agent.until(() => replies(agent).length >= 3)
    // The heartbeat's question comes after all that may be sent.
    const before = agent.heard.filter(([type]) => type === 'alive').length
    agent.say(['probe'])
    await agent.until(() => agent.heard.filter(([type]) => type === 'alive').length > before)
    const sizes = replies(agent).map(([, , , piece]) => (piece as Uint8Array).length)
    assert.ok(sizes.every(size => size <= guestPieceBytes))
    assert.ok(sizes.reduce((a, b) => a + b, 0) <= bulkWindowBytes)
  })

  it('says so instead of a reply that is too long', async t => {
    const { agent, desk } = await hubOf(t)
    agent.say(ask(1))
    await agent.until(() => desk.asked.length === 1)
    desk.asked[0]?.end('x'.repeat(guestReplyBytes))
    await agent.until(() => replies(agent).length === 1)
    assert.match(String(replies(agent)[0]?.[3]), /"REFUSED"/)
  })

  it('takes no more while its answers wait for an agent that credits nothing', async t => {
    const { agent, desk } = await hubOf(t)
    agent.say(ask(1), ask(2))
    await agent.until(() => desk.asked.length === 2)
    desk.asked[0]?.end('x'.repeat(2 * guestBacklogBytes))
    desk.asked[1]?.call.emit('not sent')
    await agent.until(() => replies(agent).length >= 3)
    agent.say(ask(3))
    agent.say(['probe'])
    await agent.until(() => agent.heard.some(([type]) => type === 'alive'))
    assert.equal(desk.asked.length, 2)
  })

  const hostile: readonly (readonly [string, readonly Message[]])[] = [
    ['a request without parameters', [['guest', 1, '1', 'status']]],
    ['a number that is none', [['guest', 'one', '1', 'status', Buffer.from('{}')]]],
    ['parameters that are no bytes', [['guest', 1, '1', 'status', '{}']]],
    ['a request that is too long', [ask(1, 'x'.repeat(guestRequestBytes + 1))]],
    ['a word that is too long', [ask(1, '{}', 'v'.repeat(5000))]],
    ['two requests under one number', [ask(1), ask(1)]],
    ['more requests at once than ours makes', Array.from({ length: guestsLimit + 1 }, (_, id) => ask(id))],
    ["a reply, which is the hub's to give", [['guest-reply', 1, 'result', Buffer.from('1'), true]]],
    ["news, which are the hub's to tell", [['news', Buffer.from('1'), true]]],
  ]
  for (const [what, messages] of hostile) {
    it(`hangs up on ${what}`, async t => {
      const { agent, events } = await hubOf(t)
      agent.say(...messages)
      const closed = await events.next('closed')
      assert.deepEqual([closed.code, closed.verdict], ['PROTOCOL', 'halt'], closed.why)
    })
  }

  it('lets nobody in before its tree was read', async t => {
    const { agent, events, desk } = await hubOf(t, { live: false })
    agent.say(ask(1))
    assert.equal((await events.next('closed')).code, 'PROTOCOL')
    assert.equal(desk.asked.length, 0)
  })
})

describe('an agent whose hub cannot be trusted with guests', () => {
  const piece = Buffer.alloc(guestPieceBytes)
  const hostile: readonly (readonly [string, readonly Message[]])[] = [
    ['a reply to nobody', [['guest-reply', 1, 'result', Buffer.from('1'), true]]],
    ['a kind of reply we do not know', [['guest-reply', 1, 'pwn', Buffer.from('1'), true]]],
    ['a piece that is too long', [['news', Buffer.alloc(guestPieceBytes + 1), true]]],
    [
      'news without an end',
      Array.from({ length: newsBytes / guestPieceBytes + 1 }, (): Message => ['news', piece, false]),
    ],
    ["a request, which is the agent's to make", [ask(1)]],
  ]
  for (const [what, messages] of hostile) {
    it(`hangs up on ${what}`, async t => {
      const pair = linkPair()
      const hub = new RawEnd(pair.hub)
      const told: (string | undefined)[] = []
      const { ended } = serveReplica(pair.agent, {
        clock: systemClock,
        openRoot: () => new ScriptedReplica().opener(),
        told: (_request, news) => told.push(news),
      })
      t.after(async () => {
        pair.hub.close()
        await ended
      })
      await hub.beHub()
      hub.say(...messages)
      await hub.until(() => hub.heard.some(([type]) => type === 'closed'))
      const [, code] = hub.heard.find(([type]) => type === 'closed') ?? []
      assert.equal(code, 'PROTOCOL')
      assert.deepEqual(told, [])
    })
  }
})

describe('an agent whose hub went without a sign', () => {
  it('says so to guests within seconds, keeps the link, and asks once the hub is heard again', async t => {
    const clock = new ManualClock()
    const pair = linkPair()
    const hub = new RawEnd(pair.hub)
    hub.line = '\n'
    const channel = new Channel(pair.agent, { clock, epoch, receive: () => {}, failed: error => assert.fail(error) })
    t.after(() => channel.close())
    pair.agent.onData(bytes => channel.feed(bytes))
    const window = new GuestWindow(channel, () => {})
    const heard: unknown[] = []
    const ask = (): void =>
      void window.ask({ version: '1', verb: 'undo', parameters: '{}' }, reply => heard.push(reply))
    ask()
    await hub.until(() => hub.heard.some(([type]) => type === 'probe'))
    clock.advance(guestHeardMs)
    assert.deepEqual(heard, ['lost'])
    ask()
    hub.say(['alive'])
    await hub.until(() => hub.heard.some(([type]) => type === 'guest'))
    assert.deepEqual(
      hub.heard.flatMap(([type, id]) => (type === 'guest' ? [id] : [])),
      [2],
    )
  })
})
