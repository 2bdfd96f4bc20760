import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { SshHost } from '../hosts/host.ts'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { hasTerminals, switchTyped } from '../pipe/switch-typed.ts'
import { SshPair } from './ssh-pair.ts'
import type { Seen } from './terminal.ts'
import { Terminal } from './terminal.ts'

for (const { name, skip } of providers()) {
  const why = hasTerminals ? skip : 'needs the program script (util-linux)'
  describe(`dsync switch over ssh, ${name}`, { skip: why, timeout: 150_000 }, () => {
    it('opens a login shell in the same directory, or in the home where that is ignored', async t => {
      const set = await sshHosts(t, name, 1)
      const pair = await SshPair.over(set)
      t.after(() => pair.close())
      const here = join(pair.alpha, "it's $here")
      const ignored = join(pair.alpha, 'node_modules')
      for (const directory of [here, ignored]) mkdirSync(directory)
      await pair.start()
      writeFileSync(join(here, 'in'), 'typed just now')
      const lines = 'cat in; echo; pwd -P; test -t 0 && echo at a terminal; exit 9\n'
      const there = await switchTyped(pair, here, { lines })
      assert.equal(there.code, 9, there.said)
      assert.match(there.said, /Everything is on twin\. This opens a new shell in ~\/project\/it's \$here there/)
      assert.match(there.said, /^.*typed just now$/m)
      assert.ok(there.said.includes(`${pair.other.home}/project/it's $here\n`), there.said)
      assert.match(there.said, /at a terminal$/m)
      const home = await switchTyped(pair, ignored, { lines: 'pwd -P; exit\n' })
      assert.match(home.said, /dsync: that directory is not here, it may be ignored; this is your home\n/)
      assert.ok(home.said.includes(`${pair.other.home}\n`), home.said)
      assert.equal(home.code, 0, home.said)
    })
  })
}

const docker = providers().find(({ name }) => name === 'docker')
const alone = docker === undefined ? 'only containers have names of their own' : docker.skip

/** What a person sees who switches in a new shell, looks where that is, and leaves it again. */
async function switched(terminal: Terminal, line: string): Promise<Seen> {
  await terminal.types(line)
  await terminal.sees(/exit ends it[^]*\$\s*$/)
  await terminal.answers('hostname; pwd; exit 7')
  return await terminal.ends()
}

it('both hosts switch to one another, also when the hub has moved', { skip: alone, timeout: 300_000 }, async t => {
  const set = await sshHosts(t, 'docker', 2)
  const [here, there] = [set.host(0), set.host(1)]
  // No host of the other one's network is called so: how it is reached has to be said there.
  await here.run('mkdir -p project/app && /opt/dsync/bin/dsync config set name base && echo one >project/app/in')
  // No name server answers here, which is asked for as long as five seconds, twice.
  await there.run("printf 'options timeout:1 attempts:1\\n' >>/etc/resolv.conf", { as: 'root' })
  await there.run('fish -ic true 2>/dev/null; :')
  const terminals = { here: await Terminal.open(here), there: await Terminal.open(there) }
  const runs = async (terminal: Terminal, line: string): Promise<string> => {
    const { code, text } = await terminal.runs(line)
    assert.equal(code, 0, text)
    return text
  }
  const kinds = async (host: SshHost, name: string): Promise<readonly string[]> =>
    await Promise.all(
      ['bash', 'zsh', 'fish'].map(shell =>
        host.run(`TERM=dumb ${shell} -ic 'type ${name} >/dev/null && echo ${shell} has it' 2>/dev/null`),
      ),
    )
  const all = ['bash has it\n', 'zsh has it\n', 'fish has it\n']

  await t.test('new shells there have switch-HUB from the moment the host is added', async () => {
    const text = await runs(terminals.here, 'dsync hosts add host-b --shell')
    assert.match(text, /new shells there have switch-base/)
    assert.match(text, /warning +switch-base +host-b: Cannot switch to base: ssh base does not reach it: nobody knows/)
    assert.match(text, /→ on host-b: dsync hosts add base --ssh USER@HOST --no-kit/)
    assert.deepEqual(await kinds(there, 'switch-base'), all)
    const { code, text: said } = await terminals.there.runs('bash -ic switch-base')
    assert.equal(code, 125, said)
    assert.match(said, /^dsync: Cannot switch to base: ssh base does not reach it/m)
    assert.match(said, /→ dsync hosts add base --ssh USER@HOST --no-kit/)
    assert.match(await runs(terminals.there, '~/.dsync/bin/dsync hosts add base --ssh host-a --no-kit'), /^Added base/)
    const home = await switched(terminals.there, 'bash -ic switch-base')
    assert.match(home.text, /^host-a\n\/home\/dev$/m)
    assert.equal(home.code, 7)
  })

  await t.test('in the same directory, from either', async () => {
    await runs(terminals.here, 'dsync roots add ~/project && dsync start && dsync sync')
    for (const shell of ['bash', 'zsh', 'fish']) {
      const seen = await switched(terminals.there, `${shell} -ic 'cd project/app && switch-base'`)
      assert.match(seen.text, /Everything is on base\. This opens a new shell in ~\/project\/app there/, shell)
      assert.match(seen.text, /^host-a\n\/home\/dev\/project\/app$/m, shell)
      assert.equal(seen.code, 7, shell)
    }
    const seen = await switched(
      terminals.here,
      "bash -ic '. /opt/dsync/shell/aliases.sh; cd project/app && switch-host-b'",
    )
    assert.match(seen.text, /^host-b\n\/home\/dev\/project\/app$/m)
    assert.equal(seen.code, 7)
  })

  await t.test('and when the hub has moved', async () => {
    await runs(terminals.here, 'dsync hub move host-b --yes')
    assert.deepEqual(await kinds(there, 'switch-base'), all)
    const back = await switched(terminals.there, "bash -ic 'cd project/app && switch-base'")
    assert.match(back.text, /^host-a\n\/home\/dev\/project\/app$/m)
    const forth = await switched(
      terminals.here,
      "bash -ic '. /opt/dsync/shell/aliases.sh; cd project/app && switch-host-b'",
    )
    assert.match(forth.text, /^host-b\n\/home\/dev\/project\/app$/m)
  })
})
