import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cycles, layering } from './layers.ts'
import type { Rule } from './rules.ts'
import {
  asserts,
  machineWords,
  noShell,
  noSurroundings,
  plainName,
  plainTypeScript,
  sleeps,
  usesFiles,
  wholeTests,
} from './rules.ts'
import type { Source } from './source.ts'
import { source } from './source.ts'

interface Row {
  readonly rule: Rule
  readonly path?: string
  readonly bad?: readonly string[]
  readonly good?: readonly string[]
}

/** Some path that a rule's bad sample stands at, unless the row says another. */
const somewhere = 'lib/sync/sample.ts'

const found =
  (holds: (file: Source) => boolean): Rule =>
  file =>
    holds(file) ? ['it does'] : []

const rows: readonly Row[] = [
  {
    rule: layering,
    bad: [
      `import { start } from '../daemon/daemon.ts'`,
      `import type { Args } from '../cli/args.ts'`,
      `export { step } from '../../scripts/agent.ts'`,
      `const late = await import('../daemon/daemon.ts')`,
      `export type Daemon = import('../daemon/daemon.ts').Daemon`,
      `import { world } from '../../test/sim/world.ts'`,
    ],
    good: [`import { join } from '../core/path.ts'`, `import { watch } from 'node:fs'`, `import { a } from './a.ts'`],
  },
  {
    rule: layering,
    path: 'lib/core/sample.ts',
    bad: [
      `import { createHash } from 'node:crypto'`,
      `import ignore from 'ignore'`,
      `import type { Log } from '../ports/log.ts'`,
    ],
    good: [
      `import { join } from './path.ts'`,
      `import { join } from './session/path.ts'`,
      `// import fs from 'node:fs'`,
    ],
  },
  { rule: layering, path: 'lib/git/sample.ts', bad: [`import { a } from '../env/a.ts'`] },
  { rule: layering, path: 'lib/stuff/sample.ts', bad: [''] },
  {
    rule: noShell,
    bad: [
      `import { $ } from 'zx'`,
      `import { exec } from 'node:child_process'`,
      `import { execSync } from 'child_process'`,
      `import * as child from 'node:child_process'`,
      `spawn('ls', [], { shell: true })`,
      `spawn('ls', [], { shell: '/bin/sh' })`,
    ],
    good: [`import { execFile, spawn } from 'node:child_process'`, `const text = 'shell: true'`, `a.shell = login`],
  },
  { rule: noShell, path: 'scripts/sample.ts', good: [`import { $ } from 'zx'`] },
  {
    rule: noSurroundings,
    bad: [
      `const home = process.env['HOME']`,
      `process.exit(1)`,
      `process.exitCode = 1`,
      `process.stdout.write('x')`,
      `console.log('x')`,
      'const text = `${console.log(1)}`',
      `import { homedir } from 'node:os'`,
      `import { env } from 'node:process'`,
    ],
    good: [`process.pid`, `// console.log('x')`, `/** process.exit() */`, `const text = "console.log('x')"`],
  },
  {
    rule: plainTypeScript,
    bad: [
      `export default 1`,
      `export { a as default }`,
      `const a: any = 1`,
      `const a = b as any`,
      `const a: Map<string, any[]> = b`,
      `export enum Side { Alpha }`,
      `export const enum Side { Alpha }`,
      `namespace Inner { }`,
      `// @ts-${'ignore'}`,
      `// ${'TO'}DO: think`,
      `import { a } from './a.js'`,
      `import { a } from './a'`,
    ],
    good: [
      `AbortSignal.any([a, b])`,
      `const row = { any: 1 }`,
      `// any file`,
      `import { a } from './a.ts'`,
      `enumerate(a)`,
    ],
  },
  { rule: plainName, path: 'lib/sync/stringUtils.ts', bad: [''] },
  { rule: plainName, path: 'lib/utils/text.ts', bad: [''] },
  { rule: plainName, path: 'lib/sync/path-helper.ts', bad: [''] },
  { rule: plainName, path: 'lib/sync/session-manager.ts', bad: [''] },
  { rule: plainName, path: 'lib/sync/session-loop.ts', good: [''] },
  { rule: plainName, path: 'test/core/path.test.ts', good: [''] },
  { rule: plainName, path: 'test/daemon/process.slow.test.ts', good: [''] },
  { rule: plainName, path: 'scripts/sync-manager.ts', good: [''] },
  {
    rule: found(usesFiles),
    bad: [`import { openSync } from 'node:fs'`, `import { open } from 'node:fs/promises'`],
    good: [`import { join } from 'node:path'`, `import type { Stats } from 'node:fs'`],
  },
  {
    rule: wholeTests,
    path: 'test/core/sample.test.ts',
    bad: [
      `it.only('x', () => {})`,
      `describe.skip('x', () => {})`,
      `it('x', { skip: true })`,
      `it('x', { only: true })`,
      `t.skip()`,
    ],
    good: [`t.skip('needs two hosts')`, `it('x', { skip: 'needs two hosts' })`],
  },
  {
    rule: found(file => !asserts(file, new Map())),
    path: 'test/core/sample.test.ts',
    bad: [`it('works', () => {})`, `// assert.ok(1)`],
    good: [`assert.equal(1, 1)`, `assert(true)`, `fc.assert(property)`, `t.assert.ok(1)`],
  },
  {
    rule: found(sleeps),
    path: 'test/core/sample.test.ts',
    bad: [
      `await new Promise(resolve => setTimeout(resolve, 100))`,
      `await new Promise<void>((resolve) => { setTimeout(resolve, 100) })`,
      `import { setTimeout } from 'node:timers/promises'`,
      `await sleep(100)`,
    ],
    good: [`const timer = setTimeout(() => reject(late), 1000)`, `import { setImmediate } from 'node:timers/promises'`],
  },
  {
    rule: ({ path, text }) => machineWords(path, text),
    bad: [['https://registry', 'example', 'com'].join('.'), `open('/work/${'main'}/a.ts')`, `cwd: ${'/ro'}ot/.config`],
    good: ['join(home, "/work/", id)', 'test/root/a', 'the registry of projects'],
  },
]

describe('each rule finds what it is for', () => {
  for (const { rule, path = somewhere, bad = [], good = [] } of rows) {
    for (const text of bad) {
      it(`${path} is wrong: ${text}`, () => assert.notDeepEqual(rule(source(path, text)), []))
    }
    for (const text of good) {
      it(`${path} is right: ${text}`, () => assert.deepEqual(rule(source(path, text)), []))
    }
  }

  it('finds circles, of types and through others', () => {
    const circle = [
      source('lib/core/a.ts', `import type { B } from './b.ts'`),
      source('lib/core/b.ts', `import { c } from './c.ts'`),
      source('lib/core/c.ts', `export * from './a.ts'`),
      source('lib/core/d.ts', `import { a } from './a.ts'`),
    ]
    assert.deepEqual(cycles(circle), ['lib/core/a.ts → lib/core/b.ts → lib/core/c.ts → lib/core/a.ts'])
    assert.deepEqual(cycles(circle.slice(1)), [])
  })

  it('takes the assertions of a suite that a test calls', () => {
    const test = source('test/contract/a.test.ts', `import { suite } from './suite.ts'`)
    const suite = source('test/contract/suite.ts', `assert.ok(1)`)
    assert.equal(asserts(test, new Map([[suite.path, suite]])), true)
  })
})

describe('source', () => {
  const bare: readonly (readonly [string, string])[] = [
    [`a // b\nc`, `a     \nc`],
    [`a /* b\n */ c`, `a     \n    c`],
    [`'it\\'s' + "a"`, `'     ' + " "`],
    ['`a ${ `b ${c}` + "d" } e` + f', '`  ${ `  ${c}` + " " }  ` + f'],
    ['`${{ a: { b } }}` + c', '`${{ a: { b } }}` + c'],
    [`a.replace(/['"\\/]/g, b)`, `a.replace(/       /, b)`],
    [`a / b / c`, `a / b / c`],
    [`x = y // 'z'`, `x = y       `],
  ]
  for (const [text, wanted] of bare) {
    it(`blanks ${JSON.stringify(text)}`, () => {
      const { bare } = source('lib/core/sample.ts', text)
      assert.equal(bare.length, text.length)
      assert.equal(bare, wanted)
    })
  }

  it('finds imports of every form, over several lines', () => {
    const text = `import {\n  a,\n} from './a.ts'\nimport './b.ts'\nexport * from '../c/c.ts'\nconst d = await import('d')\nconst e = require("e")`
    assert.deepEqual(
      source('lib/core/sample.ts', text).imports.map(({ specifier, target }) => [specifier, target]),
      [
        ['./a.ts', 'lib/core/a.ts'],
        ['./b.ts', 'lib/core/b.ts'],
        ['../c/c.ts', 'lib/c/c.ts'],
        ['d', undefined],
        ['e', undefined],
      ],
    )
  })
})
