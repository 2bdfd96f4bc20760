import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, lchownSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { SyncError } from '../../lib/core/errors.ts'
import { askDaemon } from '../../lib/daemon/control-client.ts'
import { clientLimit, requestBytesLimit } from '../../lib/daemon/control-protocol.ts'
import type { Answer } from '../../lib/daemon/control-server.ts'
import { serveControl } from '../../lib/daemon/control-server.ts'
import { controlSocketPath } from '../../lib/daemon/control-socket-path.ts'
import { ensurePrivateDirectory, kitHome } from '../../lib/daemon/kit-home.ts'
import { takeLock } from '../../lib/daemon/lock.ts'
import { thisProcess } from '../../lib/daemon/process-identity.ts'
import { temporaryHome } from './temporary-home.ts'

const echo: Answer = async (verb, parameters) => ({ verb, parameters })

async function serve(t: TestContext, answer: Answer = echo) {
  const { home, atEnd } = temporaryHome(t)
  const place = controlSocketPath(home, [])
  takeLock(home.run, 'daemon', { ...thisProcess('h'), socket: place.path })
  writeFileSync(home.token, 'right\n')
  const server = await serveControl({ place, token: 'right', version: '1', answer })
  atEnd(() => server.close())
  return { home, place, server, endpoint: { home, version: '1' } }
}

/** Sends raw bytes and collects everything that comes back until the server hangs up or `lines` lines are there. */
async function raw(t: TestContext, path: string, bytes: string, lines = Number.POSITIVE_INFINITY): Promise<string[]> {
  const socket = createConnection(path)
  t.after(() => socket.destroy())
  let text = ''
  const done = new Promise<void>(resolve => {
    socket.on('data', data => {
      text += String(data)
      if (text.split('\n').length > lines) resolve()
    })
    socket.on('close', () => resolve())
    socket.on('error', () => resolve())
  })
  socket.write(bytes)
  await done
  return text.split('\n').filter(line => line !== '')
}

function request(fields: object): string {
  return `${JSON.stringify({ id: 1, token: 'right', version: '1', verb: 'status', parameters: {}, ...fields })}\n`
}

const signal = new AbortController().signal

describe('the control socket', () => {
  it('is for its owner only', async t => {
    const { place } = await serve(t)
    assert.equal(statSync(place.path).mode & 0o777, 0o600)
    assert.equal(statSync(place.directory).mode & 0o777, 0o700)
  })

  it('answers who holds the token', async t => {
    const { endpoint } = await serve(t)
    assert.deepEqual(await askDaemon(endpoint, 'conflicts', { host: 'x' }, { signal }), {
      verb: 'conflicts',
      parameters: { host: 'x' },
    })
  })

  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['a wrong token', request({ token: 'wrong' }), /"code":"REFUSED"/],
    ['an empty token', request({ token: '' }), /"code":"REFUSED"/],
    ['no token', request({ token: undefined }), /"code":"PROTOCOL"/],
    ['garbage', '\u0000\u0001GET / HTTP/1.1\n', /"code":"PROTOCOL"/],
    ['JSON that is no request', '[1,2]\n', /"code":"PROTOCOL"/],
    ['a line that is too long', 'x'.repeat(requestBytesLimit + 1), /"code":"PROTOCOL".*longer/],
  ]
  for (const [says, bytes, reply] of rows) {
    it(`cuts off ${says}, and answers the next`, async t => {
      const { place, endpoint } = await serve(t)
      const said = await raw(t, place.path, bytes)
      assert.equal(said.length, 1)
      assert.match(said[0] ?? '', reply)
      assert.ok(await askDaemon(endpoint, 'status', {}, { signal }))
    })
  }

  it('answers many requests of many clients, each to whom it belongs', async t => {
    const { place } = await serve(t)
    const clients = Array.from({ length: 20 }, (_, c) =>
      raw(t, place.path, [0, 1, 2].map(i => request({ id: c * 10 + i, parameters: { c, i } })).join(''), 3),
    )
    for (const [c, said] of (await Promise.all(clients)).entries()) {
      const replies = said.map(line => JSON.parse(line) as { id: number; result: { parameters: unknown } })
      assert.deepEqual(
        replies.map(({ id, result }) => [id, result.parameters]),
        [0, 1, 2].map(i => [c * 10 + i, { c, i }]),
      )
    }
  })

  it('takes so many clients and no more', async t => {
    const { place, server } = await serve(t)
    const sockets: Socket[] = []
    for (let i = 0; i < clientLimit; i++) {
      const socket = createConnection(place.path)
      sockets.push(socket)
      await once(socket, 'connect')
    }
    assert.deepEqual(await raw(t, place.path, request({})), [])
    for (const socket of sockets) socket.destroy()
    await server.close()
  })

  it('passes errors on with their hints, and mistakes of ours as such', async t => {
    let thrown: Error = new SyncError('HELD', 'Cannot', { hint: 'dsync approve' })
    const { endpoint } = await serve(t, async () => {
      throw thrown
    })
    await assert.rejects(askDaemon(endpoint, 'status', {}, { signal }), {
      code: 'HELD',
      message: 'Cannot',
      hint: 'dsync approve',
    })
    thrown = new TypeError('undefined is not')
    await assert.rejects(askDaemon(endpoint, 'status', {}, { signal }), {
      code: 'INVARIANT',
      message: 'undefined is not',
    })
  })

  it('streams events before the result, and tells when the client goes', async t => {
    const gone = Promise.withResolvers<void>()
    const { endpoint } = await serve(t, async (verb, _parameters, call) => {
      call.emit(1)
      call.emit(2)
      if (verb === 'logs') await new Promise<void>(resolve => call.signal.addEventListener('abort', () => resolve()))
      gone.resolve()
      return {}
    })
    const events: unknown[] = []
    await askDaemon(
      endpoint,
      'barrier',
      { timeoutMs: 1, verify: false },
      { signal, onEvent: event => events.push(event) },
    )
    assert.deepEqual(events, [1, 2])
    const stop = new AbortController()
    const asked = askDaemon(
      endpoint,
      'logs',
      { lines: 0, follow: true, realtime: false },
      {
        signal: stop.signal,
        onEvent: () => stop.abort(new SyncError('INTERRUPTED', 'enough')),
      },
    )
    await assert.rejects(asked, { code: 'INTERRUPTED' })
    await gone.promise
  })

  it('answers another version only when it is to stop', async t => {
    const { home } = await serve(t)
    const other = { home, version: '2' }
    await assert.rejects(askDaemon(other, 'status', {}, { signal }), { code: 'VERSION', hint: 'dsync restart' })
    assert.ok(await askDaemon(other, 'stop', {}, { signal }))
  })

  it('replaces a socket that nobody answers, and leaves one that somebody does', async t => {
    const { home } = temporaryHome(t)
    const place = controlSocketPath(home, [])
    const left = createServer()
    await new Promise<void>(resolve => left.listen(place.path, resolve))
    const options = { place, token: 'a', version: '1', answer: echo }
    await assert.rejects(serveControl(options), { code: 'DAEMON_RUNNING' })
    await new Promise(resolve => left.close(resolve))
    writeFileSync(place.path, '')
    const server = await serveControl(options)
    assert.ok(statSync(place.path).isSocket())
    await server.close()
  })

  it('says that the daemon stopped when it is killed before it reads', async t => {
    const { home, atEnd } = temporaryHome(t)
    const { path } = controlSocketPath(home, [])
    takeLock(home.run, 'daemon', { ...thisProcess('h'), socket: path })
    writeFileSync(home.token, 'right\n')
    const server = createServer({ pauseOnConnect: true }, socket => {
      // What was sent is there by then, and goes unread.
      setImmediate(() => socket.destroy())
    })
    server.listen(path)
    atEnd(() => server.close())
    await once(server, 'listening')
    for (let i = 0; i < 20; i++) {
      await assert.rejects(askDaemon({ home, version: '1' }, 'status', {}, { signal }), {
        code: 'DAEMON_DOWN',
        hint: 'dsync start',
      })
    }
  })

  it('says that no daemon runs when there is no home, no socket, or nobody at it', async t => {
    const { home } = temporaryHome(t)
    const down = { code: 'DAEMON_DOWN', hint: 'dsync start' }
    await assert.rejects(askDaemon({ home: kitHome('/nonexistent'), version: '1' }, 'status', {}, { signal }), down)
    await assert.rejects(askDaemon({ home, version: '1' }, 'status', {}, { signal }), down)
    writeFileSync(home.token, 'x')
    takeLock(home.run, 'daemon', { ...thisProcess('h'), socket: join(home.run, 'control.sock') })
    const abandoned = { ...down, message: /did not stop in order \(see dsync logs\)/ }
    await assert.rejects(askDaemon({ home, version: '1' }, 'status', {}, { signal }), abandoned)
    writeFileSync(join(home.run, 'control.sock'), 'no socket')
    await assert.rejects(askDaemon({ home, version: '1' }, 'status', {}, { signal }), abandoned)
  })
})

describe('a private directory', () => {
  it('is closed to others, and no file', t => {
    const { directory, userHome } = temporaryHome(t)
    const open = directory('open')
    chmodSync(open, 0o755)
    ensurePrivateDirectory(open)
    assert.equal(statSync(open).mode & 0o777, 0o700)
    writeFileSync(join(userHome, 'file'), '')
    assert.throws(() => ensurePrivateDirectory(join(userHome, 'file')), { code: 'REFUSED', message: /not a directory/ })
    assert.throws(() => ensurePrivateDirectory(join(userHome, 'file', 'x')), {
      code: 'REFUSED',
      message: /Cannot make/,
    })
  })
  it('may be a link of its owner, and of nobody else', t => {
    const { directory, userHome } = temporaryHome(t)
    symlinkSync(directory('target'), join(userHome, 'link'))
    ensurePrivateDirectory(join(userHome, 'link'))
    if (process.getuid?.() !== 0) return t.skip('only root can make what belongs to somebody else')
    lchownSync(join(userHome, 'link'), 1, 1)
    return assert.throws(() => ensurePrivateDirectory(join(userHome, 'link')), {
      code: 'REFUSED',
      message: /another user/,
    })
  })
})

describe('the path of the control socket', () => {
  const long = kitHome(`/${'d'.repeat(120)}/.dsync`)
  it('lies in the home when it is short enough', () => {
    assert.equal(controlSocketPath(kitHome('/home/u/.dsync'), ['/run/user/1']).path, '/home/u/.dsync/run/control.sock')
  })
  it('lies in the first short place otherwise, another for each home', () => {
    const { path } = controlSocketPath(long, [`/${'x'.repeat(90)}`, '/run/user/1'])
    assert.match(path, /^\/run\/user\/1\/dsync-[0-9a-f]{16}\/control\.sock$/)
    assert.notEqual(path, controlSocketPath(kitHome(`/${'e'.repeat(120)}/.dsync`), ['/run/user/1']).path)
  })
  it('counts bytes, not letters', () => {
    const wide = kitHome(`/${'é'.repeat(45)}`)
    assert.match(controlSocketPath(wide, ['/tmp']).path, /^\/tmp\//)
  })
  it('is refused when nothing is short enough', () => {
    assert.throws(() => controlSocketPath(long, []), { code: 'REFUSED', message: /100 bytes/ })
  })
})
