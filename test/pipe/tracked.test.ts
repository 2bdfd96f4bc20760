import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { it } from 'node:test'
import { Pair } from './pair.ts'
import { until } from './until.ts'

const environment = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b',
}

function git(cwd: string, ...words: readonly string[]): string {
  return execFileSync('git', [...words], { cwd, env: environment, encoding: 'utf8' })
}

function write(root: string, path: string, text = `${path}\n`): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

/** Files and links below a directory, but for git's own. */
function files(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter(path => !path.split('/').includes('.git'))
    .toSorted()
}

function tracked(root: string): string[] {
  return git(root, 'ls-files', '-z').split('\0').slice(0, -1).toSorted()
}

const committed = ['main.c', 'node_modules/kept/index.js', 'target/release/tool', 'test/cert.pem']

it('what is committed travels, also where the defaults would leave it alone', async t => {
  if (spawnSync('git', ['--version']).status !== 0) return t.skip('needs git')
  const pair = await Pair.make()
  t.after(() => pair.close())
  const [here, there] = [join(pair.alpha, 'app'), join(pair.beta, 'app')]
  for (const path of [...committed, 'node_modules/other/index.js', 'my.pem']) write(here, path)
  git(here, 'init', '-q')
  symlinkSync('main.c', join(here, 'venv'))
  git(here, 'add', '-f', ...committed, 'venv')
  git(here, 'commit', '-qm', 'all')
  await pair.start()
  assert.equal((await pair.sync()).code, 0)
  assert.deepEqual(files(there), tracked(here))

  // A clone of its own over there finds nothing changed, and what is edited there is changed here alike.
  git(pair.base, 'clone', '-q', '--no-checkout', here, 'clone')
  execFileSync('mv', [join(pair.base, 'clone/.git'), join(there, '.git')])
  git(there, 'reset', '-q')
  assert.equal(git(there, 'status', '--porcelain'), '')
  write(there, 'node_modules/kept/index.js', 'edited\n')
  assert.equal((await pair.sync()).code, 0)
  for (const root of [here, there]) {
    assert.deepEqual(git(root, 'status', '--porcelain', '-uno').trimEnd(), ' M node_modules/kept/index.js')
  }
  assert.match(
    (await pair.ok('why', 'project/app/node_modules/kept/index.js')).stdout,
    /not ignored by the rule node_modules, a default: it is in git's index of ~\/project\/app on .* and of ~\/project\/app on twin/,
  )
  assert.match(
    (await pair.ok('why', 'project/app/node_modules/other/index.js')).stdout,
    /It lies in app\/node_modules, which is ignored by the rule node_modules, a default/,
  )

  // Nobody forgets it while the daemon is down, and a deletion that came meanwhile travels.
  await pair.stop()
  git(here, 'rm', '-qf', 'target/release/tool')
  git(there, 'commit', '-qam', 'edited')
  git(there, 'rm', '-q', '--cached', 'target/release/tool')
  write(there, 'test/cert.pem', 'edited while away\n')
  await pair.start()
  assert.equal((await pair.sync()).code, 0)
  assert.equal(readFileSync(join(here, 'test/cert.pem'), 'utf8'), 'edited while away\n')
  assert.equal(existsSync(join(there, 'target/release/tool')), false)

  // What no index names any more is ignored again, and stays.
  for (const root of [here, there]) git(root, 'rm', '-q', '--cached', 'test/cert.pem')
  await until('it is ignored again', () =>
    pair.audit().some(({ event, why }) => event === 'rules' && /from now on.*cert\.pem/.test(String(why))),
  )
  write(here, 'test/cert.pem', 'mine\n')
  rmSync(join(there, 'test/cert.pem'))
  write(here, 'main.c', 'one more\n')
  assert.equal((await pair.sync()).code, 0)
  assert.equal(readFileSync(join(here, 'test/cert.pem'), 'utf8'), 'mine\n')
  assert.equal(existsSync(join(there, 'test/cert.pem')), false)
  const status = (await pair.ok('status')).stdout
  assert.match(status, /by git's index, ignored from now on/)
  assert.doesNotMatch(status, /IGNORED/)
})
