import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Ran, RunOptions } from './checkout.ts'
import { Checkout } from './checkout.ts'

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** What a stand-in for npm does when it is told `ci`; `$log` is where it may note what it was told. */
const installs = `ln -s '${modules}' node_modules`

/** A checkout without packages, whose demo only says that it has begun, and a PATH with a stand-in for npm. */
class Bare extends Checkout {
  readonly #path: string
  readonly log: string

  constructor(t: TestContext, ci: string, version = '10.8.2') {
    super(t, false)
    this.#path = join(this.base, 'path')
    this.log = join(this.base, 'log')
    mkdirSync(this.#path)
    for (const tool of [
      'cat',
      'date',
      'dirname',
      'env',
      'grep',
      'head',
      'ln',
      'mktemp',
      'rm',
      'sed',
      'sh',
      'sleep',
      'tr',
    ]) {
      symlinkSync(toolPath(tool), join(this.#path, tool))
    }
    this.put('node', `exec '${process.execPath}' "$@"`)
    const answers = `case $1 in --version) echo ${version} ;; config) echo 'the registry' ;; *) ${ci} ;; esac`
    this.put('npm', `log='${this.log}'\n${answers}`)
    writeFileSync(join(this.kit, 'scripts/demo.ts'), 'console.log("The demo begins", ...process.argv.slice(2))\n')
  }

  put(name: string, text: string): void {
    writeFileSync(join(this.#path, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(this.#path, name), 0o755)
  }

  remove(name: string): void {
    rmSync(join(this.#path, name))
  }

  override install(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return super.install(words, { ...options, env: { PATH: this.#path, ...options.env } })
  }
}

function toolPath(tool: string): string {
  return spawnSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim()
}

describe('install.sh', () => {
  it('runs npm ci with a home and a cache of its own and the settings of the user, once', async t => {
    const bare = new Bare(t, `echo "$HOME $TMPDIR $*" >"$log"; touch "$HOME/trace"; ${installs}`)
    bare.put('touch', ': >"$1"')
    const before = bare.outside()
    const first = await bare.install(['--demo', '--keep'])
    assert.deepEqual([first.code, first.err], [0, ''])
    assert.match(first.out, /^Setting up: npm ci .* \.\.\. done in \d+ s\nThe demo begins --keep\n$/)
    const told = readFileSync(bare.log, 'utf8')
    const own = /^(\S*\/dsync-setup\.\w+) \1 ci /.exec(told)?.[1] ?? ''
    assert.equal(own.startsWith(`${bare.temporary}/`), true, told)
    assert.ok(told.includes(`--cache ${own}/cache --logs-dir ${own}/logs`), told)
    assert.ok(told.includes(`--userconfig ${bare.home}/.npmrc `), told)
    rmSync(bare.log)
    bare.assertAsBefore(before)
    const second = await bare.install(['--demo'])
    assert.deepEqual(second, { code: 0, out: 'The demo begins\n', err: '' })
    assert.equal(existsSync(bare.log), false)
  })

  it('takes the settings that npm was told to take', async t => {
    const bare = new Bare(t, `echo "$*" >"$log"; ${installs}`)
    await bare.install(['--demo'], { env: { NPM_CONFIG_USERCONFIG: '/their/own' } })
    assert.match(readFileSync(bare.log, 'utf8'), / --userconfig \/their\/own /)
  })

  const packages = [
    ['has another version of a package', (text: string) => text.replace(/(?<=\/zx": \{\s*"version": ")[^"]*/, '0.0.1')],
    ['was not finished', () => undefined],
  ] as const
  for (const [says, change] of packages) {
    it(`sets up again when node_modules ${says}`, async t => {
      const bare = new Bare(t, `rm -rf node_modules; ${installs}`)
      mkdirSync(join(bare.kit, 'node_modules'))
      cpSync(join(modules, '.bin'), join(bare.kit, 'node_modules/.bin'), { recursive: true })
      const record = change(readFileSync(join(modules, '.package-lock.json'), 'utf8'))
      if (record !== undefined) writeFileSync(join(bare.kit, 'node_modules/.package-lock.json'), record)
      const { code, out } = await bare.install(['--demo'])
      assert.equal(code, 0)
      assert.match(out, /^Setting up: .*\nThe demo begins\n$/)
    })
  }

  const failures: readonly (readonly [says: string, ci: string, expected: RegExp])[] = [
    [
      'there is no network',
      'echo "npm error code ENOTFOUND" >&2; exit 1',
      /^Cannot set up: npm does not reach the registry: is there a network\? .* run this again$/,
    ],
    ['the disk is full', 'echo "npm error nospc ENOSPC" >&2; exit 1', /^Cannot set up: the disk is full\. Make room/],
    [
      'the checkout may not be written',
      'echo "npm error EACCES" >&2; exit 1',
      /^Cannot set up: node_modules cannot be/,
    ],
    [
      'npm fails in another way',
      'printf "npm error code EINTEGRITY\\nnpm error it is not what it was\\n" >&2; exit 1',
      /^Cannot set up: npm ci failed \(code EINTEGRITY it is not what it was\)\. Run: npm ci$/,
    ],
  ]
  for (const [says, ci, expected] of failures) {
    it(`says in one line that ${says}, and leaves no trace`, async t => {
      const bare = new Bare(t, ci)
      const before = bare.outside()
      const { code, err } = await bare.install(['--demo'])
      assert.equal(code, 1)
      assert.match(err.replace(/^install\.sh: /, '').trimEnd(), expected)
      bare.assertAsBefore(before)
    })
  }

  it('says in one line that npm is too old or missing', async t => {
    const bare = new Bare(t, 'exit 1', '9.9.4')
    const old = await bare.install(['--demo'])
    assert.match(old.err, /^install\.sh: Cannot set up: npm 9\.9\.4 is too old\. Install Node 20\.9 .*\n$/)
    bare.remove('npm')
    const none = await bare.install(['--demo'])
    assert.match(none.err, /^install\.sh: Cannot set up: node or npm is missing\. Install Node 20\.9 .*\n$/)
    assert.deepEqual([old.code, none.code], [1, 1])
  })

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    it(`is interrupted without a trace by ${signal} while npm works`, async t => {
      const bare = new Bare(t, 'echo runs >"$log"; exec sleep 100')
      const before = bare.outside()
      const ran = await bare.install(['--demo'], { when: { says: 'once', act: child => child.kill(signal) } })
      assert.equal(ran.code, code)
      assert.match(ran.out, /interrupted\n$/)
      rmSync(bare.log, { force: true })
      bare.assertAsBefore(before)
    })
  }
})
