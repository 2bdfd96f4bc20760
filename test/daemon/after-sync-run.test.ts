import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { AfterSyncLog } from '../../lib/daemon/after-sync-log.ts'
import type { RunOptions } from '../../lib/daemon/after-sync-run.ts'
import { runUnattended } from '../../lib/daemon/after-sync-run.ts'
import { trustCommands, trustedCommands } from '../../lib/daemon/command-trust.ts'
import { processState } from '../../lib/daemon/process-identity.ts'
import { until } from '../pipe/until.ts'
import { temporaryHome } from './temporary-home.ts'

const { PATH } = process.env
const never = new AbortController().signal

async function run(script: string, options: Partial<RunOptions> = {}) {
  let output = ''
  const onOutput = (bytes: Buffer): void => {
    output += bytes.toString()
    options.onOutput?.(bytes)
  }
  const start = { command: ['sh', '-c', script], directory: '/', environment: { PATH, MARK: 'there' } } as const
  const end = await runUnattended(start, { timeoutMs: 60_000, signal: never, ...options, onOutput })
  return { ...end, output }
}

describe('a program that runs with nobody there', () => {
  it('says all and how it ended', async () => {
    const { output, ...end } = await run('pwd; echo $MARK; echo wrong >&2; cat; exit 7')
    assert.deepEqual([output, end], ['/\nthere\nwrong\n', { code: 7, signal: null, isLate: false }])
  })
  it('is ended with all that it started when its time is over', async () => {
    const { output, isLate } = await run('sleep 300 & echo $!; wait', { timeoutMs: 300 })
    const pid = Number(output)
    assert.ok(isLate && pid > 0)
    await until('what it started is gone', () => !processState(pid).alive)
  })
  it('is ended when the daemon stops', async () => {
    const stop = new AbortController()
    const { signal, isLate } = await run('echo begun; exec sleep 300', {
      signal: stop.signal,
      onOutput: () => stop.abort(),
    })
    assert.deepEqual([signal, isLate], ['SIGTERM', false])
    assert.equal((await run('exec sleep 300', { signal: stop.signal })).signal, 'SIGTERM')
  })
  it('does not wait for what holds its output open', async () => {
    const { output, code } = await run('sleep 30 & echo $!; exit 0')
    assert.equal(code, 0)
    process.kill(Number(output))
  })
  it('may not be there', async () => {
    const start = { command: ['no-such-program'], environment: { PATH } } as const
    const end = await runUnattended(start, { timeoutMs: 1000, signal: never, onOutput: () => {} })
    assert.match(end.startError ?? '', /ENOENT/)
  })
})

describe('what it prints', () => {
  it('is kept within bounds, in a file of its user alone', t => {
    const { home } = temporaryHome(t)
    const log = new AfterSyncLog(home, 'make')
    for (let i = 0; i < 20; i++) log.write(Buffer.alloc(100_000, 'x'))
    log.note('ended with 0')
    const text = readFileSync(home.afterSyncLog, 'utf8')
    assert.match(text, /^== \S+ make\nx+\n== the rest is left out\n== \S+ ended with 0\n$/)
    assert.ok(text.length < 1_100_000)
    assert.equal(statSync(home.afterSyncLog).mode & 0o777, 0o600)
    writeFileSync(home.afterSyncLog, Buffer.alloc(5_000_000))
    new AfterSyncLog(home, 'make').note('again')
    assert.match(readFileSync(home.afterSyncLog, 'utf8'), /^== \S+ make\n== \S+ again\n$/)
  })
})

describe('trust in commands', () => {
  it('is for those that were named last, and for none when the record is damaged', t => {
    const { home } = temporaryHome(t)
    assert.equal(trustedCommands(home).size, 0)
    trustCommands(home, ['a', 'b', 'a'])
    assert.deepEqual([...trustedCommands(home)], ['a', 'b'])
    trustCommands(home, ['b'])
    assert.deepEqual([...trustedCommands(home)], ['b'])
    for (const text of ['["b"', '{"b": true}', '[1]', '']) {
      writeFileSync(`${home.state}/trusted-commands.json`, text)
      assert.equal(trustedCommands(home).size, 0, text)
    }
  })
})
