import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IgnoreRules } from '../../lib/core/ignore-rules.ts'
import type { IgnoreSettings } from '../../lib/core/ignore-settings.ts'
import { ignoreText, readIgnoreText } from '../../lib/core/ignore-settings.ts'
import { digest } from './build.ts'

interface Row {
  readonly says: string
  readonly settings?: Partial<IgnoreSettings>
  /** Text by path. */
  readonly files?: Readonly<Record<string, string>>
  readonly path: string
  readonly isDirectory?: boolean
  /** `file:line pattern`, by which the path, or one above it, is ignored. */
  readonly by?: string
}

const rows: readonly Row[] = [
  { says: 'a default', path: 'x/node_modules/y/z', by: 'defaults:4 node_modules' },
  {
    says: 'a default is taken back by the settings',
    settings: { patterns: ['!node_modules'] },
    path: 'node_modules/y',
  },
  { says: 'and by a file', files: { 'x/.dsyncignore': '!*.pem' }, path: 'x/y/a.pem' },
  {
    says: 'only where the file says so',
    files: { 'x/.dsyncignore': '!*.pem' },
    path: 'a.pem',
    by: 'defaults:34 *.pem',
  },
  {
    says: 'a repository is never taken back',
    settings: { patterns: ['!.git'] },
    path: '.git/HEAD',
    by: 'defaults:1 .git',
  },
  { says: 'the last line of the settings wins', settings: { patterns: ['*.log', '!a.log'] }, path: 'd/a.log' },
  {
    says: 'a file wins over the settings',
    settings: { patterns: ['*.log'] },
    files: { '.dsyncignore': '!a.log' },
    path: 'a.log',
  },
  {
    says: 'the deepest file wins',
    files: { '.dsyncignore': '*.log', 'd/.dsyncignore': '!b.log\nc.log' },
    path: 'd/c.log',
    by: 'd/.dsyncignore:2 c.log',
  },
  {
    says: 'what lies in an ignored directory is lost',
    files: { '.dsyncignore': 'd', 'd/.dsyncignore': '!x' },
    path: 'd/x',
    by: '.dsyncignore:1 d',
  },
  { says: 'a slash anchors', files: { 'd/.dsyncignore': '/x/y' }, path: 'd/x/y', by: 'd/.dsyncignore:1 /x/y' },
  { says: 'and not elsewhere', files: { 'd/.dsyncignore': '/y' }, path: 'd/x/y' },
  { says: 'a slash at the end means directories', files: { '.dsyncignore': 'build/' }, path: 'build' },
  { says: 'only', files: { '.dsyncignore': 'build/' }, path: 'build', isDirectory: true, by: '.dsyncignore:1 build/' },
  { says: '.gitignore says nothing unasked', files: { '.gitignore': 'x' }, path: 'x' },
  {
    says: 'and is heard when asked for',
    settings: { gitignore: true },
    files: { '.gitignore': 'x' },
    path: 'x',
    by: '.gitignore:1 x',
  },
  {
    says: '.dsyncignore comes before .gitignore',
    settings: { gitignore: true },
    files: { '.gitignore': 'x', '.dsyncignore': '!x' },
    path: 'x',
  },
  { says: 'the file of rules itself always travels', files: { '.dsyncignore': '*' }, path: '.dsyncignore' },
  { says: 'a pattern that costs', files: { '.dsyncignore': '*a*a*a*a*a*a*a*a*a*a*b' }, path: 'a'.repeat(250) },
]

function rulesOf({ settings, files = {} }: Row): IgnoreRules {
  const rules = new IgnoreRules({ patterns: [], gitignore: false, ...settings })
  for (const [path, text] of Object.entries(files)) {
    const at = path.lastIndexOf('/')
    rules.set(path.slice(0, Math.max(at, 0)), path.slice(at + 1), { digest: digest(Buffer.from(text)), text })
  }
  if (settings?.gitignore !== true) for (const name of ['.gitignore']) assert.ok(!rules.fileNames.includes(name))
  return rules
}

describe('what is ignored, and by what', () => {
  for (const row of rows) {
    it(row.says, () => {
      const reason = rulesOf(row).reason(row.path, row.isDirectory ?? false)
      assert.equal(reason && `${reason.file}:${reason.line} ${reason.pattern}`, row.by)
    })
  }

  it('rules move with their directory, and go with their file', () => {
    const rules = new IgnoreRules()
    rules.set('a/b', '.dsyncignore', { digest: '1', text: 'x' })
    assert.ok(rules.ignores('a/b/c/x', false))
    rules.moved('a', 'n')
    assert.equal(rules.ignores('a/b/x', false), false)
    assert.equal(rules.reason('n/b/x', false)?.file, 'n/b/.dsyncignore')
    assert.equal(rules.digestOf('n/b', '.dsyncignore'), '1')
    rules.set('n/b', '.dsyncignore', undefined)
    assert.equal(rules.ignores('n/b/x', false), false)
  })

  it('no default ignores what is exempt, and nothing else changes for it', () => {
    const rules = new IgnoreRules({ patterns: ['secret'], gitignore: false })
    rules.exempt(['a/node_modules/x/keep.js', 'a/node_modules/secret/x', 'ca.pem', '.git/x'])
    const verdicts = {
      'a/node_modules': false,
      'a/node_modules/x': false,
      'a/node_modules/x/keep.js': false,
      'a/node_modules/x/other.js': true,
      'a/node_modules/y': true,
      'a/node_modules/secret/x': true,
      'ca.pem': false,
      'other.pem': true,
      '.git/x': true,
    }
    for (const [path, is] of Object.entries(verdicts)) assert.equal(rules.ignores(path, false), is, path)
    assert.equal(rules.exemption('a/node_modules/x/keep.js')?.pattern, 'node_modules')
    assert.equal(rules.exemption('a/node_modules/secret/x'), undefined)
    assert.equal(
      rules.withSettings({ patterns: ['*.js'], gitignore: false }).ignores('a/node_modules/x/keep.js', false),
      true,
    )
    rules.set('a', '.dsyncignore', { digest: '1', text: 'keep.js' })
    assert.equal(rules.reason('a/node_modules/x/keep.js', false)?.file, 'a/.dsyncignore')
    rules.exempt([])
    assert.equal(rules.ignores('ca.pem', false), true)
  })

  it('knows what a default would ignore, whatever else is said', () => {
    const rules = new IgnoreRules({ patterns: ['!node_modules'], gitignore: false })
    for (const path of ['a/node_modules/b', 'b/target/debug/x', 'x~', 'venv'])
      assert.ok(rules.hasDefault(path, false), path)
    for (const path of ['a/b', 'target/x', 'debug', 'pem', 'a/modules']) assert.ok(!rules.hasDefault(path, false), path)
  })

  it('settings travel as text, and nothing else is taken for them', () => {
    const settings = { patterns: ['!a', 'é\n'], gitignore: true }
    assert.deepEqual(readIgnoreText(ignoreText(settings)), settings)
    for (const text of ['', '[]', '{"patterns":[1],"gitignore":true}', '{"patterns":[]}'])
      assert.throws(() => readIgnoreText(text), { code: 'PROTOCOL' })
  })
})
