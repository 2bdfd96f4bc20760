import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { Pair } from './pair.ts'
import { until } from './until.ts'

it('an ignore file is heard on both sides as it changes, and nothing is deleted for it', async t => {
  const pair = await Pair.make()
  t.after(() => pair.close())
  const [here, there] = [pair.alpha, pair.beta]
  mkdirSync(join(here, 'app/log'), { recursive: true })
  writeFileSync(join(here, 'app/log/a'), 'one\n')
  writeFileSync(join(here, 'app/main'), 'main\n')
  await pair.start()
  assert.equal((await pair.sync()).code, 0)

  writeFileSync(join(here, 'app/.dsyncignore'), 'log/\n*.tmp\n')
  assert.equal((await pair.sync()).code, 0)
  writeFileSync(join(here, 'app/log/a'), 'two\n')
  rmSync(join(there, 'app/log/a'))
  writeFileSync(join(there, 'app/log/b'), 'b\n')
  writeFileSync(join(there, 'app/x.tmp'), 'x\n')
  assert.equal((await pair.sync()).code, 0)
  assert.deepEqual(readdirSync(join(here, 'app')).toSorted(), ['.dsyncignore', 'log', 'main'])
  assert.deepEqual(readdirSync(join(there, 'app/log')), ['b'])
  assert.equal(readFileSync(join(here, 'app/log/a'), 'utf8'), 'two\n')

  rmSync(join(there, 'app/.dsyncignore'))
  await until('what was ignored is on both sides', () =>
    [here, there].every(root => existsSync(join(root, 'app/log/b')) && existsSync(join(root, 'app/x.tmp'))),
  )
  assert.equal((await pair.sync()).code, 0)
  assert.equal(readFileSync(join(there, 'app/log/a'), 'utf8'), 'two\n')
  assert.deepEqual(
    pair.operations().filter(({ event, path }) => event === 'remove' && path !== 'app/.dsyncignore'),
    [],
  )
})

it('the settings are heard as they change, and what they did is said', async t => {
  const pair = await Pair.make()
  t.after(() => pair.close())
  for (const root of [pair.alpha, pair.beta]) mkdirSync(root, { recursive: true })
  writeFileSync(join(pair.alpha, 'cert.pem'), 'pem\n')
  writeFileSync(join(pair.alpha, 'big.iso'), 'iso\n')
  await pair.start()
  assert.equal((await pair.sync()).code, 0)
  assert.deepEqual(readdirSync(pair.beta), ['big.iso'])

  const set = ['config', 'set', 'roots.~/project.ignore', '["*.iso", "!*.pem"]'] as const
  assert.match(
    (await pair.ok(...set, '--dry-run')).stdout,
    /\n~\/project: ignored from now on, .*: "big\.iso"; ignored no longer, and synced: "cert\.pem"\.\n$/,
  )
  assert.deepEqual(readdirSync(pair.beta), ['big.iso'])
  await pair.ok(...set)
  await until('what the settings take back travels', () => existsSync(join(pair.beta, 'cert.pem')))
  rmSync(join(pair.beta, 'big.iso'))
  assert.equal((await pair.sync()).code, 0)
  assert.equal(readFileSync(join(pair.alpha, 'big.iso'), 'utf8'), 'iso\n')
  assert.match(
    (await pair.ok('status')).stdout,
    /ignore rules {2}~\/project: ignored from now on, .* it is: "big\.iso"; ignored no longer, and synced: "cert\.pem"/,
  )
  assert.match(
    (await pair.ok('why', 'project/big.iso')).stdout,
    /ignored by the rule \*\.iso in "ignore" of config\.json/,
  )

  const config = join(pair.userHome, '.dsync/config.json')
  writeFileSync(config, readFileSync(config, 'utf8').replace(/"\*\.iso",\s*/, ''))
  await until('what is ignored no more is on both sides', () => existsSync(join(pair.beta, 'big.iso')))
  assert.equal((await pair.sync()).code, 0)
  assert.deepEqual(
    (await pair.settledOperations()).filter(({ event }) => event === 'remove'),
    [],
  )
})
