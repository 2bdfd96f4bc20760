import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

/** Files and packages that loading a module loads; what it imports only when it is needed stays out. */
function loaded(module: URL, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(module.href)) return seen
  seen.add(module.href)
  const text = readFileSync(module, 'utf8')
  for (const [, name = ''] of text.matchAll(/^(?:import|export) (?!type\b)(?:[\w*{}\s,]+ from )?'([^']+)'$/gm)) {
    if (name.startsWith('.')) loaded(new URL(name, module), seen)
    else if (!name.startsWith('node:')) seen.add(name)
  }
  return seen
}

function packages(path: string): string[] {
  return [...loaded(new URL(`../../${path}`, import.meta.url))].filter(name => !name.startsWith('file:'))
}

describe('a command that only talks to the daemon', () => {
  const names = [
    'status',
    'status-watch',
    'sync',
    'verify',
    'conflicts',
    'diff',
    'resolve',
    'undo',
    'trash',
    'why',
    'history',
    'approve',
    'pause',
    'logs',
    'start-stop',
    'run',
    'reset',
  ]
  for (const name of names) {
    it(`loads no package: ${name}`, () => assert.deepEqual(packages(`lib/cli/commands/${name}.ts`), []))
  }
  it('and what starts it loads none either', () => assert.deepEqual(packages('scripts/sync-manager.ts'), []))
  it('unlike one that edits the settings', () => {
    assert.deepEqual(packages('lib/cli/commands/roots.ts').toSorted(), ['ajv', 'jsonc-parser'])
  })
  it('loads few files of ours', () => {
    const files = new Set([...loaded(new URL('../../scripts/sync-manager.ts', import.meta.url))])
    loaded(new URL('../../lib/cli/commands/status.ts', import.meta.url), files)
    assert.ok(files.size < 50, `${files.size} files`)
  })
})
