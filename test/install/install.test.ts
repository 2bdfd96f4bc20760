import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { installCommand } from '../../lib/cli/table/install-command.ts'
import type { Ran, RunOptions } from './checkout.ts'
import { Checkout } from './checkout.ts'

/** Somebody with a home of their own beside a checkout, who has made their shell and their ssh theirs. */
class Person {
  readonly home: string
  readonly #checkout: Checkout

  constructor(checkout: Checkout, name: string) {
    this.#checkout = checkout
    this.home = join(checkout.base, name)
    mkdirSync(join(this.home, '.ssh'), { recursive: true, mode: 0o700 })
    mkdirSync(join(this.home, 'dotfiles'))
    writeFileSync(join(this.home, 'dotfiles/bashrc'), 'PS1=mine', { mode: 0o640 })
    symlinkSync('dotfiles/bashrc', join(this.home, '.bashrc'))
    writeFileSync(join(this.home, '.bash_profile'), '. ~/.bashrc\n')
    writeFileSync(join(this.home, '.ssh/config'), 'Host elsewhere\n  User me\n', { mode: 0o600 })
  }

  install(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const env = { HOME: this.home, SHELL: '/bin/bash', ...options.env }
    return this.#checkout.install(words, { ...options, env })
  }

  run(program: string, ...words: readonly string[]): Ran {
    const env = { HOME: this.home, PATH: '/usr/local/bin:/usr/bin:/bin', TERM: 'dumb' }
    const { status, stdout, stderr } = spawnSync(program, words, { env, cwd: this.home, encoding: 'utf8' })
    return { code: status, out: stdout, err: stderr }
  }

  dsync(...words: readonly string[]): Ran {
    return this.run(join(this.home, '.dsync/bin/dsync'), ...words)
  }

  /** Everything below the home with its mode and content, a line each. */
  tree(): string[] {
    return readdirSync(this.home, { recursive: true, encoding: 'utf8' })
      .toSorted()
      .map(name => {
        const path = join(this.home, name)
        const stat = lstatSync(path)
        const digest = (): string => createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12)
        const what = stat.isSymbolicLink() ? readlinkSync(path) : stat.isFile() ? digest() : ''
        return `${name} ${stat.mode.toString(8)} ${stat.isFile() ? stat.mtimeMs : ''} ${what}`
      })
  }
}

/** A tree without the times of its files. */
function timeless(lines: readonly string[]): string[] {
  return lines.map(line => line.replace(/^(.* \d+) [\d.]* /, '$1 '))
}

const quick = ['--yes', '--no-service']

describe('install.sh', () => {
  it('installs, shows what it would do, goes on where it was killed, and takes everything back', async t => {
    const checkout = new Checkout(t)
    await t.test('a dry run prints every file with a diff, and touches none', () => dryRun(new Person(checkout, 'dry')))
    await t.test('a run, and a second that changes nothing, and the way back', () =>
      story(new Person(checkout, 'first')),
    )
    for (const shell of ['bash', 'zsh', 'fish']) {
      await t.test(
        `a new ${shell} finds dsync and dtest`,
        async u => await findsIt(u, new Person(checkout, shell), shell),
      )
    }
    for (const step of ['release', 'runtime', 'home', 'shell']) {
      await t.test(`killed after ${step}`, () => killed(new Person(checkout, `killed-${step}`), step))
    }
    await t.test('what a person changed since stays', () => changedSince(new Person(checkout, 'changed')))
    await t.test('what cannot be taken back is named until it can', () => leftBehind(new Person(checkout, 'left')))
    await t.test('what cannot be changed is named', () => readOnly(new Person(checkout, 'read-only')))
    await t.test('into another home', () => elsewhere(new Person(checkout, 'elsewhere')))
    await t.test('refuses a home that is not its own, and purges what it made', () =>
      foreign(new Person(checkout, 'foreign')),
    )
    await t.test('a newer version', () => upgrade(new Person(checkout, 'upgrade'), checkout))
  })

  const wrong: readonly (readonly [words: readonly string[], says: RegExp])[] = [
    [[], /^install\.sh: Cannot ask without a terminal\. If you mean it, run: \.\/install\.sh --yes\n$/],
    [['--root', '/x y'], /run: \.\/install\.sh --yes --root \/x y\n$/],
    [['--hots', 'a'], /^install\.sh: There is no option --hots\. Did you mean --host\? Run: \.\/install\.sh --help\n$/],
    [['--frobnicate'], /^install\.sh: There is no option --frobnicate\. Run: /],
    [['/somewhere'], /^install\.sh: There is a word too many: \/somewhere\. Run: /],
    [['--yes', '--host'], /^install\.sh: --host lacks its value\. Run: /],
    [['--keep'], /^install\.sh: --keep goes with --demo\. Run: /],
    [['--demo', '--yes'], /^install\.sh: --demo installs nothing: it does not go with --yes\. Run: /],
  ]
  for (const [words, says] of wrong) {
    it(`refuses [${words.join(' ')}]`, async t => {
      const { code, out, err } = await new Checkout(t, false).install(words)
      assert.deepEqual([code, out], [2, ''])
      assert.match(err, says)
    })
  }

  it('tells of every option in its help, and of no other', async t => {
    const { code, out } = await new Checkout(t, false).install(['--help'])
    const told = [...out.matchAll(/^ {2}--([a-z-]+)/gm)].map(match => match[1])
    assert.equal(code, 0)
    assert.deepEqual(told.toSorted(), [...Object.keys(installCommand.options), 'demo', 'help'].toSorted())
  })
})

async function dryRun(person: Person): Promise<void> {
  const before = person.tree()
  const { code, out, err } = await person.install(['--dry-run', '--no-service'])
  assert.deepEqual([code, err], [0, ''])
  assert.deepEqual(person.tree(), before)
  assert.match(out, /^Would: Install dsync \d/m)
  assert.match(out, /dotfiles\/bashrc: changed\n---.*\n\+\+\+.*\n@@ -1,1 \+1,4 @@\n/)
  assert.match(out, /^~\/\.dsync\/kit\/[^/]+\/dist\/daemon\.js: new file, mode 0600$/m)
}

async function story(person: Person): Promise<void> {
  const before = timeless(person.tree())
  const first = await person.install(quick)
  assert.deepEqual([first.code, first.err], [0, ''])
  assert.match(first.out, /^ {2}release +done +\d+\.\d+\.\d+-[0-9a-f]{12}, \d+ files/m)
  assert.equal(person.dsync('--version').out.startsWith('dsync '), true)
  assert.equal(lstatSync(join(person.home, '.dsync')).mode & 0o777, 0o700)
  assert.equal(lstatSync(join(person.home, '.dsync/state/installed.json')).mode & 0o777, 0o600)
  const between = person.tree()
  const second = await person.install(quick)
  assert.match(second.out, /^Nothing to do: dsync \S+ is installed in ~\/\.dsync, as asked\.\n$/)
  assert.deepEqual(person.tree(), between)
  const shown = await person.install(['--dry-run', '--uninstall'])
  assert.match(shown.out, /^Would: Take dsync away/)
  assert.deepEqual(person.tree(), between)
  // Its own copy in the home does it, too: a checkout may be gone by then.
  const own = join(person.home, '.dsync/kit/current/install.sh')
  const back = await person.install([], { command: [own, '--uninstall', '--yes'] })
  assert.deepEqual([back.code, back.err], [0, ''])
  assert.deepEqual(readdirSync(join(person.home, '.dsync')).toSorted(), ['paths.txt', 'state', 'work'])
  assert.equal((await person.install(['--uninstall', '--yes', '--purge'])).code, 0)
  assert.deepEqual(timeless(person.tree()), before)
  const none = await person.install(['--uninstall', '--yes'])
  assert.match(none.out, /^Nothing to do: dsync is not installed in ~\/\.dsync\.\n$/)
}

async function findsIt(t: TestContext, person: Person, shell: string): Promise<void> {
  if (spawnSync(shell, ['-c', 'exit 0']).status !== 0) {
    t.skip(`no ${shell} here`)
    return
  }
  assert.equal((await person.install(quick)).code, 0)
  const bin = join(person.home, '.dsync/bin')
  for (const kind of shell === 'bash' ? ['-ic', '-lc'] : ['-ic']) {
    const { out } = person.run(shell, kind, 'command -v dsync; command -v dtest; dsync --version')
    assert.match(out, new RegExp(`^${bin}/dsync\n${bin}/dtest\ndsync \\d`))
  }
}

async function killed(person: Person, step: string): Promise<void> {
  const before = timeless(person.tree())
  const act = (child: { kill: (signal: 'SIGKILL') => boolean }): void => void child.kill('SIGKILL')
  const first = await person.install(quick, { when: { says: `  ${step}`, act } })
  assert.equal(first.code, null)
  const again = await person.install(quick)
  assert.deepEqual([again.code, again.err], [0, ''])
  assert.equal(person.dsync('--version').code, 0)
  assert.match((await person.install(quick)).out, /^Nothing to do: /)
  assert.deepEqual(
    person.tree().filter(line => /^[^ ]*(?:dsync-part|\.new |\/new\.)/.test(line)),
    [],
  )
  // The way back, killed before its last step.
  await person.install(['--uninstall', '--yes', '--purge'], { when: { says: '  files', act } })
  assert.equal((await person.install(['--uninstall', '--yes', '--purge'])).code, 0)
  assert.deepEqual(timeless(person.tree()), before)
}

async function changedSince(person: Person): Promise<void> {
  assert.equal((await person.install(quick)).code, 0)
  const file = join(person.home, '.bash_profile')
  writeFileSync(file, `# first\n${readFileSync(file, 'utf8')}# last\n`)
  assert.equal((await person.install(['--uninstall', '--yes'])).code, 0)
  assert.equal(readFileSync(file, 'utf8'), '# first\n. ~/.bashrc\n# last\n')
}

/** What cannot be taken back is named, each time, until it can. */
async function leftBehind(person: Person): Promise<void> {
  const before = timeless(person.tree())
  assert.equal((await person.install(quick)).code, 0)
  const file = join(person.home, '.bash_profile')
  const ours = readFileSync(file, 'utf8')
  writeFileSync(file, ours.replace('# <<< dsync <<<\n', ''))
  for (const words of [
    ['--uninstall', '--yes'],
    ['--uninstall', '--yes', '--purge'],
    ['--uninstall', '--yes'],
  ]) {
    const { code, out } = await person.install(words)
    assert.equal(code, 1)
    assert.match(
      out,
      /! .*\.bash_profile stays as it is: Line \d+ begins a block 'dsync' that does not end {2}→ Remove/,
    )
    assert.match(out, /→ \.\/install\.sh --uninstall names what stays again, and takes it back once it can\n$/)
  }
  assert.deepEqual(readdirSync(join(person.home, '.dsync'), { recursive: true }).toSorted(), [
    'state',
    'state/installed.json',
  ])
  writeFileSync(file, ours)
  assert.equal((await person.install(['--uninstall', '--yes', '--purge'])).code, 0)
  assert.deepEqual(timeless(person.tree()), before)
}

async function readOnly(person: Person): Promise<void> {
  const file = join(person.home, 'dotfiles/bashrc')
  chmodSync(file, 0o440)
  const { code, out } = await person.install(quick)
  assert.equal(code, 1)
  assert.match(out, /! .*dotfiles\/bashrc stays as it is: it is read-only {2}→ chmod u\+w /)
  assert.equal(readFileSync(file, 'utf8'), 'PS1=mine')
  assert.match(readFileSync(join(person.home, '.bash_profile'), 'utf8'), /# >>> dsync >>>/)
}

async function elsewhere(person: Person): Promise<void> {
  const before = timeless(person.tree())
  const home = join(person.home, 'My $Own `kit`')
  assert.equal((await person.install([...quick, '--home', home])).code, 0)
  const said = person.run('bash', '-ic', 'command -v dsync; echo "$DSYNC_HOME"')
  assert.equal(said.out, `${home}/bin/dsync\n${home}\n`)
  assert.equal(existsSync(join(person.home, '.dsync')), false)
  assert.match((await person.install([...quick, '--home', home])).out, /^Nothing to do: /)
  assert.equal((await person.install(['--uninstall', '--yes', '--purge', '--home', home])).code, 0)
  assert.deepEqual(timeless(person.tree()), before)
}

/** Nothing goes that dsync did not make, wherever its home is said to be. */
async function foreign(person: Person): Promise<void> {
  const before = timeless(person.tree())
  for (const words of [quick, ['--uninstall', '--yes', '--purge']]) {
    const { code, err } = await person.install([...words, '--home', person.home])
    assert.equal(code, 1)
    assert.match(err, /^install\.sh: Cannot use ~: your own home lies there\n/)
  }
  const used = await person.install([...quick, '--home', join(person.home, 'dotfiles')])
  assert.equal(used.code, 1)
  assert.match(used.err, /^install\.sh: Cannot install into ~\/dotfiles: it holds bashrc, which is not dsync's\n/)
  assert.deepEqual(timeless(person.tree()), before)
  assert.equal((await person.install(quick)).code, 0)
  const home = join(person.home, '.dsync')
  mkdirSync(join(home, 'bin'), { recursive: true })
  for (const name of ['mine.txt', 'bin/mine']) writeFileSync(join(home, name), 'mine')
  const gone = await person.install(['--uninstall', '--yes', '--purge'])
  assert.equal(gone.code, 0, gone.err)
  assert.match(gone.err, /~\/\.dsync stays: it holds what dsync did not make/)
  assert.deepEqual(readdirSync(home, { recursive: true }).toSorted(), ['bin', 'bin/mine', 'mine.txt'])
}

async function upgrade(person: Person, checkout: Checkout): Promise<void> {
  const none = await person.install(['--upgrade', '--yes'])
  assert.equal(none.code, 2)
  assert.match(none.err, /^install\.sh: Cannot upgrade: nothing is installed in ~\/\.dsync\n {2}→ \.\/install\.sh\n$/)
  assert.equal((await person.install(['--yes', '--no-service', '--no-shell'])).code, 0)
  const first = readlinkSync(join(person.home, '.dsync/kit/current'))
  assert.equal(person.dsync('start').code, 0)
  const pid = (): unknown => JSON.parse(person.dsync('status', '--json').out).daemon?.pid
  const before = pid()
  const file = join(checkout.kit, 'package.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"version": "[^"]*"/, '"version": "99.0.0"'))
  const ran = await person.install(['--upgrade', '--yes'])
  assert.deepEqual([ran.code, ran.err], [0, ''])
  const second = readlinkSync(join(person.home, '.dsync/kit/current'))
  assert.match(second, /^99\.0\.0-/)
  assert.deepEqual(readdirSync(join(person.home, '.dsync/kit')).toSorted(), [first, second, 'current'].toSorted())
  assert.equal(person.dsync('--version').out, 'dsync 99.0.0\n')
  assert.notEqual(pid(), before)
  assert.equal(readFileSync(join(person.home, '.bashrc'), 'utf8'), 'PS1=mine')
  assert.match((await person.install(['--upgrade', '--yes'])).out, /^Nothing to do: /)
  assert.equal((await person.install(['--uninstall', '--yes', '--purge'])).code, 0)
  assert.equal(existsSync(join(person.home, '.dsync')), false)
}
