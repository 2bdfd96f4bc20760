import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { misfits } from '../cli/answer-schema.ts'
import type { Ran } from './pair.ts'
import { Pair } from './pair.ts'
import { until } from './until.ts'

interface Rows {
  readonly [list: string]: readonly Readonly<Record<string, unknown>>[]
}

/** A pair whose commands can be run in the other home too. */
async function beside(t: TestContext): Promise<Beside> {
  const pair = await Pair.make()
  const there = (...words: readonly string[]): Promise<Ran> => {
    const variables = { HOME: pair.twinHome, DSYNC_HOME: join(pair.twinHome, '.dsync') }
    return pair.dsyncIn({ cwd: pair.twinHome, variables }, ...words)
  }
  t.after(async () => {
    await there('stop')
    await pair.close()
  })
  await pair.start()
  await until('both hosts agree', async () => (await pair.sync()).code === 0)
  const ok = async (...words: readonly string[]): Promise<Ran> => {
    const ran = await there(...words)
    assert.equal(ran.code, 0, `${words.join(' ')}: ${ran.stdout}${ran.stderr}`)
    return ran
  }
  const json = async (...words: readonly string[]): Promise<Rows> => {
    const { json: answer } = await ok(...words, '--json')
    assert.deepEqual(misfits(words[0] ?? '', answer), [])
    return answer as Rows
  }
  return { pair, there, ok, json }
}

interface Beside {
  readonly pair: Pair
  readonly there: (...words: readonly string[]) => Promise<Ran>
  readonly ok: (...words: readonly string[]) => Promise<Ran>
  readonly json: (...words: readonly string[]) => Promise<Rows>
}

const inBoth = ({ alpha, beta }: Pair, name: string): string[] =>
  [alpha, beta].map(root => readFileSync(join(root, name), 'utf8'))

interface Status {
  readonly status?: Rows[string]
  readonly daemon?: {
    readonly pid: number
    readonly asOf?: number
    readonly hub?: { readonly state?: string; readonly lastHeard?: number }
  }
}

describe('commands on the other host', () => {
  it('are answered by the hub, in the words of that host', async t => {
    const { pair, there, ok, json } = await beside(t)
    const { status, daemon } = (await json('status')) as Status
    const [session] = status ?? []
    assert.deepEqual([session?.['root'], session?.['state']], [pair.beta, 'watching'])
    assert.deepEqual([daemon?.hub?.state, daemon?.pid], ['connected', 0])

    const file = join(pair.beta, 'a.txt')
    writeFileSync(file, 'one')
    await ok('sync')
    writeFileSync(join(pair.alpha, 'a.txt'), 'two')
    await ok('sync', file)
    assert.deepEqual(inBoth(pair, 'a.txt'), ['two', 'two'])
    const { trash } = await json('trash', file)
    assert.deepEqual([trash?.[0]?.['host'], trash?.[0]?.['root']], ['twin', pair.beta])
    const { history } = await json('history', file)
    assert.deepEqual(history?.map(row => [row['what'], row['on']])[0], ['replaced', 'twin'])
    assert.match((await ok('why', file)).stdout, /It is in sync: twin and \S+ hold the same/)
    await ok('undo', file)
    await ok('sync')
    assert.deepEqual(inBoth(pair, 'a.txt'), ['one', 'one'])
    const { logs } = await json('logs')
    assert.ok(logs?.some(({ event, verb }) => event === 'asked-there' && verb === 'undo'))
    assert.ok(logs?.every(({ event, root }) => event !== 'started' && root === pair.beta))
    assert.deepEqual((await json('verify'))['verify']?.[0]?.['state'], 'equal')

    await ok('pause')
    writeFileSync(file, 'three')
    assert.equal((await there('sync')).code, 7)
    await ok('push', file, '--yes')
    assert.deepEqual(inBoth(pair, 'a.txt'), ['three', 'three'])
    await ok('resume')
    assert.deepEqual(
      (await json('trash', '--clean', '--dry-run'))['cleaned']?.map(({ host }) => host).toSorted(),
      [...new Set([(await json('status'))['status']?.[0]?.['host'], 'twin'])].toSorted(),
    )
    assert.deepEqual((await json('approve', '--yes'))['approved'] ?? [], [])

    const { hub } = (await ok('hub', 'show', '--json')).json as { readonly hub: { readonly name: string } }
    // Whatever this machine's own name leads to: from here nothing does.
    await ok('config', 'set', 'ssh.program', 'false')
    const foreseen = await there('switch', hub.name, '--dry-run')
    assert.equal(foreseen.code, 125)
    assert.match(foreseen.stderr, /^dsync: Cannot switch to \S+: ssh \S+ does not reach it: .*\n {2}→ dsync hosts add /)

    for (const [line, code, says] of [
      ['switch third --dry-run', 125, /^dsync: Cannot switch to third from here: only to the hub of this host\n/],
      ['reset --yes', 1, /^dsync: Cannot reset from here: \S+ drives the roots of this host\n {2}→ Run it on /],
      ['run true', 125, /^dsync: Cannot run from here: /],
      ['sync /etc', 2, /^dsync: Cannot find a root that holds \/etc\n/],
      ['sync --on third', 2, /^dsync: Cannot find a session with the host "third"\n/],
    ] as const) {
      const ran = await there(...line.split(' '))
      assert.deepEqual([ran.code, says.test(ran.stderr)], [code, true], ran.stderr)
    }
  })

  it('end conflicts, where mine is the version of the host where it is typed', async t => {
    const { pair, there, ok, json } = await beside(t)
    await pair.ok('pause')
    writeFileSync(join(pair.alpha, 'n.txt'), 'hub\n')
    writeFileSync(join(pair.beta, 'n.txt'), 'there\n')
    await pair.ok('resume')
    assert.equal((await there('sync')).code, 3)
    const { conflicts } = await json('conflicts')
    const [conflict = {}] = conflicts ?? []
    assert.deepEqual([conflict['root'], (conflict['hosts'] as { alpha: string }).alpha], [pair.beta, 'twin'])
    const { stdout } = await there('diff', join(pair.beta, 'n.txt'))
    assert.match(stdout, /there[^]*hub/)
    await ok('resolve', join(pair.beta, 'n.txt'), '--mine', '--yes')
    await ok('sync')
    assert.deepEqual(inBoth(pair, 'n.txt'), ['there\n', 'there\n'])
  })

  it('still say what is known, and undo, while the hub is away; what came back travels later', async t => {
    const { pair, there, ok, json } = await beside(t)
    const names = ['a.txt', 'b.txt']
    for (const name of names) writeFileSync(join(pair.alpha, name), 'old')
    await ok('sync')
    for (const name of names) writeFileSync(join(pair.alpha, name), 'new')
    await ok('sync')
    const started = await ok('start', '--json')
    const { pid } = (started.json as { start: { pid: number } }).start
    assert.equal(((await ok('status', '--json')).json as Status).daemon?.pid, pid)
    const record = join(pair.twinHome, '.dsync/state/told')
    await until('the hub has told how it is', () => existsSync(record))
    assert.equal(statSync(record).mode & 0o777, 0o700)
    await pair.killDaemon()
    let answer: Status = {}
    await until('the hub is known to be away', async () => {
      answer = (await ok('status', '--json')).json as Status
      return answer.daemon?.hub?.state === 'away'
    })
    const { status, daemon } = answer
    assert.deepEqual([status?.[0]?.['state'], status?.[0]?.['root']], ['disconnected', pair.beta])
    assert.ok((daemon?.asOf ?? NaN) <= (daemon?.hub?.lastHeard ?? NaN))
    assert.deepEqual((await json('conflicts'))['conflicts'], [])
    const { trash, unreachable } = await json('trash')
    assert.deepEqual([trash?.length, unreachable?.length], [2, 1])

    const prompt = join(pair.twinHome, '.dsync/run/prompt')
    await until('the prompt says so', () => /^\d+ \d+ \S+ away$/m.test(readFileSync(prompt, 'utf8')))

    // The agent that waits for the hub holds the root, and brings one back.
    await ok('undo', join(pair.beta, 'a.txt'))
    // Without it, the command does so itself.
    await pair.killAgent()
    await ok('stop')
    assert.match((await ok('undo', join(pair.beta, 'b.txt'))).stdout, /Brought back[^]*It travels once/)
    assert.deepEqual(inBoth(pair, 'a.txt'), ['new', 'old'])
    assert.deepEqual(inBoth(pair, 'b.txt'), ['new', 'old'])
    const ran = await there('sync')
    assert.equal(ran.code, 5)
    assert.match(
      ran.stderr,
      /^dsync: Cannot ask \S+, which drives the roots of this host: it is away since .*\n {2}→ dsync status/,
    )

    await pair.start()
    assert.equal((await pair.sync()).code, 0)
    assert.deepEqual(inBoth(pair, 'a.txt'), ['old', 'old'])
    assert.deepEqual(inBoth(pair, 'b.txt'), ['old', 'old'])
    assert.deepEqual((await pair.dsync('conflicts', '--json')).json, { conflicts: [] })
  })
})
