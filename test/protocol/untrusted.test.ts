import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { SyncError } from '../../lib/core/errors.ts'
import { pageFanOut } from '../../lib/core/limits.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { directory, emptyTree, treeDigest } from '../../lib/core/tree.ts'
import { protocolVersion } from '../../lib/protocol/bounds.ts'
import { digest } from '../../lib/protocol/codec.ts'
import { encodeFrame } from '../../lib/protocol/frames.ts'
import { hubLine } from '../../lib/protocol/greeting.ts'
import type { Message } from '../../lib/protocol/message.ts'
import { encodeMessage } from '../../lib/protocol/message.ts'
import { connectReplica } from '../../lib/protocol/remote-replica.ts'
import { rowKind } from '../../lib/protocol/rows.ts'
import type { ServeOptions } from '../../lib/protocol/serve-replica.ts'
import { serveReplica } from '../../lib/protocol/serve-replica.ts'
import { digest as sha256 } from '../../lib/replica/hash.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { Events, request } from './connection.ts'
import { linkPair } from './memory-link.ts'
import { RawEnd, epoch, hello, nonce } from './raw-end.ts'
import { ScriptedReplica } from './scripted-replica.ts'
import { file } from './trees.ts'

const factsOnWire = ['mac00', 'boot-1', true, false, 'exchange', 'inotify', 'home', false]

function markOf(tree: Tree): unknown {
  return [digest.encode(treeDigest(tree, sha256)), tree.children.weight]
}

function ready(tree: Tree): Message {
  return ['ready', markOf(tree), factsOnWire, [[], []]]
}

/** A hub whose agent is in a test's hands. */
function hubOf(
  t: TestContext,
  baseline: Tree = emptyTree,
): {
  readonly agent: RawEnd
  readonly events: Events
  readonly send: ReturnType<ReturnType<typeof connectReplica>>['send']
} {
  const pair = linkPair()
  const events = new Events()
  const agent = new RawEnd(pair.agent)
  const replica = connectReplica(() => pair.hub, { clock: systemClock, request, epoch })(
    () => baseline,
    events.listener,
  )
  t.after(() => replica.close())
  return { agent, events, send: command => replica.send(command) }
}

/** The hub as it is when an empty tree was read. */
async function liveHub(t: TestContext): Promise<ReturnType<typeof hubOf>> {
  const hub = hubOf(t)
  await hub.agent.beAgent()
  hub.agent.say(ready(emptyTree))
  await hub.agent.until(() => hub.agent.heard.some(message => message[0] === 'describe'))
  hub.agent.say(['rows', [0, rowKind.directory, '', 0o755]], ['described'])
  await hub.events.next('ready')
  return hub
}

const row = (path: string): unknown[] => [0, rowKind.file, path, 0o644, Buffer.alloc(32), 1]

describe('a hub whose agent cannot be trusted', () => {
  const early: readonly (readonly [string, readonly Message[]])[] = [
    ['changes before its tree', [['changed', [], [], []]]],
    ['answers nobody asked for', [['content', 1, Buffer.from('x'), 0]]],
    ['rows nobody asked for', [['rows', row('a')]]],
    ['pages nobody asked for', [['pages']]],
    ['a second welcome', [['welcome', [4194304, 131072], 'deflate']]],
    ['a type we do not know', [['pwn', 1]]],
    ['credit for what was never sent', [['credit', 1]]],
    ['a command', [['release', 'x', null]]],
  ]
  for (const [what, messages] of early) {
    it(`hangs up on ${what}`, async t => {
      const { agent, events } = hubOf(t)
      await agent.beAgent()
      agent.say(...messages)
      const closed = await events.next('closed')
      assert.deepEqual([closed.code, closed.verdict], ['PROTOCOL', 'halt'], closed.why)
      await agent.until(() => agent.ended)
    })
  }

  const late: readonly (readonly [string, readonly Message[]])[] = [
    ['outcomes of a batch nobody sent', [['outcomes', 5, []]]],
    ['an answer with the wrong number', [['fenced', 2, [], markOf(emptyTree)]]],
    [
      'an entry without its directory',
      [
        ['rows', row('no/where')],
        ['changed', [], [], []],
      ],
    ],
    [
      'an entry outside the root',
      [
        ['rows', row('../x')],
        ['changed', [], [], []],
      ],
    ],
    ['a second ready', [ready(emptyTree)]],
    ['a description of what was not asked', [['described']]],
    [
      'a message within another',
      [
        ['part', Buffer.alloc(65536), true],
        ['changed', [], [], []],
      ],
    ],
    ['crumbs of a message', [['part', Buffer.alloc(10), true]]],
    [
      'a message in parts that never ends',
      Array.from({ length: 1025 }, (): Message => ['part', Buffer.alloc(65536), true]),
    ],
  ]
  for (const [what, messages] of late) {
    it(`hangs up on ${what} in the middle of work`, async t => {
      const { agent, events, send } = await liveHub(t)
      send({ type: 'fence', id: 1, verify: false })
      agent.say(...messages)
      const closed = await events.next('closed')
      assert.deepEqual([closed.code, closed.verdict], ['PROTOCOL', 'halt'], closed.why)
    })
  }

  it('hangs up on more content than was asked for', async t => {
    const { agent, events, send } = await liveHub(t)
    send({ type: 'read', id: 1, path: 'x', digest: file('x').digest, offset: 0, length: 3 })
    agent.say(['content', 1, Buffer.from('four'), 0])
    assert.equal((await events.next('closed')).code, 'PROTOCOL')
  })

  it('takes a tree that is not its mirror for a mistake, and asks to start over', async t => {
    const { agent, events, send } = await liveHub(t)
    send({ type: 'fence', id: 1, verify: false })
    agent.say(['fenced', 1, [], markOf(directory(0o755, [['a', file('1')]]))])
    const closed = await events.next('closed')
    assert.deepEqual([closed.code, closed.verdict], ['INVARIANT', 'bug'])
  })

  it('takes a listing that is not the tree it announced for a mistake', async t => {
    const { agent, events } = hubOf(t, directory(0o755, [['a', file('0')]]))
    await agent.beAgent()
    agent.say(ready(directory(0o755, [['a', file('1')]])))
    await agent.until(() => agent.heard.some(message => message[0] === 'describe'))
    agent.say(['rows', row('a')], ['described'], ['described'])
    assert.equal((await events.next('closed')).code, 'INVARIANT')
  })

  const listings: readonly (readonly [string, Message])[] = [
    ['the marks of too few pages', ['pages', ...Array.from({ length: 2 * pageFanOut - 2 }, () => 0)]],
    ['a directory out of the way', ['rows', [0, rowKind.reference, '../x', 0o755, Buffer.alloc(32), 1]]],
    ['a change', ['rows', [0, rowKind.mode, 'a', 0o700]]],
  ]
  for (const [what, message] of listings) {
    it(`hangs up on a listing with ${what}`, async t => {
      const { agent, events } = hubOf(t, directory(0o755, [['a', file('0')]]))
      await agent.beAgent()
      agent.say(ready(emptyTree))
      await agent.until(() => agent.heard.some(each => each[0] === 'describe'))
      agent.say(message, ['described'])
      assert.equal((await events.next('closed')).code, 'PROTOCOL')
    })
  }

  it('refuses an agent of another version before it says anything but its greeting', async t => {
    const { agent, events } = hubOf(t)
    await agent.greetHub(protocolVersion + 1)
    const closed = await events.next('closed')
    assert.deepEqual([closed.code, closed.verdict], ['VERSION', 'halt'])
    assert.match(closed.why, new RegExp(`${protocolVersion + 1}.*${protocolVersion}`))
    assert.deepEqual(agent.heard, [])
  })

  it('refuses limits below its own', async t => {
    const { agent, events } = hubOf(t)
    await agent.greetHub()
    agent.say(['welcome', [1024, 1024], 'deflate'])
    assert.equal((await events.next('closed')).code, 'VERSION')
  })

  it('skips what a shell prints before the agent speaks', async t => {
    const { agent, events } = hubOf(t)
    agent.write(`bash: warning: setlocale\n${'-'.repeat(60_000)}\n`)
    await agent.beAgent()
    agent.say(ready(emptyTree))
    await agent.until(() => agent.heard.some(message => message[0] === 'describe'))
    agent.say(['rows', [0, rowKind.directory, '', 0o755]], ['described'])
    await events.next('ready')
  })
})

/** An agent whose hub is in a test's hands. */
function agentOf(
  t: TestContext,
  served: ScriptedReplica,
  openRoot?: ServeOptions['openRoot'],
): { readonly hub: RawEnd; readonly ended: Promise<string> } {
  const pair = linkPair()
  const { ended } = serveReplica(pair.agent, { clock: systemClock, openRoot: openRoot ?? (() => served.opener()) })
  const hub = new RawEnd(pair.hub)
  t.after(async () => {
    pair.hub.close()
    await ended
  })
  return { hub, ended }
}

describe('an agent whose hub cannot be trusted', () => {
  const refused: readonly (readonly [string, readonly Message[]])[] = [
    ['a command that is none', [['pwn']]],
    ['a path out of the root', [['read', 1, '../x', Buffer.alloc(32), 0, 1]]],
    ['a second hello', [hello]],
    [
      'a question about a tree nobody lists',
      [['describe', [['', Buffer.alloc(0), 'deep']]], ['listed'], ['describe', []]],
    ],
    ['a question about a directory that is not there', [['describe', [['nowhere', Buffer.alloc(0), 'deep']]]]],
    ['a question about a page that is not there', [['describe', [['', Buffer.from([200, 3]), 'step']]]]],
    ['a piece longer than pieces are', [['stage', Buffer.alloc(32), 9e6, 0, Buffer.alloc(70_000)]]],
    [
      'more operations than a batch holds',
      [['apply', 1, Array.from({ length: 3000 }, () => ['remove', 'x', [2, 'y']]), []]],
    ],
  ]
  for (const [what, messages] of refused) {
    it(`says why and ends on ${what}, and hands nothing of it on`, async t => {
      const served = new ScriptedReplica(directory(0o755, [['a', file('1')]]))
      const { hub, ended } = agentOf(t, served)
      await hub.beHub()
      await hub.until(() => hub.heard.some(message => message[0] === 'ready'))
      hub.say(...messages)
      await hub.until(() => hub.heard.some(message => message[0] === 'closed'))
      const closed = hub.heard.find(message => message[0] === 'closed')
      assert.deepEqual([closed?.[1], closed?.[3]], ['PROTOCOL', 'halt'])
      assert.deepEqual(served.commands, [])
      hub.link.close()
      await ended
      assert.equal(served.closes, 1)
    })
  }

  it('refuses a root that is not on its list', async t => {
    const served = new ScriptedReplica()
    const { hub } = agentOf(t, served, asked => {
      throw new SyncError('ROOT_REFUSED', `Cannot serve ${asked.root} at ${asked.path}: it is not listed here`, {
        verdict: 'halt',
      })
    })
    await hub.beHub()
    await hub.until(() => hub.heard.some(message => message[0] === 'closed'))
    assert.deepEqual(hub.heard.at(-1), [
      'closed',
      'ROOT_REFUSED',
      `Cannot serve r1 at ${request.path}: it is not listed here`,
      'halt',
    ])
    assert.equal(served.closes, 0)
  })

  it('is handed the root, its path and its settings as they were asked for', async t => {
    const served = new ScriptedReplica()
    const asked: unknown[] = []
    const { hub } = agentOf(t, served, each => {
      asked.push(each)
      return served.opener()
    })
    await hub.beHub()
    assert.deepEqual(asked, [request])
  })

  it('ends without a word when the first line is no greeting', async t => {
    const { hub, ended } = agentOf(t, new ScriptedReplica())
    hub.write('GET / HTTP/1.1\r\n\r\n')
    assert.match(await ended, /no greeting/)
    assert.equal(hub.line, '')
  })

  it('tells a hub of another version its own, and ends', async t => {
    const { hub, ended } = agentOf(t, new ScriptedReplica())
    hub.write(hubLine({ version: protocolVersion + 1, nonce, epoch }))
    assert.match(await ended, /speaks protocol/)
    await hub.until(() => hub.line !== '')
    assert.equal(hub.line, `dsync-agent ${protocolVersion} ${nonce}\n`)
  })

  it('opens nothing for a hub of another epoch than it greeted with', async t => {
    const served = new ScriptedReplica()
    const opened: unknown[] = []
    const { hub, ended } = agentOf(t, served, each => {
      opened.push(each)
      return served.opener()
    })
    hub.write(hubLine({ version: protocolVersion, nonce, epoch }))
    hub.write(encodeFrame(encodeMessage(hello), epoch + 1, 0))
    await hub.until(() => hub.heard.some(message => message[0] === 'closed'))
    hub.link.close()
    await ended
    assert.deepEqual(opened, [])
  })
})
