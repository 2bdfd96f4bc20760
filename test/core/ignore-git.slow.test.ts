import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { it } from 'node:test'
import { IgnoreRules } from '../../lib/core/ignore-rules.ts'
import { Random } from '../sim/random.ts'
import { digest } from './build.ts'

const rounds = 40

const names = ['a', 'b', 'ab', 'foo', 'foo.o', 'b.txt', 'A', '#x', '!y', 'x y', 'bar', 'a]b', 'd-e', '[z]', 'a\\b']

const pieces = [
  ...['a', 'b', 'ab', 'foo', 'o', '.o', '.txt', 'bar', 'A', '-', 'x', 'y', ' ', '#', '!', ']', 'z'],
  ...[
    '*',
    '*',
    '**',
    '?',
    '/',
    '/',
    '\\',
    '[ab]',
    '[!a]',
    '[^b-z]',
    '[a-z]',
    '[]a]',
    '[[:alpha:]]',
    '[a',
    '[a\\-z]',
    '[z-]',
  ],
]

function pattern(random: Random): string {
  const parts = Array.from({ length: random.between(1, 5) }, () => random.pick(pieces))
  const whole = random.chance(0.3) ? random.pick(names) : parts.join('')
  const start = random.pick(['', '', '', '', '!', '!', '/', '**/', '# ', '\\'])
  const end = random.pick(['', '', '', '', '/', '/**', '/*', ' ', '\\ ', '  ', '\r'])
  return `${start}${whole}${end}`
}

interface Grown {
  readonly directories: string[]
  readonly files: string[]
}

function grow(random: Random): Grown {
  const grown: Grown = { directories: [''], files: [] }
  for (let count = random.between(8, 30); count > 0; count--) {
    const parent = random.pick(grown.directories)
    const path = parent === '' ? random.pick(names) : `${parent}/${random.pick(names)}`
    if (grown.directories.includes(path) || grown.files.includes(path)) continue
    ;(random.chance(0.5) ? grown.directories : grown.files).push(path)
  }
  return grown
}

/** What git says of each path: the file, line and pattern that ignore it. */
function askGit(root: string, paths: readonly string[]): Map<string, string> {
  const environment = { PATH: process.env['PATH'], HOME: root, GIT_CONFIG_NOSYSTEM: '1', XDG_CONFIG_HOME: root }
  const asked = ['-C', root, '-c', 'core.ignoreCase=false', 'check-ignore', '--no-index', '-z', '-v', '-n', '--stdin']
  const { stdout, status, stderr } = spawnSync('git', asked, {
    input: paths.map(path => `${path}\0`).join(''),
    encoding: 'utf8',
    env: environment,
  })
  assert.ok(status === 0 || status === 1, stderr)
  const fields = stdout.split('\0')
  const found = new Map<string, string>()
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const [file = '', line = '', text = '', path = ''] = fields.slice(at, at + 4)
    found.set(path, file === '' || text.startsWith('!') ? '' : `${file}:${line}`)
  }
  return found
}

it('ignores what git ignores, by the same line', t => {
  if (spawnSync('git', ['--version']).status !== 0) return t.skip('there is no git: npm run test:provision')
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.diagnostic(`SEED=${seed}`)
  const random = new Random(seed)
  let ignored = 0
  for (let round = 0; round < rounds; round++) {
    const root = mkdtempSync(join(tmpdir(), 'dsync-ignore-'))
    try {
      spawnSync('git', ['init', '-q', root])
      const { directories, files } = grow(random)
      for (const path of directories) mkdirSync(join(root, path), { recursive: true })
      for (const path of files) writeFileSync(join(root, path), '')
      const rules = new IgnoreRules({ patterns: [], gitignore: true }, [])
      const texts: string[] = []
      for (const directory of new Set(['', random.pick(directories), random.pick(directories)])) {
        const text = Array.from({ length: random.between(1, 6) }, () => pattern(random)).join('\n')
        writeFileSync(join(root, directory, '.gitignore'), text)
        rules.set(directory, '.gitignore', { digest: digest(Buffer.from(text)), text })
        texts.push(`${directory}/.gitignore: ${JSON.stringify(text)}`)
      }
      const paths = [...directories.filter(path => path !== ''), ...files]
      const git = askGit(root, paths)
      for (const path of paths) {
        const reason = rules.reason(path, directories.includes(path))
        if (reason !== undefined) ignored++
        const ours = reason === undefined ? '' : `${reason.file}:${reason.line}`
        assert.equal(
          ours,
          git.get(path),
          `SEED=${seed} round ${round}: ${path} in ${texts.join(' ')} (${dirname(path)})`,
        )
      }
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  }
  assert.ok(ignored > rounds, `${ignored} paths were ignored`)
})
