import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { LockRecord, LockState } from '../../lib/daemon/lock.ts'
import { judgeLock, lastSocket, lockHolder, takeLock } from '../../lib/daemon/lock.ts'
import type { ProcessState } from '../../lib/daemon/process-identity.ts'
import { processState, thisProcess } from '../../lib/daemon/process-identity.ts'

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'dsync-lock-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

describe('judging a lock', () => {
  const here = { boot: 'b1', host: 'h1' }
  const record: LockRecord = { pid: 7, start: '100', boot: 'b1', host: 'h1' }
  const gone: ProcessState = { alive: false }
  const rows: readonly (readonly [string, LockRecord | undefined, ProcessState, LockState])[] = [
    ['no lock', undefined, gone, 'free'],
    ['its process runs', record, { alive: true, start: '100' }, 'live'],
    ['its process has ended', record, gone, 'free'],
    ['its number belongs to a later process', record, { alive: true, start: '999' }, 'free'],
    ['a start that cannot be known counts as the same', record, { alive: true }, 'live'],
    ['written without a start', { pid: 7, boot: 'b1', host: 'h1' }, { alive: true, start: '999' }, 'live'],
    ['the system was started anew since', { ...record, boot: 'b0' }, { alive: true, start: '100' }, 'free'],
    ['given back by a process that still runs', { ...record, released: true }, { alive: true, start: '100' }, 'free'],
    ['of another host', { ...record, boot: 'b9', host: 'h9' }, gone, 'foreign'],
    ['the host got another name, its process runs', { ...record, host: 'h9' }, { alive: true, start: '100' }, 'live'],
    ['the same kernel under another name, process unknown', { ...record, host: 'h9' }, gone, 'foreign'],
  ]
  for (const [says, lock, state, judged] of rows) {
    it(says, () =>
      assert.equal(
        judgeLock(lock, here, () => state),
        judged,
      ),
    )
  }
})

describe('taking a lock', () => {
  const me = thisProcess('h1')

  it('refuses a second holder, and tells who the first is', t => {
    const directory = folder(t)
    assert.equal(takeLock(directory, 'daemon', { ...me, socket: '/s' }).taken, true)
    const second = takeLock(directory, 'daemon', me)
    assert.ok(!second.taken)
    assert.deepEqual([second.state, second.holder.pid], ['live', process.pid])
    assert.equal(lockHolder(directory, 'daemon', me)?.state, 'live')
    assert.equal(lastSocket(directory, 'daemon'), '/s')
  })

  it('passes on what was given back, and leaves one file', t => {
    const directory = folder(t)
    for (let i = 0; i < 3; i++) {
      const lock = takeLock(directory, 'daemon', me)
      assert.ok(lock.taken)
      lock.release()
    }
    assert.equal(lockHolder(directory, 'daemon', me), undefined)
    assert.deepEqual(readdirSync(directory), ['daemon.lock-3'])
  })

  it('takes over from a process that was killed', async t => {
    const directory = folder(t)
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    await once(child, 'spawn')
    const state = processState(child.pid ?? 0)
    assert.ok(state.alive)
    const dead = { ...me, pid: child.pid ?? 0, ...(state.start === undefined ? {} : { start: state.start }) }
    const exited = once(child, 'exit')
    assert.ok(takeLock(directory, 'daemon', dead).taken)
    assert.equal(takeLock(directory, 'daemon', me).taken, false)
    child.kill('SIGKILL')
    await exited
    assert.ok(takeLock(directory, 'daemon', me).taken)
  })

  it('takes over what a power cut left torn', t => {
    const directory = folder(t)
    writeFileSync(join(directory, 'daemon.lock-4'), '{"pid": 1')
    assert.ok(takeLock(directory, 'daemon', me).taken)
    assert.deepEqual(readdirSync(directory), ['daemon.lock-5'])
  })

  it('lets one in of many processes that find it stale', async t => {
    const directory = folder(t)
    writeFileSync(join(directory, 'daemon.lock-1'), JSON.stringify({ ...me, released: true }))
    const script = `
      import { takeLock } from ${JSON.stringify(new URL('../../lib/daemon/lock.ts', import.meta.url).href)}
      import { thisProcess } from ${JSON.stringify(new URL('../../lib/daemon/process-identity.ts', import.meta.url).href)}
      process.stdin.once('data', () => {
        process.stdout.write(takeLock(process.argv[1], 'daemon', thisProcess('h1')).taken ? 'yes' : 'no')
        process.stdin.once('data', () => process.exit())
      })
      process.stdout.write('.')
    `
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script, directory], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    t.after(() => children.forEach(child => child.kill()))
    await Promise.all(children.map(child => once(child.stdout, 'data')))
    const answers = children.map(child => once(child.stdout, 'data'))
    for (const child of children) child.stdin.write('go')
    const said = (await Promise.all(answers)).map(([bytes]) => String(bytes))
    assert.deepEqual(said.filter(word => word === 'yes').length, 1, said.join())
    const exits = children.map(child => once(child, 'exit'))
    for (const child of children) child.stdin.write('end')
    await Promise.all(exits)
  })
})

describe('a process', () => {
  it('is known by its number and start', () => {
    const state = processState(process.pid)
    assert.ok(state.alive)
    assert.equal(state.start, thisProcess('h').start)
  })
  it('that ended is not alive', async () => {
    const child = spawn(process.execPath, ['-e', '0'])
    await once(child, 'exit')
    assert.deepEqual(processState(child.pid ?? 0), { alive: false })
  })
})
