import assert from 'node:assert/strict'
import { existsSync, linkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { Operation } from '../../lib/core/operation.ts'
import { at } from '../../lib/core/tree.ts'
import { callMs, lingerCheckMs, lingerMs } from '../../lib/protocol/bounds.ts'
import { digest } from '../../lib/replica/hash.ts'
import { until } from '../pipe/until.ts'
import { LingerRig } from './linger-rig.ts'

const request = (rig: LingerRig, root = 'r1') => ({ root, path: rig.root, options: {} })

/** A root served at epoch 5 whose agent listens for others. */
async function served(t: TestContext) {
  const rig = new LingerRig(t)
  const first = rig.connect({ epoch: 5 })
  await first.events.next('ready')
  await until('the agent listens', () => existsSync(rig.socketPath))
  return { rig, first }
}

describe('an agent whose hub was lost', () => {
  it('keeps its root for the next connection, with all that happened meanwhile, and scans nothing again', async t => {
    const { rig, first } = await served(t)
    assert.equal(statSync(rig.socketPath).mode & 0o777, 0o600)
    first.cut()
    rig.write('b', 'written while nobody was there')
    const second = rig.connect({ epoch: 6 })
    const ready = await second.events.next('ready')
    if (at(ready.tree, 'b') === undefined) await second.events.next('changed')
    assert.equal(at(second.events.tree(), 'b')?.kind, 'file')
    assert.equal(rig.opened, 1)
    await second.replica.close()
    assert.match(await first.ended, /goodbye/)
    await second.ended
    assert.equal(existsSync(rig.socketPath), false)
  })

  it('is handed from connection to connection', async t => {
    const { rig, first } = await served(t)
    let last = first
    for (let epoch = 6; epoch < 10; epoch++) {
      last.cut()
      last = rig.connect({ epoch })
      await last.events.next('ready')
    }
    assert.equal(rig.opened, 1)
    last.replica.send({ type: 'fence', id: 1, verify: false })
    await last.events.next('fenced')
  })

  it('is taken from a connection that seems alive, of which nothing more is applied', async t => {
    const { rig, first } = await served(t)
    const put = (name: string): Operation => ({
      kind: 'put',
      path: name,
      before: undefined,
      after: { kind: 'file', mode: 0o644, digest: digest(Buffer.from(name)), size: name.length },
    })
    const names = Array.from({ length: 400 }, (_, i) => `n${i}`)
    const contents = new Map(names.map(name => [digest(Buffer.from(name)), { bytes: Buffer.from(name), mtimeMs: 0 }]))
    const second = rig.connect({ epoch: 6 })
    first.replica.send({ type: 'apply', batch: 1, operations: names.map(put), contents })
    const ready = await second.events.next('ready')
    const closed = await first.events.first(['closed'])
    assert.match(closed.type === 'closed' ? closed.why : '', /later connection/)
    second.replica.send({ type: 'fence', id: 1, verify: true })
    await second.events.next('fenced')
    const told = new Set(names.filter(name => at(ready.tree, name) !== undefined))
    const there = names.filter(name => existsSync(join(rig.root, name)))
    assert.deepEqual(there, [...told], 'all that the older connection did was done before the later one was told')
    assert.ok(first.events.all.every(event => event.type !== 'outcomes') || told.size === names.length)
    assert.equal(rig.opened, 1)
  })

  it('is taken from a connection that hangs', async t => {
    const { rig, first } = await served(t)
    first.hang()
    const second = rig.connect({ epoch: 6 })
    await second.events.next('ready')
    assert.equal(rig.opened, 1)
  })

  for (const epoch of [5, 4, 0]) {
    it(`refuses a connection with epoch ${epoch} when it has served 5`, async t => {
      const { rig, first } = await served(t)
      const second = rig.connect({ epoch })
      const closed = await second.events.next('closed')
      assert.deepEqual([closed.code, closed.verdict], ['BUSY', 'retry'])
      assert.match(closed.why, new RegExp(`epoch 5 has the root, this one has ${epoch}`))
      first.replica.send({ type: 'fence', id: 1, verify: false })
      await first.events.next('fenced')
    })
  }

  const others: readonly (readonly [string, { build?: string; options?: Record<string, string> }])[] = [
    ['of another build', { build: 'b2' }],
    ['asked for another watcher', { options: { watcher: 'polling' } }],
  ]
  for (const [which, setup] of others) {
    it(`lets go of its root for an agent ${which}`, async t => {
      const { rig, first } = await served(t)
      first.cut()
      const second = rig.connect({ epoch: 6, ...setup })
      await second.events.next('ready')
      assert.equal(rig.opened, 2)
      assert.match(await first.ended, /another agent/)
      await until('the second listens', () => existsSync(rig.socketPath))
      second.cut()
      const third = rig.connect({ epoch: 7, ...setup })
      await third.events.next('ready')
      assert.equal(rig.opened, 2)
    })
  }

  it('is not handed on when its root is not to be served any more', async t => {
    const { rig, first } = await served(t)
    rig.served = false
    const second = rig.connect({ epoch: 6 })
    await second.events.next('ready')
    await first.ended
    assert.equal(rig.opened, 2, 'whether it may be opened is for the one who opens it to say')
  })

  /** An agent that waits for its hub. */
  async function waiting(t: TestContext) {
    const { rig, first } = await served(t)
    const before = rig.time.pending()
    first.cut()
    await until('it waits', () => rig.time.pending() !== before)
    return { rig, first }
  }

  it('ends by itself after some minutes, and leaves its root free', async t => {
    const { rig, first } = await waiting(t)
    rig.time.advance(lingerMs - 2 * lingerCheckMs)
    assert.equal(existsSync(rig.socketPath), true)
    await rig.turn(() => !existsSync(rig.socketPath), 3 * lingerCheckMs)
    assert.match(await first.ended, /no hub came back/)
    const second = rig.connect({ epoch: 6 })
    await second.events.next('ready')
    assert.equal(rig.opened, 2)
  })

  const reasons: readonly (readonly [string, (rig: LingerRig) => void])[] = [
    ['its root is not to be served any more', rig => void (rig.served = false)],
    ['its socket is gone, with its home', rig => rmSync(rig.socketPath)],
    ['another agent listens in its place', rig => (rmSync(rig.socketPath), writeFileSync(rig.socketPath, ''))],
  ]
  for (const [when, happen] of reasons) {
    it(`ends within seconds when ${when}`, async t => {
      const { rig, first } = await waiting(t)
      happen(rig)
      rig.time.advance(lingerCheckMs)
      assert.match(await first.ended, /no hub came back/)
    })
  }

  it('ends soon when its root is missing: an agent that opens it says so better', async t => {
    const { rig, first } = await waiting(t)
    renameSync(rig.root, `${rig.root}-away`)
    let isOver = false
    void first.ended.then(() => (isOver = true))
    const begun = rig.time.monotonic()
    await until('it has noticed', () => {
      rig.time.advance(100)
      return isOver
    })
    assert.ok(rig.time.monotonic() - begun < lingerMs)
    const second = rig.connect({ epoch: 6 })
    assert.equal((await second.events.next('closed')).code, 'ROOT_MISSING')
  })

  it('ends at once when its process is told to, and says so to its hub', async t => {
    const { first } = await served(t)
    first.abort.abort()
    const closed = await first.events.next('closed')
    assert.match(closed.why, /told to end/)
    await first.ended
  })

  it('ends at once when the hub says goodbye', async t => {
    const { rig, first } = await served(t)
    await first.replica.close()
    assert.match(await first.ended, /goodbye/)
    assert.equal(existsSync(rig.socketPath), false)
  })
})

describe('the socket of an agent', () => {
  const hostile: readonly (readonly [string, (rig: LingerRig) => string | Uint8Array])[] = [
    ['nothing sensible', () => 'GET / HTTP/1.1\r\n\r\n'],
    ['what is no JSON', () => '{"build":\n'],
    ['JSON that is no call', () => '[1,2,3]\n'],
    ['a line without end', () => Buffer.alloc(1024 * 1024, 'x')],
    ['an epoch that is none', rig => `${JSON.stringify({ build: 'b1', epoch: 2 ** 40, request: request(rig) })}\n`],
    ['another root', rig => `${JSON.stringify({ build: 'b1', epoch: 9, request: request(rig, 'r2') })}\n`],
  ]
  for (const [what, bytes] of hostile) {
    it(`hangs up on who says ${what}, and serves on`, async t => {
      const { rig, first } = await served(t)
      const socket = await dial(rig.socketPath)
      socket.write(bytes(rig))
      await new Promise(resolve => socket.once('close', resolve))
      first.replica.send({ type: 'fence', id: 1, verify: false })
      await first.events.next('fenced')
    })
  }

  it('hangs up on who says nothing, and takes only some of them at once', async t => {
    const { rig, first } = await served(t)
    const sockets = await Promise.all(Array.from({ length: 8 }, () => dial(rig.socketPath)))
    let open = sockets.length
    for (const socket of sockets) socket.once('close', () => open--)
    await until('some are cut off', () => open <= 4)
    rig.time.advance(callMs)
    await until('all are cut off', () => open === 0)
    first.replica.send({ type: 'fence', id: 1, verify: false })
    await first.events.next('fenced')
  })

  it('keeps its root for its hub when a caller vanishes after its call', async t => {
    const { rig, first } = await served(t)
    first.cut()
    const socket = await call(rig, 7)
    socket.destroy()
    const second = rig.connect({ epoch: 8 })
    await second.events.next('ready')
    assert.equal(rig.opened, 1)
  })

  it('gives its root up when what follows a call is no hub', async t => {
    const { rig, first } = await served(t)
    const socket = await call(rig, 7)
    socket.write('x'.repeat(100))
    await rig.turn(() => !existsSync(rig.socketPath), 5_000)
    await first.ended
  })

  it('is replaced when a crash left it behind', async t => {
    const rig = new LingerRig(t)
    await leaveSocket(rig.socketPath)
    const first = rig.connect({ epoch: 1 })
    await first.events.next('ready')
    first.cut()
    await until('it listens', async () => (await dial(rig.socketPath).catch(() => undefined))?.destroy() !== undefined)
    const second = rig.connect({ epoch: 2 })
    await second.events.next('ready')
    assert.equal(rig.opened, 1)
  })

  it('is left to another process that answers there', async t => {
    const rig = new LingerRig(t)
    const server = createServer(socket => void socket.on('error', () => {}))
    await new Promise<void>(resolve => server.listen(rig.socketPath, resolve))
    t.after(() => server.close())
    const first = rig.connect({ epoch: 1 })
    await rig.turn(() => first.events.all.length > 0, callMs + 1000)
    const closed = await first.events.next('closed')
    assert.deepEqual([closed.code, closed.verdict], ['BUSY', 'retry'])
    assert.match(closed.why, /does not answer/)
    assert.equal(rig.opened, 0)
  })
})

/** Calls as an agent does, and is let in. */
async function call(rig: LingerRig, epoch: number): Promise<Socket> {
  const socket = await dial(rig.socketPath)
  const heard = new Promise(resolve => socket.once('data', resolve))
  socket.write(`${JSON.stringify({ build: 'b1', epoch, request: request(rig) })}\n`)
  assert.equal(String(await heard), '{"state":"go"}\n')
  return socket
}

function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket))
    socket.once('error', reject)
    socket.on('error', () => {})
  })
}

/** A socket file that nobody listens at. */
async function leaveSocket(path: string): Promise<void> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(`${path}.tmp`, resolve))
  linkSync(`${path}.tmp`, path)
  await new Promise(resolve => server.close(resolve))
  assert.equal(existsSync(path), true)
}
