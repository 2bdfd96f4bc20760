import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const bundle = fileURLToPath(new URL('../../dist/agent.cjs', import.meta.url))

interface Runtime {
  readonly name: string
  readonly command: readonly string[]
}

/** Every Node on PATH that the agent promises to run under, and Deno. */
function runtimes(): Runtime[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const nodes = folders.map(folder => join(folder, 'node')).filter(path => existsSync(path))
  const found = [...new Set(nodes.map(path => realpathSync(path)))].map(path => {
    const version = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim()
    return { name: `Node ${version}`, command: [path], major: Number(/^v(\d+)/.exec(version)?.[1]) }
  })
  return [...found.filter(({ major }) => major >= 20), { name: 'Deno', command: ['deno', 'run', '--allow-all'] }]
}

describe('the agent’s bundle alone in a folder', () => {
  for (const { name, command } of runtimes()) {
    it(`starts under ${name} and ends by itself when nobody speaks to it`, t => {
      const folder = mkdtempSync(join(tmpdir(), 'dsync-agent-'))
      t.after(() => rmSync(folder, { recursive: true }))
      copyFileSync(bundle, join(folder, 'agent.cjs'))
      const [program, ...parameters] = [...command, 'agent.cjs']
      const env = { ...process.env, HOME: folder, DSYNC_HOME: join(folder, 'home') }
      const ended = spawnSync(program, parameters, { cwd: folder, env, input: '', encoding: 'utf8', timeout: 30_000 })
      assert.equal(ended.signal, null, `it did not end: ${ended.stdout}${ended.stderr}`)
      assert.doesNotMatch(ended.stderr, /^\s+at /m)
      assert.doesNotMatch(ended.stderr, /SyntaxError|Dynamic require|ERR_/)
    })
  }
})
