import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Pair } from './pair.ts'

interface RunFacts {
  readonly run: { readonly host: string; readonly directory: string; readonly code: number; readonly after: string }
}

describe('dsync run', { timeout: 120_000 }, () => {
  it('runs with what is here, brings back what it wrote, and ends as the command did', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    const [here, there] = [join(pair.alpha, 'site'), join(pair.beta, 'site')]
    mkdirSync(here)
    await pair.start()
    const run = (...words: readonly string[]) => pair.dsyncIn({ cwd: here }, 'run', ...words)

    writeFileSync(join(here, 'in'), 'typed just now')
    const script = 'cat in > out; pwd -P; echo "$HOME"; printf "[%s]" "$@"; echo said >&2; exit 3'
    const ran = await run('--', 'sh', '-c', script, 'sh', "it's", '', 'a  b')
    assert.deepEqual([ran.code, ran.stdout, ran.stderr], [3, `${there}\n${pair.twinHome}\n[it's][][a  b]`, 'said\n'])
    assert.equal(readFileSync(join(here, 'out'), 'utf8'), 'typed just now', 'what it wrote is here when it returns')

    const asJson = await run('--json', '--', 'sh', '-c', 'echo told; exit 4')
    const { host, directory, code, after } = (asJson.json as RunFacts).run
    assert.deepEqual([host, directory, code, after, asJson.code], ['twin', there, 4, 'synced', 4])
    assert.match(asJson.stderr, /told/)
    const codes: readonly (readonly [readonly string[], number])[] = [
      [['true'], 0],
      [['sh', '-c', 'exit 255'], 255],
      [['sh', '-c', 'kill -TERM $$'], 143],
      [['no-such-program'], 127],
      [[join(there, 'in')], 126],
    ]
    for (const [words, code] of codes) assert.equal((await run('--', ...words)).code, code, words.join(' '))

    const foreseen = await run('--dry-run', '--', 'touch', 'made')
    assert.deepEqual([foreseen.code, foreseen.stdout], [0, `Would run on twin in ${there}: touch made\n`])
    assert.equal(existsSync(join(there, 'made')), false)

    mkdirSync(join(here, 'node_modules'))
    const ignored = await pair.dsyncIn({ cwd: join(here, 'node_modules') }, 'run', '--', 'true')
    assert.equal(ignored.code, 125)
    assert.match(ignored.stderr, /no directory .*node_modules on twin/)
    const outside = await pair.dsync('run', '--', 'true')
    assert.equal(outside.code, 125)
    assert.match(outside.stderr, /home lies in no root; there is .*\/project\n {2}→ cd .*\/project/)
  })

  it('does not run with other files than those here, unless it is forced', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    await pair.start()
    await pair.ok('sync')
    await pair.stop()
    writeFileSync(join(pair.alpha, 'a'), 'mine')
    writeFileSync(join(pair.beta, 'a'), 'theirs')
    const down = await pair.dsyncIn({ cwd: pair.alpha }, 'run', '--', 'touch', 'made')
    assert.deepEqual([down.code, /not running/.test(down.stderr)], [125, true])
    await pair.start()
    const refused = await pair.dsyncIn({ cwd: pair.alpha }, 'run', '--', 'touch', 'made')
    assert.equal(refused.code, 125)
    assert.match(refused.stderr, /1 conflict {2}~\/project with twin[^]*Did not run touch[^]*dsync run --force/)
    assert.equal(existsSync(join(pair.beta, 'made')), false)
    const forced = await pair.dsyncIn({ cwd: pair.alpha }, 'run', '--force', '--', 'sh', '-c', 'cat a; touch made')
    assert.deepEqual([forced.code, forced.stdout], [0, 'theirs'])
    assert.match(forced.stderr, /1 conflict/)
    assert.equal(existsSync(join(pair.alpha, 'made')), true)

    await pair.ok('resolve', '--all', '--mine', '--yes')
    const left = await pair.dsyncIn({ cwd: pair.alpha }, 'run', '--timeout', '3', '--', 'sh', '-c', 'rm -r ../project')
    assert.equal(left.code, 125, left.stderr)
    assert.match(left.stderr, /rm|sh ended well, but not everything it wrote on twin is here/)
    assert.equal(existsSync(join(pair.alpha, 'a')), true)
    rmSync(pair.beta, { recursive: true, force: true })
  })
})
