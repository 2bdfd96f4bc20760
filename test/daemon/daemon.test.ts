import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { auditTail } from '../../lib/daemon/audit-tail.ts'
import { configWith } from '../../lib/daemon/config-edit.ts'
import { askDaemon } from '../../lib/daemon/control-client.ts'
import type { DaemonOptions } from '../../lib/daemon/daemon.ts'
import { startDaemon } from '../../lib/daemon/daemon.ts'
import { addHost } from '../../lib/daemon/host-registration.ts'
import { addRoot, removeRoot } from '../../lib/daemon/root-registration.ts'
import type { Verbs } from '../../lib/daemon/verbs.ts'
import type { Script } from './session-double.ts'
import { openDoubles } from './session-double.ts'
import { temporaryHome } from './temporary-home.ts'

const signal = new AbortController().signal

async function world(t: TestContext, script: Script = {}) {
  const here = temporaryHome(t)
  here.directory('a')
  here.directory('b')
  await addHost(here, 'twin', { pipe: here.directory('twin') })
  await addRoot(here, '~/a', { on: [], at: {}, watcher: {} })
  const { open, doubles } = openDoubles(script)
  const options: DaemonOptions = {
    ...here,
    version: '1',
    socketParents: [],
    openSession: open,
    forgetSession: async () => {},
    env: { values: {}, problems: [] },
    environment: process.env,
  }
  const ask = <Name extends keyof Verbs>(verb: Name, parameters: Verbs[Name]['parameters']) =>
    askDaemon({ home: here.home, version: '1' }, verb, parameters, { signal })
  return { here, options, ask, doubles, script }
}

describe('the daemon', () => {
  it('opens what the settings ask for, says so, and settles it when it stops', async t => {
    const { here, options, ask, doubles } = await world(t)
    const daemon = await startDaemon(options)
    const status = await ask('status', {})
    assert.deepEqual(
      status.sessions.map(({ root, host, state, transport }) => [root, host, state, transport]),
      [[join(here.userHome, 'a'), 'twin', 'watching', 'pipe']],
    )
    assert.deepEqual([status.failed, status.config, status.host, status.pid], [[], [], 'here', process.pid])
    await ask('stop', {})
    assert.deepEqual(doubles[0]?.told, ['closed'])
    assert.ok(existsSync(join(doubles[0].spec.state, 'settled')))
    await daemon.stopped
    await assert.rejects(ask('status', {}), { code: 'DAEMON_DOWN' })
    const events = auditTail(here.home.syncLog, 10).map(({ event }) => event)
    assert.deepEqual(events, ['session-opened', 'started', 'session-closed', 'stopped'])
  })

  it('is alone in a home, and the first goes on', async t => {
    const { here, options, ask } = await world(t)
    const first = await startDaemon(options)
    here.atEnd(() => first.stop())
    await assert.rejects(startDaemon(options), {
      code: 'DAEMON_RUNNING',
      message: new RegExp(`process ${process.pid}`),
    })
    assert.equal((await ask('status', {})).sessions.length, 1)
  })

  it('starts again after it stopped, any number of times', async t => {
    const { options, ask } = await world(t)
    for (let i = 0; i < 3; i++) {
      const daemon = await startDaemon(options)
      assert.equal((await ask('status', {})).sessions.length, 1)
      await daemon.stop()
    }
  })

  it('follows the settings, and keeps the last good ones', async t => {
    const { here, options, ask, doubles } = await world(t)
    const daemon = await startDaemon(options)
    here.atEnd(() => daemon.stop())
    await addRoot(here, '~/b', { on: [], at: {}, watcher: {} })
    await ask('reload', {})
    assert.equal((await ask('status', {})).sessions.length, 2)
    assert.deepEqual(doubles[0]?.told, [])
    const good = readFileSync(here.home.config, 'utf8')
    writeFileSync(here.home.config, '{ "hosts": ')
    const { problems } = await ask('reload', {})
    assert.deepEqual([problems[0]?.file, problems[0]?.line], [here.home.config, 1])
    const status = await ask('status', {})
    assert.deepEqual([status.sessions.length, status.config.length], [2, 1])
    writeFileSync(here.home.config, good)
    await removeRoot(here, '~/a', [])
    await ask('reload', {})
    assert.deepEqual([(await ask('status', {})).sessions.length, doubles[0]?.told], [1, ['closed']])
  })

  it('opens a session anew when its place changes', async t => {
    const { here, options, ask, doubles } = await world(t)
    const daemon = await startDaemon(options)
    here.atEnd(() => daemon.stop())
    await addRoot(here, '~/a', { on: [], at: { twin: here.directory('elsewhere') }, watcher: {} })
    await ask('reload', {})
    assert.deepEqual(
      doubles.map(({ told, spec }) => [told.length, spec.beta.root]),
      [
        [1, join(here.userHome, 'twin', 'a')],
        [0, join(here.userHome, 'elsewhere')],
      ],
    )
  })

  it('says what other ignore rules would change, and opens a session anew when they count', async t => {
    const { here, options, ask, doubles } = await world(t)
    const daemon = await startDaemon(options)
    here.atEnd(() => daemon.stop())
    const config = configWith(readFileSync(here.home.config, 'utf8'), ['roots', '~/a', 'ignore'], ['*.iso'])
    const { rules } = await ask('rules', { config })
    assert.deepEqual(
      rules.map(({ root, changes }) => [root, changes.ignored.first]),
      [[join(here.userHome, 'a'), ['*.iso']]],
    )
    assert.deepEqual(doubles[0]?.told, [])
    writeFileSync(here.home.config, config)
    await ask('reload', {})
    assert.deepEqual(
      doubles.map(({ told, spec }) => [told, spec.ignore.patterns]),
      [
        [['closed'], []],
        [[], ['*.iso']],
      ],
    )
    assert.deepEqual(await ask('rules', { config }), { rules: [] })
  })

  it('tells of a line in paths.txt that nothing is known of', async t => {
    const { here, options, ask } = await world(t)
    writeFileSync(here.home.paths, '~/a\n~/b\n')
    const daemon = await startDaemon(options)
    here.atEnd(() => daemon.stop())
    const { config, sessions } = await ask('status', {})
    assert.deepEqual(
      config.map(({ hint }) => hint),
      ['dsync roots add ~/b'],
    )
    assert.equal(sessions.length, 1)
  })

  it('tells of a session that cannot be opened, and never that its root is in sync', async t => {
    const { here, options, ask, script } = await world(t, { fails: 'no disk' })
    const daemon = await startDaemon(options)
    here.atEnd(() => daemon.stop())
    assert.match((await ask('status', {})).failed[0]?.why ?? '', /no disk/)
    await assert.rejects(ask('barrier', { timeoutMs: 1000, verify: false }), { message: /not open: .*no disk/ })
    await assert.rejects(ask('conflicts', { paths: [join(here.userHome, 'a', 'x')] }), { message: /not open/ })
    delete script.fails
    await ask('reload', {})
    assert.equal((await ask('barrier', { timeoutMs: 1000, verify: false })).roots[0]?.state, 'synced')
  })

  it('wakes what it has when it is told to look again', async t => {
    const { here, options, ask, doubles } = await world(t)
    const daemon = await startDaemon(options)
    here.atEnd(() => daemon.stop())
    const before = doubles[0]?.wakes ?? 0
    await ask('reload', {})
    assert.ok((doubles[0]?.wakes ?? 0) > before)
  })

  it('remembers what was paused', async t => {
    const { here, options, ask } = await world(t)
    const first = await startDaemon(options)
    await ask('pause', {})
    await first.stop()
    const second = await startDaemon(options)
    here.atEnd(() => second.stop())
    assert.equal((await ask('status', {})).sessions[0]?.state, 'paused')
    await ask('resume', {})
    assert.equal((await ask('status', {})).sessions[0]?.state, 'watching')
  })

  it('logs what sessions do, and how long changes took apart', async t => {
    const { here, options, doubles } = await world(t)
    const daemon = await startDaemon(options)
    doubles[0]?.emit({ at: 0, level: 'info', event: 'put', path: 'x', latencyMs: 3 })
    doubles[0]?.emit({ at: 0, level: 'info', event: 'remark', path: 'y' })
    await daemon.stop()
    const root = join(here.userHome, 'a')
    const put = { at: 0, root, host: 'twin', level: 'info', event: 'put', path: 'x', latencyMs: 3 }
    assert.deepEqual(auditTail(here.home.realtimeLog, 10), [put])
    assert.deepEqual(
      auditTail(here.home.syncLog, 10).filter(({ at }) => at === 0),
      [put, { at: 0, root, host: 'twin', level: 'info', event: 'remark', path: 'y' }],
    )
  })

  it('writes down the exception that ends it', async t => {
    const { here, options } = await world(t)
    const daemon = await startDaemon(options)
    daemon.crash(new Error('out of luck'))
    assert.match(String(auditTail(here.home.syncLog, 1)[0]?.['why']), /out of luck[^]*daemon\.test\.ts/)
    await daemon.stop()
  })

  it('listens at a short path when its home is deep', async t => {
    const here = temporaryHome(t)
    const { kitHome } = await import('../../lib/daemon/kit-home.ts')
    const home = kitHome(here.directory('d'.repeat(90)))
    const parent = here.directory('r')
    const { open } = openDoubles()
    const daemon = await startDaemon({
      ...here,
      home,
      version: '1',
      socketParents: [parent],
      openSession: open,
      forgetSession: async () => {},
      env: { values: {}, problems: [] },
      environment: process.env,
    })
    here.atEnd(() => daemon.stop())
    const status = await askDaemon({ home, version: '1' }, 'status', {}, { signal })
    assert.equal(status.home, home.directory)
  })
})
