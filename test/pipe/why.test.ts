import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { Pair } from './pair.ts'

it('dsync why says in what state a path is: in sync, ignored, in conflict, kept, or in no root', async t => {
  const pair = await Pair.make()
  t.after(() => pair.close())
  mkdirSync(join(pair.alpha, 'node_modules'))
  mkdirSync(join(pair.alpha, 'logs'))
  writeFileSync(join(pair.alpha, 'logs/.dsyncignore'), '# kept here\n*.log\n')
  for (const name of ['calm.txt', 'torn.txt', 'node_modules/x', 'logs/a.log'])
    writeFileSync(join(pair.alpha, name), 'base\n')
  await pair.start()
  assert.equal((await pair.sync()).code, 0)
  await pair.stop()
  writeFileSync(join(pair.alpha, 'torn.txt'), 'mine\n')
  writeFileSync(join(pair.beta, 'torn.txt'), 'theirs!\n')
  await pair.start()
  assert.equal((await pair.sync()).code, 3)
  const rows: readonly (readonly [string, RegExp])[] = [
    [
      'project/calm.txt',
      /It is in sync: .* and twin hold the same \(5 B .*\n {2}The last thing that happened: added on twin /,
    ],
    [
      'project/torn.txt',
      /It was changed on both hosts .* has 5 B .* twin has 8 B .*\n(?:.*\n)* {2}→ dsync diff ~\/project\/torn\.txt\n/,
    ],
    ['project', /1 conflict near it: ~\/project\/torn\.txt\./],
    [
      'project/node_modules/x',
      /It lies in node_modules, which is ignored by the rule node_modules, a default: each host keeps what it has there\./,
    ],
    ['project/logs/a.log', /It is ignored by the rule \*\.log \(logs\/\.dsyncignore, line 2\): each host keeps/],
    ['project/never', /Nothing stands there on either host\./],
    ['elsewhere', /^It lies in no root, so it is not synced\. Roots: ~\/project\.\n {2}→ dsync roots add DIR\n$/],
  ]
  for (const [path, says] of rows) assert.match((await pair.ok('why', path)).stdout, says)
})
