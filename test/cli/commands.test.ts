import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { SyncError } from '../../lib/core/errors.ts'
import type { BarrierState, Hold } from '../../lib/sync/session-handle.ts'
import { barrierExit } from '../../lib/cli/commands/sync.ts'
import { makeWorld } from './world.ts'

const conflicts = [
  { path: 'a.txt', alpha: 'one\nmine\n', beta: 'one\ntheirs\n' },
  { path: 'sub/b.txt', alpha: 'x', beta: 'y' },
]

const held: Hold = {
  guard: 'mass-delete',
  side: 'beta',
  why: 'more than half would go',
  paths: { total: 30, first: ['x', 'y'] },
}

describe('without a daemon', () => {
  for (const line of [
    'status',
    'sync',
    'push',
    'pull',
    'verify',
    'conflicts',
    'diff',
    'resolve a --mine',
    'undo',
    'trash',
    'why a',
    'approve',
    'pause',
    'resume',
    'logs -f',
  ]) {
    it(`dsync ${line} says so, and how to start it`, async t => {
      const { run } = await makeWorld(t, {}, false)
      const { exit, out, err } = await run(line)
      assert.deepEqual([exit, out, err], [6, '', 'dsync: The daemon is not running\n  → dsync start\n'])
      const json = await run(`${line} --json`)
      assert.deepEqual([json.exit, json.err], [6, ''])
      assert.deepEqual(json.json(), {
        error: { code: 'DAEMON_DOWN', message: 'The daemon is not running', hint: 'dsync start' },
      })
    })
  }
  it('hosts and roots can be set up', async t => {
    const { run, directory, userHome } = await makeWorld(t, {}, false)
    directory('p')
    assert.equal((await run('roots add p')).exit, 2)
    assert.equal((await run('hosts add twin --pipe t --ssh twin')).exit, 2)
    assert.equal((await run('hosts add twin --ssh -oProxyCommand=x')).exit, 2)
    assert.match(
      (await run('hosts add twin --pipe t')).out,
      /^Added twin \(pipe to ~\/t\)\.\n {2}→ dsync roots add DIR\n$/,
    )
    assert.equal(
      (await run('roots add p --watcher polling --watcher twin=chokidar')).out,
      `Added\n  ~/p             polling\n    twin  ${userHome}/t/p  chokidar\n  → dsync start\n`.replace(
        '~/p             polling',
        `~/p     ${' '.repeat(userHome.length + 4)}  polling`,
      ),
    )
    assert.equal((await run('hosts')).out, '  twin  pipe  ~/t  ~/p\n')
    assert.equal((await run('hosts check twin')).exit, 0)
    const [root] = (await run('roots show p --json')).json<{ roots: readonly { root: string }[] }>().roots
    assert.equal(root?.root, '~/p')
    assert.deepEqual(
      (await run('roots add p --watcher chokidr')).err,
      'dsync: Cannot watch with "chokidr"; did you mean chokidar?\n  → One of auto, inotify, fs-watch, fsevents, chokidar, polling\n',
    )
    assert.equal((await run('hosts remove twin')).exit, 2)
    assert.equal((await run('roots remove p')).exit, 0)
    assert.equal((await run('hosts remove twin')).exit, 0)
    assert.match(
      (await run('hosts remove twin')).err,
      /Cannot find the host "twin"; there is none yet\n {2}→ dsync hosts add twin --ssh USER@HOST/,
    )
  })
  it('stop is content, and start says why it cannot', async t => {
    const { run } = await makeWorld(t, {}, false)
    assert.deepEqual((await run('stop --json')).json(), { stop: { running: false, stopped: false } })
    const { exit, err } = await run('start')
    assert.deepEqual([exit, err.split('\n')[0]], [1, 'dsync: Cannot start the daemon: it ended with 1'])
  })
})

describe('dsync status', () => {
  it('prints a screen, or everything as JSON', async t => {
    const { run } = await makeWorld(t)
    const { exit, out } = await run('status')
    assert.equal(exit, 0)
    assert.match(out, /^dsync on here, up [^]*~\/projects {2}twin \(pipe\) {2}watching/)
    const json = (await run('status --json')).json<{
      status: readonly { root: string }[]
      daemon: { version: string }
    }>()
    assert.match(json.status[0]?.root ?? '', /\/projects$/)
    assert.equal(json.daemon.version, '1')
  })
  it('has no colour unless the terminal has', async t => {
    const { run } = await makeWorld(t)
    assert.equal((await run('status')).out.includes('\u001b'), false)
    assert.equal((await run('status', { colour: true })).out.includes('\u001b[1mdsync\u001b[22m'), true)
  })
})

describe('dsync sync', () => {
  const rows: readonly (readonly [BarrierState, number, RegExp])[] = [
    ['synced', 0, /^in sync {2}~\/projects with twin\n$/],
    [
      'conflicts',
      3,
      /^2 conflicts {2}~\/projects with twin {2}→ dsync conflicts ~\/projects\n {4}~\/projects\/a\.txt \(content\)\n/,
    ],
    ['held', 4, /^held {2}.*→ dsync approve ~\/projects\n {4}more than half would go\n$/],
    ['problems', 4, /^1 problem {2}.*\n {4}~\/projects\/p: permission denied \(EACCES\)\n$/],
    ['halted', 4, /^halted/],
    ['paused', 7, /^paused {2}.*→ dsync resume ~\/projects\n$/],
    ['disconnected', 5, /^disconnected {2}.*→ dsync hosts check twin\n$/],
    [
      'timeout',
      124,
      /^timed out {2}~\/projects with twin, 1 path to go {2}→ dsync status\n {4}~\/projects\/slow\.bin\n$/,
    ],
  ]
  for (const [state, exit, out] of rows) {
    it(`that ends as ${state} exits with ${exit}`, async t => {
      const { run } = await makeWorld(t, {
        barrier: state,
        conflicts,
        holds: [held],
        problems: [{ path: 'p', side: 'alpha', why: 'EACCES' }],
      })
      const ran = await run('sync --timeout 1')
      assert.equal(ran.exit, exit)
      assert.match(ran.out, out)
      const json = (await run('sync --json')).json<{ sync: readonly { state: string }[] }>()
      assert.deepEqual(
        json.sync.map(each => each.state),
        [state],
      )
    })
  }
  it('of several roots exits with what is furthest from agreement', () => {
    assert.equal(barrierExit(['synced', 'conflicts', 'paused']), 7)
    assert.equal(barrierExit(['timeout', 'held', 'disconnected']), 5)
    assert.equal(barrierExit([]), 0)
  })
  it('that is interrupted exits with 130', async t => {
    const { run } = await makeWorld(t, { barrier: 'never' })
    const interrupt = new AbortController()
    const ran = run('sync', { signal: interrupt.signal })
    interrupt.abort(new SyncError('INTERRUPTED', 'Interrupted'))
    assert.equal((await ran).exit, 130)
  })
  it('of a path that is in no root is refused', async t => {
    const { run } = await makeWorld(t)
    const { exit, err } = await run('sync /etc')
    assert.deepEqual([exit, err], [2, 'dsync: Cannot find a root that holds /etc\n  → dsync roots list\n'])
    assert.equal((await run('sync --on nobody')).exit, 2)
  })
  it('finds the root of a path by its links', async t => {
    const { run, userHome } = await makeWorld(t)
    symlinkSync(join(userHome, 'projects'), join(userHome, 'link'))
    assert.equal((await run('sync link/file')).exit, 0)
    mkdirSync(join(userHome, 'projects', 'sub'))
    assert.equal((await run('sync .', { cwd: join(userHome, 'projects', 'sub') })).exit, 0)
  })
})

describe('dsync approve', () => {
  it('shows what is held, asks, and lets it pass', async t => {
    const { run, doubles } = await makeWorld(t, { holds: [held] })
    const refused = await run('approve')
    assert.equal(refused.exit, 2)
    assert.match(
      refused.err,
      /^~\/projects with twin: more than half would go \(mass-delete, on twin\)\n {4}~\/projects\/x\n {4}~\/projects\/y\n {4}and 28 more paths\n[^]*Add --yes/,
    )
    assert.equal((await run('approve', { answer: 'n' })).exit, 130)
    assert.deepEqual(doubles[0]?.told, [])
    assert.equal(
      (await run('approve projects', { answer: 'yes' })).out,
      'approved  ~/projects with twin: mass-delete\n',
    )
    assert.deepEqual(doubles[0]?.told, ['approve all'])
    assert.equal((await run('approve')).out, 'Nothing is held.\n')
  })
  it('says whose version a first sync takes', async t => {
    const { run, doubles } = await makeWorld(t, { holds: [{ ...held, guard: 'first-sync' }] })
    assert.match((await run('approve --yes --prefer nobody')).err, /the hosts are here and twin/)
    assert.equal((await run('approve --yes --prefer twin')).exit, 0)
    assert.deepEqual(doubles[0]?.told, ['approve all beta'])
  })
})

describe('other commands', () => {
  it('pause and resume say what they did', async t => {
    const { run, userHome } = await makeWorld(t)
    assert.equal((await run('pause projects')).out, 'paused  ~/projects with twin\n')
    assert.match((await run('status')).out, /→ dsync resume ~\/projects/)
    assert.deepEqual((await run('resume --json')).json(), {
      resume: [{ root: join(userHome, 'projects'), host: 'twin' }],
    })
  })
  it('logs shows what was done, and goes on with --follow', async t => {
    const { run, doubles } = await makeWorld(t)
    assert.match((await run('logs -n 1')).out, / started .*pid=/)
    const interrupt = new AbortController()
    const following = run('logs -f -n 1 --json', {
      signal: interrupt.signal,
      onOut(text) {
        if (text.includes('"started"')) doubles[0]?.emit({ at: 0, level: 'info', event: 'put', path: 'x' })
        else interrupt.abort(new SyncError('INTERRUPTED', 'Interrupted'))
      },
    })
    const { exit, out } = await following
    assert.equal(exit, 130)
    assert.match(out, /"event":"started".*\n.*"event":"put".*\n$/)
  })
  it('service logs shows what a job printed, and goes on with --follow', async t => {
    const { run, userHome } = await makeWorld(t)
    const log = join(userHome, '.dsync/run/verify.log')
    writeFileSync(log, 'one\ntwo\nthr')
    assert.equal((await run('service logs verify -n 2')).out, 'two\nthr\n')
    const interrupt = new AbortController()
    const { exit, out } = await run('service logs verify -f -n 1', {
      signal: interrupt.signal,
      onOut(text) {
        if (text === 'two\n') appendFileSync(log, 'ee\nfour \x1B[31m\nfi')
        // Started anew, as a log that is long is.
        else if (text.startsWith('four')) writeFileSync(log, 'new\n')
        // Another file in its place, which is longer.
        else if (text === 'new\n') {
          writeFileSync(`${log}.next`, 'one more\n')
          renameSync(`${log}.next`, log)
        } else if (text === 'one more\n') interrupt.abort(new SyncError('INTERRUPTED', 'Interrupted'))
      },
    })
    assert.equal(exit, 130)
    assert.equal(out, 'two\nthree\nfour \\e[31m\nnew\none more\n')
  })
  it('roots and hosts that are added or removed reach the daemon at once', async t => {
    const { run, directory, doubles } = await makeWorld(t)
    directory('more')
    assert.doesNotMatch((await run('roots add more')).out, /dsync start/)
    assert.equal(doubles.length, 2)
    await run('roots remove more')
    assert.deepEqual(doubles[1]?.told, ['closed'])
  })
  it('unknown words exit with 2, as JSON too', async t => {
    const { run } = await makeWorld(t, {}, false)
    const { exit, err } = await run('statsu')
    assert.deepEqual([exit, err], [2, 'dsync: There is no command "statsu"\n  → dsync status\n'])
    assert.deepEqual((await run('sync --tiemout 3 --json')).json(), {
      error: {
        code: 'USAGE',
        message: 'dsync sync has no option --tiemout; did you mean --timeout?',
        hint: 'dsync help sync',
      },
    })
  })
  it('version and help go to the standard output', async t => {
    const { run } = await makeWorld(t, {}, false)
    assert.equal((await run('--version')).out, 'dsync 1\n')
    assert.match((await run('help')).out, /Usage: dsync COMMAND/)
    assert.match((await run('roots --help')).out, /roots add/)
  })
})
