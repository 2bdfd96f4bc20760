import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { LinkEnd } from '../../lib/ports/link.ts'
import type { AgentFolder } from '../../lib/remote/agent-folder.ts'
import { agentFolder } from '../../lib/remote/agent-folder.ts'
import { askAgent } from '../../lib/remote/ask-agent.ts'
import type { SshLinkOptions } from '../../lib/remote/ssh-link.ts'
import { sshLink } from '../../lib/remote/ssh-link.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { agentLoader } from '../../scripts/agent-loader.ts'

/** An agent that answers with what it was started as, and with a file of its folder. */
const echoing = `
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
process.stdin.once('data', line => {
  const answer = { asked: JSON.parse(line), mode: process.argv[2], host: process.env.DSYNC_HOST, beside: readFileSync(join(__dirname, 'part/beside.txt'), 'utf8') }
  process.stdout.write(JSON.stringify(answer) + '\\n', () => process.exit(0))
})
`

const folder = (code = echoing): AgentFolder =>
  agentFolder([
    { path: 'agent.cjs', bytes: Buffer.from(code) },
    { path: 'part/beside.txt', bytes: Buffer.from('beside') },
  ])

interface Host {
  readonly home: string
  readonly agents: string
  readonly options: SshLinkOptions
  ask(changed?: Partial<SshLinkOptions>): Promise<unknown>
  end(changed?: Partial<SshLinkOptions>): Promise<LinkEnd>
}

/** A host that is reached by a stand-in for ssh: it runs what it is told to by a shell of this machine, in a home of its own. */
function host(t: TestContext, { profile = '', path = dirname(process.execPath) } = {}): Host {
  const base = mkdtempSync(join(tmpdir(), 'dsync-boot-'))
  t.after(() => rmSync(base, { recursive: true, force: true }))
  const home = join(base, 'home with ’ and space')
  mkdirSync(home)
  const program = join(base, 'ssh')
  writeFileSync(program, `#!/bin/sh\nfor word; do :; done\n${profile}\nexec "$word"\n`, { mode: 0o700 })
  const options: SshLinkOptions = {
    program,
    target: 'other',
    configFile: undefined,
    sockets: undefined,
    host: 'other',
    environment: { HOME: home, PATH: [path, '/usr/bin', '/bin'].join(delimiter) },
    clock: systemClock,
    agents: () => ({ '*': folder() }),
    loader: agentLoader.toString(),
    version: '1.2.3',
    mode: 'answer',
  }
  return {
    home,
    agents: join(home, '.dsync/kit/agents'),
    options,
    ask: (changed = {}) => askAgent(sshLink({ ...options, ...changed }), { ask: 'x' }, systemClock),
    end: (changed = {}) =>
      new Promise(resolve => {
        const link = sshLink({ ...options, ...changed })()
        link.onClose(resolve)
        link.onOpen(() => link.close())
      }),
  }
}

const answered = { asked: { ask: 'x' }, mode: 'answer', host: 'other', beside: 'beside' }

describe('starting an agent on another host', () => {
  it('brings it there once, then finds it', async t => {
    const { ask, agents, options } = host(t)
    assert.deepEqual(await ask(), answered)
    const [id] = readdirSync(agents)
    assert.deepEqual([id, readdirSync(agents).length], [folder().id, 1])
    const again = { ...options.agents(), '*': { ...folder(), parcel: new Uint8Array(0) } }
    assert.deepEqual(await ask({ agents: () => again }), answered)
  })
  it('brings it there by many logins at once', async t => {
    const { ask, agents } = host(t)
    const old = join(agents, 'a'.repeat(64))
    mkdirSync(old, { recursive: true })
    utimesSync(old, new Date(0), new Date(0))
    assert.deepEqual(
      await Promise.all(Array.from({ length: 6 }, () => ask())),
      Array.from({ length: 6 }, () => answered),
    )
    assert.deepEqual(readdirSync(agents), [folder().id])
  })
  it('finds its words behind what a login shell prints', async t => {
    const { ask } = host(t, { profile: 'echo "Welcome to other"; printf "no newline"; echo noise >&2' })
    assert.deepEqual(await ask(), answered)
  })
  it('brings a damaged one again', async t => {
    const { ask, agents } = host(t)
    await ask()
    writeFileSync(join(agents, folder().id, 'part/beside.txt'), 'tampered')
    assert.deepEqual(await ask(), answered)
    rmSync(join(agents, folder().id, 'manifest.json'))
    assert.deepEqual(await ask(), answered)
  })
  it('brings the one for its platform where there is one', async t => {
    const { ask } = host(t)
    const own = { [`${process.platform}-${process.arch}`]: folder(`${echoing}//own`) }
    const agents = () => ({ '*': { id: '0'.repeat(64), parcel: new Uint8Array(0) }, ...own })
    assert.deepEqual(await ask({ agents }), answered)
  })
  it('is refused, before anything is written, where a newer dsync is in use', async t => {
    const { ask, agents } = host(t)
    const kit = dirname(agents)
    mkdirSync(kit, { recursive: true })
    for (const [current, isNewer] of [
      ['1.2.4-0123456789ab', true],
      ['1.10.0-beta.1-0123456789ab', true],
      ['2.0.0-0123456789ab', true],
      ['1.2.3-0123456789ab', false],
      ['1.1.9-0123456789ab', false],
      ['elsewhere', false],
    ] as const) {
      rmSync(join(kit, 'current'), { force: true })
      symlinkSync(current, join(kit, 'current'))
      rmSync(agents, { recursive: true, force: true })
      if (isNewer) {
        const version = current.slice(0, -13)
        const says = `Cannot start the agent on other: It has dsync ${version}, which is newer than 1.2.3 here`
        await assert.rejects(ask(), { code: 'AGENT_FAILED', verdict: 'halt', message: says })
        assert.deepEqual(readdirSync(kit), ['current'])
      } else assert.deepEqual(await ask(), answered)
    }
  })
  it('removes what nobody started for long, and only that', async t => {
    const { ask, agents } = host(t)
    const [old, young] = [join(agents, 'a'.repeat(64)), join(agents, 'b'.repeat(64))]
    for (const path of [old, young]) mkdirSync(path, { recursive: true })
    utimesSync(old, new Date(0), new Date(0))
    await ask()
    assert.deepEqual(readdirSync(agents).toSorted(), [folder().id, 'b'.repeat(64)].toSorted())
  })
  it('refuses a parcel that is not what its name says', async t => {
    const { end, agents } = host(t)
    const wrong = { '*': { id: 'c'.repeat(64), parcel: folder().parcel } }
    const { why, waits } = await end({ agents: () => wrong })
    assert.match(why, /Cannot start the agent on other: The agent could not be put there: .*not what it said/)
    assert.equal(waits, true)
    assert.deepEqual(readdirSync(agents), [])
  })
  it('makes everything for its owner alone', async t => {
    const { ask, agents } = host(t)
    await ask()
    const { statSync } = await import('node:fs')
    for (const path of [agents, join(agents, folder().id)]) assert.equal(statSync(path).mode & 0o077, 0, path)
  })
  it(
    'says that the home cannot be written',
    { skip: process.getuid?.() === 0 ? 'root may write everywhere' : false },
    async t => {
      const { end, home } = host(t)
      chmodSync(home, 0o500)
      t.after(() => chmodSync(home, 0o700))
      assert.match((await end()).why, /could not be put there: .*EACCES/)
    },
  )
  it('says what it found instead of a new enough runtime', async t => {
    const bin = mkdtempSync(join(tmpdir(), 'dsync-old-'))
    t.after(() => rmSync(bin, { recursive: true, force: true }))
    writeFileSync(join(bin, 'node'), '#!/bin/sh\necho v18.19.1\n', { mode: 0o700 })
    const { end, home } = host(t, { path: bin })
    if (['/usr/bin/node', '/usr/local/bin/node', '/usr/bin/deno', '/usr/local/bin/deno'].some(existsSync))
      return t.skip('this machine has a Node in a place that is looked at')
    const { why, hint } = await end()
    assert.match(why, /no Node 20 or later and no Deno 2: found only Node v18\.19\.1 at .*\/node/)
    assert.match(hint ?? '', /^dsync hosts update other$/)
    assert.equal(existsSync(join(home, '.dsync')), false)
  })
  it('ends when the other end prints without end', async t => {
    const { end } = host(t, { profile: 'exec yes' })
    assert.match((await end()).why, /login shell printed too much/)
  })
  it('goes without the shared connection after one that went nowhere', async t => {
    const { options } = host(t, { profile: 'echo "$@" >> "$HOME/said"; exit 7' })
    const open = sshLink({ ...options, sockets: '/run/x' })
    for (let attempt = 0; attempt < 3; attempt++) await new Promise(resolve => open().onClose(resolve))
    const said = readFileSync(join(options.environment['HOME'] ?? '', 'said'), 'utf8')
      .trim()
      .split('\n')
    assert.deepEqual(
      said.map(line => /ControlPath=(\S+)/.exec(line)?.[1]),
      ['/run/x/%C', 'none', '/run/x/%C'],
    )
  })
})
