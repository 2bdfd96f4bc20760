import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Pair } from './pair.ts'
import type { Runtime } from './runtimes.ts'
import { runtimes } from './runtimes.ts'
import { until } from './until.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** What README.md says between `deno run` and the script. */
const [, said = ''] = /^deno run ((?:--\S+ )+)scripts\/sync-manager\.ts /m.exec(readme) ?? []
const flags = said.trim().split(' ')

/** A runtime with these rights, from source. */
function withRights(words: readonly string[]): Runtime {
  const { command, ...rest } = runtimes.denoSource
  const [deno, script = ''] = [command[0], command.at(-1)]
  return { ...rest, command: [deno, 'run', '--quiet', ...words, script] }
}

function commandLine(pid: number): string {
  return spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout
}

const skip = runtimes.denoSource.lacks ?? false

describe('under Deno with the rights that README.md names', { skip }, () => {
  it('a daemon and its agent run with these and no others, and files travel', { timeout: 120_000 }, async t => {
    assert.ok(flags.length > 3 && !flags.includes('--allow-all') && !flags.includes('-A'), said)
    const pair = await Pair.make({ runtime: withRights(flags) })
    t.after(() => pair.close())
    writeFileSync(join(pair.alpha, 'a'), 'there\n')
    await pair.start()
    assert.equal((await pair.sync()).code, 0)
    assert.equal(readFileSync(join(pair.beta, 'a'), 'utf8'), 'there\n')
    const { daemons, agents } = pair.live()
    assert.deepEqual([daemons.length, agents.length], [1, 1])
    const wanted = flags.filter(flag => flag.startsWith('--allow-')).toSorted()
    for (const pid of [...daemons, ...agents]) {
      const words = commandLine(pid).split(/\s+/)
      const has = words.filter(word => /^(?:-A$|--allow)/.test(word)).toSorted()
      assert.deepEqual(has, wanted, words.join(' '))
    }
    // Large enough to be hashed elsewhere and to travel in pieces.
    writeFileSync(join(pair.beta, 'large'), Buffer.alloc(3_000_000, 'back\n'))
    await until('it is back', () => existsSync(join(pair.alpha, 'large')))
    assert.equal((await pair.sync('--verify')).code, 0)
    await pair.killDaemon()
    await pair.start()
    assert.equal((await pair.sync()).code, 0)
    assert.equal(pair.daemonLog(), '')
  })

  for (const flag of flags.filter(each => each.startsWith('--allow-'))) {
    it(`none is too many: without ${flag} no daemon starts or no file travels`, { timeout: 60_000 }, async t => {
      const pair = await Pair.make({ runtime: runtimes.denoSource })
      t.after(() => pair.close())
      const less = withRights([...flags.filter(each => each !== flag), '--no-prompt']).command
      const [program, ...words] = less
      writeFileSync(join(pair.alpha, 'a'), 'there\n')
      const { PATH, DENO_DIR } = process.env
      const options = { env: { PATH, DENO_DIR, HOME: pair.userHome }, encoding: 'utf8', timeout: 40_000 } as const
      const started = spawnSync(program, [...words, 'start'], options)
      const synced = started.status === 0 && spawnSync(program, [...words, 'sync', '--timeout', '5'], options)
      const status = (await pair.dsync('status', '--json')).stdout
      const lessens = /"(?:watcher": "polling|swap": "aside)"/.test(status)
      assert.ok(synced === false || synced.status !== 0 || lessens, `${started.stdout}${started.stderr}${status}`)
    })
  }
})
