import assert from 'node:assert/strict'
import { existsSync, openSync, closeSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { crashReports } from '../../lib/daemon/crash-reports.ts'
import { kitHome } from '../../lib/daemon/kit-home.ts'
import { processState } from '../../lib/daemon/process-identity.ts'
import { Pair } from './pair.ts'
import { runtimes } from './runtimes.ts'
import { until } from './until.ts'

/** The quicker one. */
const runtime = runtimes.nodeBundle.lacks === undefined ? runtimes.nodeBundle : runtimes.nodeSource

/** Lets the daemon, and nothing else that is started with it, throw where nobody catches once a file is there. */
function fuse(file: string): string {
  const code = `
    import { existsSync } from 'node:fs'
    if (/daemon\\.(?:ts|js)$/.test(process.argv[1] ?? '')) {
      setInterval(() => { if (existsSync(${JSON.stringify(file)})) throw new TypeError('boom') }, 20).unref()
    }`
  return `--import=data:text/javascript,${encodeURIComponent(code)}`
}

interface StatusJson {
  readonly daemon: { readonly crashes: readonly { readonly file: string; readonly why: string }[] }
}

describe('a daemon that crashes', { timeout: 60_000, concurrency: true }, () => {
  it('leaves a report; the next one names it, one after a stop does not', async t => {
    const pair = await Pair.make({ runtime })
    t.after(() => pair.close())
    const file = join(pair.base, 'now')
    const started = await pair.dsyncIn({ variables: { NODE_OPTIONS: fuse(file) } }, 'start')
    assert.equal(started.code, 0, started.stderr)
    const pid = pair.running()
    assert.ok(pid !== undefined)
    pair.live()
    writeFileSync(file, '')
    await until('it is gone', () => !processState(pid).alive)
    const down = await pair.dsync('status')
    assert.equal(down.code, 6)
    const reports = crashReports(kitHome(join(pair.userHome, '.dsync')))
    assert.deepEqual(
      reports.map(report => report.pid),
      [pid],
    )
    assert.match(reports[0]?.why ?? '', /^TypeError: boom\n +at /)
    assert.equal(statSync(reports[0]?.file ?? '').mode & 0o777, 0o600)

    await pair.start()
    const { daemon } = (await pair.ok('status', '--json')).json as StatusJson
    assert.deepEqual(
      daemon.crashes.map(({ why }) => why.split('\n')[0]),
      ['TypeError: boom'],
    )
    assert.match(
      (await pair.ok('status')).stdout,
      /^ {2}crashed +\S[^\n]*: TypeError: boom +→ cat ~\/\.dsync\/state\/crash-\S+\.txt /m,
    )
    await pair.ok('restart')
    assert.match((await pair.ok('status')).stdout, /Nothing waits for you/)
    assert.equal(existsSync(reports[0]?.file ?? ''), true, 'it is kept, and named no longer')
  })

  it(
    'goes on while its own log is full, and still tells why it ended',
    { skip: existsSync('/dev/full') ? false : 'there is no /dev/full' },
    async t => {
      const pair = await Pair.make({ runtime })
      t.after(() => pair.close())
      const file = join(pair.base, 'now')
      const [program, script = ''] = pair.runtime.command
      const full = openSync('/dev/full', 'w')
      const env = { PATH: process.env['PATH'], HOME: pair.userHome, NODE_OPTIONS: fuse(file) }
      const child = spawn(program, [script.replace('sync-manager', 'daemon')], { env, stdio: ['ignore', full, full] })
      closeSync(full)
      await until('it answers', async () => (await pair.dsync('status')).code === 0)
      writeFileSync(join(pair.alpha, 'a'), '1')
      await pair.ok('sync')
      assert.equal(readFileSync(join(pair.beta, 'a'), 'utf8'), '1')
      const ended = once(child, 'exit')
      writeFileSync(file, '')
      assert.deepEqual((await ended)[0], 1)
      assert.match(crashReports(kitHome(join(pair.userHome, '.dsync')))[0]?.why ?? '', /^TypeError: boom/)
    },
  )
})
