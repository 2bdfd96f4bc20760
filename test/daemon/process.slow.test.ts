import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { auditTail } from '../../lib/daemon/audit-tail.ts'
import { processState } from '../../lib/daemon/process-identity.ts'
import { temporaryHome } from './temporary-home.ts'

const script = fileURLToPath(new URL('../../scripts/sync-manager.ts', import.meta.url))

/** Types are stripped once for all the processes of this file. */
const cache = mkdtempSync(join(tmpdir(), 'dsync-cache-'))
after(() => rmSync(cache, { recursive: true, force: true }))

interface Ran {
  readonly exit: number | null
  readonly out: string
  readonly err: string
}

/** The real commands and the real daemon in a home of their own; whatever still runs at the end is stopped. */
function commands(t: TestContext) {
  const { home, userHome, atEnd } = temporaryHome(t)
  const env = { PATH: process.env['PATH'], HOME: userHome, NODE_COMPILE_CACHE: cache }
  const dsync = (...words: string[]): Promise<Ran> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [script, ...words], { env, cwd: userHome })
      let [out, err] = ['', '']
      child.stdout.on('data', data => (out += String(data)))
      child.stderr.on('data', data => (err += String(data)))
      child.once('error', reject)
      child.once('close', exit => resolve({ exit, out, err }))
    })
  atEnd(() => dsync('stop'))
  const pid = async (): Promise<number> => {
    const { out } = await dsync('status', '--json')
    return (JSON.parse(out) as { daemon: { pid: number } }).daemon.pid
  }
  return { home, dsync, pid }
}

describe('the daemon as a process', { concurrency: 1 }, () => {
  it('starts, answers, starts only once, and stops without a trace in memory', async t => {
    const { home, dsync, pid } = commands(t)
    assert.equal((await dsync('status')).exit, 6)
    const started = await dsync('start')
    assert.deepEqual([started.exit, started.err], [0, ''])
    const first = await pid()
    assert.equal(started.out, `The daemon runs (process ${first}, 0 sessions).\n`)
    assert.equal((await dsync('start')).out, `The daemon runs already (process ${first}, 0 sessions).\n`)
    assert.equal(statSync(join(home.run, 'control.sock')).mode & 0o777, 0o600)
    for (const file of [home.token, home.daemonLog, home.syncLog])
      assert.equal(statSync(file).mode & 0o777, 0o600, file)
    assert.deepEqual(await dsync('stop'), { exit: 0, out: 'The daemon has stopped.\n', err: '' })
    assert.equal(processState(first).alive, false)
    assert.equal(existsSync(join(home.run, 'control.sock')), false)
    assert.equal((await dsync('stop')).exit, 0)
  })

  it('is one when two are started at once, and another after restart', async t => {
    const { dsync, pid } = commands(t)
    const both = await Promise.all([dsync('start'), dsync('start')])
    assert.deepEqual(
      both.map(({ exit, err }) => [exit, err]),
      [
        [0, ''],
        [0, ''],
      ],
    )
    const first = await pid()
    assert.equal((await dsync('restart')).exit, 0)
    const second = await pid()
    assert.notEqual(first, second)
    assert.equal(processState(first).alive, false)
  })

  it('starts again after kill -9, over the lock and socket it left', async t => {
    const { home, dsync, pid } = commands(t)
    await dsync('start')
    const first = await pid()
    process.kill(first, 'SIGKILL')
    // Being asked again is how one learns that it is gone: the socket answers until then.
    while (processState(first).alive) await dsync('--version')
    assert.equal((await dsync('status')).exit, 6)
    assert.ok(existsSync(join(home.run, 'control.sock')))
    assert.equal((await dsync('start')).exit, 0)
    assert.notEqual(await pid(), first)
    assert.equal(readdirSync(home.run).filter(name => name.startsWith('daemon.lock')).length, 1)
  })

  it('stops in order when it is told to by a signal', async t => {
    const { home, dsync, pid } = commands(t)
    await dsync('start')
    const first = await pid()
    process.kill(first, 'SIGTERM')
    assert.equal((await dsync('stop')).exit, 0)
    assert.equal(processState(first).alive, false)
    assert.equal(auditTail(home.syncLog, 1)[0]?.event, 'stopped')
  })

  it('says why it cannot start', async t => {
    const { home, dsync } = commands(t)
    writeFileSync(join(home.run, 'daemon.lock-1'), JSON.stringify({ pid: 1, boot: 'another', host: 'elsewhere' }))
    const { exit, err } = await dsync('start')
    assert.equal(exit, 1)
    assert.match(
      err,
      /^dsync: Cannot start: a daemon on elsewhere holds this home \(.*daemon\.lock-1\)\n {2}→ Stop it there/,
    )
    assert.match(readFileSync(home.daemonLog, 'utf8'), /elsewhere/)
  })
})
