import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Config } from '../../lib/daemon/config.ts'
import { Pair } from './pair.ts'
import { until } from './until.ts'

describe('afterSync', { timeout: 150_000 }, () => {
  it('runs what is trusted where changes have arrived, and asks again about what was changed', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    const [file, log] = ['config.json', 'after-sync.log'].map(name => join(pair.userHome, '.dsync', name)) as [
      string,
      string,
    ]
    const wants = (...afterSync: readonly object[]): void => {
      const config = JSON.parse(readFileSync(file, 'utf8')) as Config
      const roots = { '~/project': { ...config.roots['~/project'], afterSync } }
      writeFileSync(file, JSON.stringify({ ...config, roots }))
    }
    const runs = (): number => pair.audit().filter(({ event }) => event === 'after-sync').length
    const there = { command: ['sh', '-c', 'echo "$HOME: $(cat in)"; cat in >> ../seen'], on: 'twin' }

    wants(there)
    await pair.start()
    const status = await pair.ok('status')
    assert.match(status.stdout, /after-sync command waits for your trust: sh -c .*twin.*→ dsync config trust/)
    assert.equal((await pair.dsync('config', 'trust')).code, 2, 'nobody is there to say yes')
    assert.match((await pair.ok('config', 'trust', '--yes')).stdout, /^trusted {2}~\/project on twin: sh -c "echo/)
    assert.doesNotMatch((await pair.ok('status')).stdout, /trust/)

    writeFileSync(join(pair.alpha, 'in'), 'two ')
    await until('it ran', () => runs() === 1)
    assert.equal(readFileSync(join(pair.twinHome, 'seen'), 'utf8'), 'two ')
    assert.match(
      readFileSync(log, 'utf8'),
      new RegExp(`^== .*on twin\\)\n${pair.twinHome}: two \n== .* ended with 0\n$`),
    )
    writeFileSync(join(pair.beta, 'other'), 'changes that arrive elsewhere are none of its business')
    await pair.ok('sync')

    const changed = { ...there, command: ['touch', '../changed'] }
    wants(changed, there)
    await until('the new one waits', async () => /trust: touch/.test((await pair.ok('status')).stdout))
    writeFileSync(join(pair.alpha, 'in'), 'three ')
    await until('the one that is trusted ran', () => runs() === 2)
    assert.equal(existsSync(join(pair.twinHome, 'changed')), false)

    wants({ command: ['sh', '-c', 'echo begun; sleep 60'], timeoutSeconds: 1 })
    assert.match((await pair.ok('config', 'trust', '--yes')).stdout, /~\/project on .*sleep 60/)
    await until('its settings are read', async () => !/trust: touch/.test((await pair.ok('status')).stdout))
    writeFileSync(join(pair.beta, 'in'), 'four ')
    await until('it was ended', () => runs() === 3)
    assert.match(readFileSync(log, 'utf8'), /begun\n== .* was ended after 1 s\n$/)
  })
})
