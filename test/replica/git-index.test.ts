import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fromBytes } from '../../lib/core/path.ts'
import type { ReadHandle } from '../../lib/ports/disk.ts'
import { readGitIndex } from '../../lib/replica/git-index.ts'
import { gitIndex } from './git-index-bytes.ts'

interface Read {
  readonly flaw: string | undefined
  readonly paths: readonly string[]
  readonly directories: readonly string[]
}

function read(bytes: Uint8Array): Read {
  let paths: string[] = []
  let directories: string[] = []
  const handle: ReadHandle = {
    stat: () => ({ ...fileStat, size: bytes.length }),
    read: (offset, length) => bytes.subarray(offset, offset + length),
    unwritten: () => undefined,
    sync() {},
    close() {},
  }
  const reading = readGitIndex(handle, {
    begin: () => {
      paths = []
      directories = []
    },
    take: (path, kind) => (kind === 'file' ? paths : directories).push(path),
  })
  for (let step = reading.next(); ; step = reading.next())
    if (step.done === true) return { flaw: step.value, paths, directories }
}

const fileStat = {
  kind: 'file',
  mode: 0o644,
  mtimeMs: 0,
  ctimeMs: 0,
  inode: 1,
  device: 1,
  links: 1,
  owner: 0,
} as const

const environment = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b',
}

function git(cwd: string, ...words: readonly string[]): Buffer {
  return execFileSync('git', ['-c', 'protocol.file.allow=always', ...words], { cwd, env: environment })
}

/** Has git's index name files that nobody made, with the content of `a`. */
function nameMore(at: string, paths: readonly string[]): void {
  const [mode = '', digest = ''] = git(at, 'ls-files', '--stage', 'a').toString().split(/\s/)
  const input = paths.map(path => `${mode} ${digest} 0\t${path}\n`).join('')
  execFileSync('git', ['update-index', '--index-info'], { cwd: at, env: environment, input })
}

/** A repository of its own, with files; skips the test where there is no git. */
function repository(t: TestContext, files: readonly string[], ...options: readonly string[]): string | undefined {
  if (spawnSync('git', ['--version']).status !== 0) {
    t.skip('needs git')
    return undefined
  }
  const at = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-git-')))
  t.after(() => rmSync(at, { recursive: true, force: true }))
  git(at, 'init', '-q', ...options)
  for (const file of files) {
    const path = Buffer.from(`${at}/${file}`, 'latin1')
    mkdirSync(dirname(path.toString('latin1')), { recursive: true })
    writeFileSync(path, file)
  }
  git(at, 'add', '-f', '.')
  return at
}

function listed(at: string): string[] {
  const bytes = git(at, 'ls-files', '-z')
  const names: string[] = []
  for (let from = 0, end = bytes.indexOf(0); end >= 0; from = end + 1, end = bytes.indexOf(0, from))
    names.push(fromBytes(bytes.subarray(from, end)))
  return names
}

function index(at: string): Buffer {
  return readFileSync(join(at, '.git/index'))
}

const files = [
  'a',
  'node_modules/x/keep.js',
  'd/e/f',
  'd/e/g',
  'sp ace',
  'caf\xe9 latin1',
  `long/${'x'.repeat(200)}/${'y'.repeat(200)}/z`,
]
const more = Array.from({ length: 2500 }, (_, i) => `many/${i % 50}/file-${i}`)

describe('paths of a git index, as git itself lists them', () => {
  for (const version of ['2', '3', '4']) {
    it(`version ${version}`, t => {
      const at = repository(t, files)
      if (at === undefined) return
      nameMore(at, more)
      symlinkSync('a', join(at, 'link'))
      git(at, 'add', '-f', 'link')
      git(at, 'update-index', '--index-version', version)
      // What only version 3 and later can say.
      if (version !== '2') git(at, 'update-index', '--skip-worktree', 'd/e/f')
      const { flaw, paths, directories } = read(index(at))
      assert.equal(index(at).readUInt32BE(4), Number(version))
      assert.deepEqual([flaw, directories], [undefined, []])
      assert.deepEqual(paths, listed(at))
      assert.equal(paths.length, files.length + more.length + 1)
    })
  }

  it('of a repository with SHA-256', t => {
    const at = repository(t, files, '--object-format=sha256')
    if (at === undefined) return
    nameMore(at, more)
    assert.deepEqual(read(index(at)), { flaw: undefined, paths: listed(at), directories: [] })
    git(at, 'update-index', '--index-version', '4')
    assert.deepEqual(read(index(at)), { flaw: undefined, paths: listed(at), directories: [] })
  })

  it('without a checksum, and with a path in three stages', t => {
    const at = repository(t, ['a', 'b'])
    if (at === undefined) return
    git(at, 'commit', '-qm', 'base')
    git(at, 'checkout', '-q', '-b', 'other')
    writeFileSync(join(at, 'a'), 'other')
    git(at, 'commit', '-qam', 'other')
    git(at, 'checkout', '-q', '-')
    writeFileSync(join(at, 'a'), 'mine')
    git(at, 'commit', '-qam', 'mine')
    assert.notEqual(spawnSync('git', ['merge', 'other'], { cwd: at, env: environment }).status, 0)
    assert.deepEqual(read(index(at)), { flaw: undefined, paths: ['a', 'a', 'a', 'b'], directories: [] })
    // What git of 2.40 writes with `index.skipHash`.
    const without = index(at)
    without.fill(0, without.length - 20)
    assert.equal(read(without).flaw, undefined)
  })

  it('another repository in it is a directory', t => {
    const [inner, outer] = [repository(t, ['x']), repository(t, ['a'])]
    if (inner === undefined || outer === undefined) return
    git(inner, 'commit', '-qm', 'x')
    git(outer, 'submodule', '--quiet', 'add', inner, 'sub')
    assert.deepEqual(read(index(outer)), { flaw: undefined, paths: ['.gitmodules', 'a'], directories: ['sub'] })
  })

  it('a sparse index leaves out what is not checked out', t => {
    const at = repository(t, ['a', 'in/x', 'out/y', 'out/z'])
    if (at === undefined) return
    git(at, 'commit', '-qm', 'all')
    git(at, 'sparse-checkout', 'set', '--cone', '--sparse-index', 'in')
    assert.deepEqual(read(index(at)), { flaw: undefined, paths: ['a', 'in/x'], directories: [] })
  })

  it('a split index is named as one', t => {
    const at = repository(t, ['a'])
    if (at === undefined) return
    git(at, 'update-index', '--split-index')
    assert.match(read(index(at)).flaw ?? '', /split.*--no-split-index/)
  })
})

describe('an index that is none', () => {
  const whole = gitIndex(['a', 'node_modules/x', 'z'])

  it('is told from one at every length', () => {
    assert.deepEqual(read(whole), { flaw: undefined, paths: ['a', 'node_modules/x', 'z'], directories: [] })
    for (let length = 0; length < whole.length; length++)
      assert.notEqual(read(whole.subarray(0, length)).flaw, undefined, `cut at ${length}`)
  })

  it('or with any byte changed', () => {
    for (let at = 0; at < whole.length; at++) {
      const broken = Uint8Array.from(whole)
      broken[at] = (broken[at] ?? 0) ^ 0x41
      assert.notEqual(read(broken).flaw, undefined, `at ${at}`)
    }
  })
})
