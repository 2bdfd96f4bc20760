import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { DaemonStatus } from '../../lib/daemon/verbs.ts'
import { Pair } from './pair.ts'
import { until } from './until.ts'

async function statusOf(pair: Pair): Promise<{ config: DaemonStatus['config']; roots: readonly string[] }> {
  const { json } = await pair.ok('status', '--json')
  const { config, status } = json as { config: DaemonStatus['config']; status: DaemonStatus['sessions'] }
  return { config, roots: status.map(({ root }) => root) }
}

describe('settings that a person saves while the daemon runs', { timeout: 120_000 }, () => {
  it('count from then on; a broken file changes nothing and is shown', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    await pair.start()
    const [config, paths] = ['config.json', 'paths.txt'].map(name => join(pair.userHome, '.dsync', name)) as [
      string,
      string,
    ]
    const good = { config: readFileSync(config, 'utf8'), paths: readFileSync(paths, 'utf8') }

    writeFileSync(config, `{\n  "hots": {},\n  "name": 1\n}\n`)
    await until('both mistakes are shown', async () => (await statusOf(pair)).config.length === 2)
    const shown = await statusOf(pair)
    assert.deepEqual(
      shown.config.map(({ file, line, column }) => [file, line, column]),
      [
        [config, 2, 3],
        [config, 3, 11],
      ],
    )
    assert.deepEqual(shown.roots, [pair.alpha])
    assert.match((await pair.ok('status')).stdout, /settings {2}"hots" means nothing here.*→ dsync config edit/)
    writeFileSync(join(pair.alpha, 'a'), 'still in sync')
    await pair.ok('sync')
    assert.equal(existsSync(join(pair.beta, 'a')), true)

    writeFileSync(config, '')
    await until('an empty file is shown', async () =>
      /gone or empty/.test((await statusOf(pair)).config[0]?.message ?? ''),
    )
    assert.deepEqual((await statusOf(pair)).roots, [pair.alpha])

    // As editors save: a new file in the place of the old one.
    writeFileSync(`${config}~`, `// mended\n${good.config}`)
    renameSync(`${config}~`, config)
    await until('nothing is wrong any more', async () => (await statusOf(pair)).config.length === 0)

    writeFileSync(paths, good.paths.replace('~/project', '# ~/project'))
    await until('the root is off', async () => (await statusOf(pair)).roots.length === 0)
    writeFileSync(paths, good.paths)
    await until('the root is on', async () => (await statusOf(pair)).roots.length === 1)
    writeFileSync(join(pair.beta, 'b'), 'in sync again')
    await pair.ok('sync')
    assert.equal(existsSync(join(pair.alpha, 'b')), true)
  })
})
