import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { Pair } from './pair.ts'
import { until } from './until.ts'

/** Ten files on both sides, in sync. */
async function filled(t: TestContext): Promise<Pair> {
  const pair = await Pair.make()
  t.after(() => pair.close())
  for (let i = 0; i < 10; i++) writeFileSync(join(pair.alpha, `f${i}`), `${i}\n`)
  await pair.start()
  assert.equal((await pair.sync()).code, 0)
  return pair
}

interface Answer {
  readonly sync: readonly { readonly state: string; readonly code?: string; readonly why?: string }[]
}

/** What `dsync sync` says, which must not wait for its time to be over. */
async function saidAtOnce(pair: Pair): Promise<{ readonly code: number | null; readonly text: string }> {
  const begun = performance.now()
  const { code, stdout } = await pair.dsync('sync', '--timeout', '60')
  assert.ok(performance.now() - begun < 20_000, stdout)
  return { code, text: stdout }
}

describe('dsync sync, when nothing can be synced', () => {
  for (const how of ['moved away', 'removed'] as const) {
    for (const gone of [['alpha'], ['beta'], ['alpha', 'beta']] as const) {
      it(`says that the root is gone: ${how} on ${gone.join(' and ')}`, async t => {
        const pair = await filled(t)
        for (const side of gone) {
          if (how === 'removed') rmSync(pair[side], { recursive: true })
          else renameSync(pair[side], `${pair[side]}-away`)
        }
        const { code, text } = await saidAtOnce(pair)
        assert.equal(code, 4, text)
        assert.match(text, /→ put it back, or dsync roots remove/)
        for (const side of gone) assert.match(text, new RegExp(`${pair[side]} is gone`))
        const left = (['alpha', 'beta'] as const).filter(side => !(gone as readonly string[]).includes(side))
        for (const side of left) assert.equal(readdirSync(pair[side]).length, 10, 'nothing is deleted for it')
      })
    }
  }

  it('says so of an empty root too, of which no event tells', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    await pair.start()
    assert.equal((await pair.sync()).code, 0)
    rmSync(pair.alpha, { recursive: true })
    assert.equal((await saidAtOnce(pair)).code, 4)
  })

  it('says so when both were gone before the daemon started', async t => {
    const pair = await filled(t)
    await pair.stop()
    for (const side of ['alpha', 'beta'] as const) renameSync(pair[side], `${pair[side]}-away`)
    await pair.start()
    const { code, text } = await saidAtOnce(pair)
    assert.equal(code, 4, text)
    assert.match(text, /→ put it back, or dsync roots remove .*\n +Cannot open the root .*not there any more/)
    assert.doesNotMatch(text, /approve/)
    for (const side of ['alpha', 'beta'] as const) renameSync(`${pair[side]}-away`, pair[side])
    await until('it goes on', async () => (await pair.sync('--timeout', '5')).code === 0)
  })

  it('says what is wrong with a store that cannot be opened', async t => {
    const pair = await filled(t)
    await pair.stop()
    const state = join(pair.userHome, '.dsync/state')
    rmSync(state, { recursive: true })
    mkdirSync(state, { mode: 0o700 })
    // Where the database belongs stands a directory, which no power over files opens as one.
    const before = readdirSync(state)
    await pair.start()
    await until('its files are there', () => readdirSync(state).length > before.length)
    await pair.stop()
    const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    for (const { parentPath, name } of files) {
      // What lies in the folder itself is no store of a session.
      if (parentPath === state) continue
      rmSync(join(parentPath, name))
      mkdirSync(join(parentPath, name, 'in the way'), { recursive: true })
    }
    await pair.start()
    const { code, json } = await pair.sync('--timeout', '30')
    const [root] = (json as Answer).sync
    assert.deepEqual([code, root?.state], [4, 'halted'], JSON.stringify(json))
    assert.notEqual(root?.why ?? '', '')
  })
})

describe('an agent that fails', () => {
  it('is one line of dsync status, and its whole trace in the log', async t => {
    const pair = await filled(t)
    const served = join(pair.twinHome, '.dsync/roots.json')
    const roots = readFileSync(served)
    rmSync(served)
    mkdirSync(served)
    await pair.killAgent()
    const said = async () => (await pair.dsync('status')).stdout
    await until('status says it', async () => /halted|disconnected/.test(await said()))
    const lines = (await said()).split('\n').filter(line => /^ {2}(halted|disconnected)/.test(line))
    assert.equal(lines.length, 1)
    assert.ok((lines[0] ?? '').length < 600 && !(lines[0] ?? '').includes('\\n'), lines[0])
    assert.ok(pair.audit().some(({ event }) => event === 'lost'))
    rmSync(served, { recursive: true })
    writeFileSync(served, roots, { mode: 0o600 })
  })
})
