import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { containerOf } from '../hosts/engine-client.ts'
import { projectOf } from '../hosts/docker-hosts.ts'
import type { HostSet } from '../hosts/host.ts'
import { logins } from '../hosts/host.ts'
import { openHosts, providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { processesThatName } from '../install/processes.ts'
import { until } from '../pipe/until.ts'
import { StandingLogin } from './standing-login.ts'

/** What each shell reads when a command comes over ssh. */
const rcFiles: Readonly<Record<string, string>> = {
  bash: '.bashrc',
  zsh: '.zshenv',
  fish: '.config/fish/config.fish',
  tcsh: '.tcshrc',
}

for (const { name: provider, skip } of providers()) {
  describe(`hosts: ${provider}`, { skip, timeout: 240_000 }, () => {
    let hosts: HostSet

    before(async () => {
      hosts = await openHosts(provider)
    })
    after(() => hosts?.close())

    it('lets us in, and its hosts let each other in', async () => {
      const [one, other] = [hosts.host(0), hosts.host(1)]
      for (const host of hosts.hosts) {
        assert.deepEqual(await hosts.ssh(host, ['true']), { code: 0, stdout: '', stderr: '' })
        assert.equal((await hosts.ssh(host, ['pwd'])).stdout, `${host.home}\n`)
      }
      const ran = await hosts.ssh(one, ['ssh', '-o', 'BatchMode=yes', other.name, 'pwd'])
      assert.deepEqual(ran, { code: 0, stdout: `${other.home}\n`, stderr: '' })
    })

    it('takes files of any name and bytes', async () => {
      const host = hosts.host(0)
      const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256)
      await host.write('tree/a b/it’s\n"one"', bytes)
      await host.run('ln -s nowhere tree/link && mkdir tree/empty && chmod 755 tree/a*/*')
      assert.deepEqual(await host.read('tree/a b/it’s\n"one"'), Buffer.from(bytes))
      assert.deepEqual(await host.tree('tree'), {
        'a b': 'directory',
        'a b/it’s\n"one"': 'file 755 931030b89f42c06dcdda12a43dfcd601d745d11bbb5fcd1a00fea442e8405157',
        empty: 'directory',
        link: 'link nowhere',
      })
      writeFileSync(join(host.homeHere, 'tree/from here'), 'seen')
      assert.equal(String(await host.read('tree/from here')), 'seen')
      assert.equal(statSync(join(host.homeHere, 'tree/empty')).uid, host.uid)
      await host.run('rm -rf tree')
    })

    for (const [shell, rcFile] of Object.entries(rcFiles)) {
      it(`logs in to ${shell}, whose ${rcFile} may be noisy`, async t => {
        const host = hosts.host(0)
        t.after(async () => {
          await host.setShell('bash')
          await host.run(`rm ${Object.values(rcFiles).join(' ')} || :`)
        })
        for (const [each, file] of Object.entries(rcFiles)) await host.write(file, `echo noise of ${each}\n`)
        await host.setShell(shell)
        const ran = await hosts.ssh(host, ['echo said'])
        assert.deepEqual(ran, { code: 0, stdout: `noise of ${shell}\nsaid\n`, stderr: '' })
      })
    }

    for (const how of ['drop', 'unplug'] as const) {
      it(`is cut off by ${how}, and heals`, async t => {
        const host = hosts.host(0)
        const login = new StandingLogin(t, hosts, host)
        login.say('before ')
        await login.hears('before ')
        t.after(() => host.healNetwork())
        await host.cutNetwork(how)
        login.say('meanwhile')
        const ran = await hosts.ssh(host, ['true'], { settings: ['ConnectTimeout=2'] })
        assert.equal(ran.code, 255, ran.stderr)
        assert.equal(login.heard, 'before ')
        assert.equal(await host.run('echo reached otherwise'), 'reached otherwise\n')
        assert.equal((await hosts.ssh(hosts.host(1), ['true'])).code, 0)
        await host.healNetwork()
        await login.hears('before meanwhile')
        assert.equal((await hosts.ssh(host, ['true'])).code, 0)
      })
    }

    it('may be told to take one session a connection', async t => {
      const host = hosts.host(0)
      const path = join(dirname(hosts.config), 'mux')
      t.after(() => host.reloadSshd(''))
      const second = async () => {
        const master = new StandingLogin(t, hosts, host, ['ControlMaster=yes', `ControlPath=${path}`])
        master.say('there')
        await master.hears('there')
        const ran = await hosts.ssh(host, ['true'], { settings: [`ControlPath=${path}`] })
        await hosts.ssh(host, ['true'], { settings: [`ControlPath=${path}`] })
        await host.kill(logins)
        await master.ends()
        rmSync(path, { force: true })
        return ran
      }
      assert.deepEqual(await second(), { code: 0, stdout: '', stderr: '' })
      await host.reloadSshd('MaxSessions 1')
      // OpenSSH then makes a connection of its own, says so, and goes on.
      assert.match((await second()).stderr, /refused/)
    })

    it('ends a login whose sshd is killed', async t => {
      const host = hosts.host(1)
      const login = new StandingLogin(t, hosts, host)
      login.say('there')
      await login.hears('there')
      assert.notDeepEqual(await host.kill(logins), [])
      assert.equal(await login.ends(), 255)
      assert.equal((await hosts.ssh(host, ['true'])).code, 0)
    })

    it('stops, and starts again', async () => {
      const host = hosts.host(1)
      await host.stopSshd()
      assert.equal((await hosts.ssh(host, ['true'])).code, 255)
      await host.startSshd()
      assert.equal((await hosts.ssh(host, ['true'])).code, 0)
    })

    if (provider === 'docker')
      it('has the runtime that a test asks for', async t => {
        const host = hosts.host(0)
        t.after(() => host.setRuntime('node'))
        const says: string[] = []
        for (const runtime of ['node', 'node18', 'deno', 'none'] as const) {
          await host.setRuntime(runtime)
          const { stdout } = await hosts.ssh(host, ['node --version || deno --version || echo none'])
          says.push(/v\d+|deno|none/.exec(stdout)?.[0] ?? stdout)
        }
        assert.deepEqual(says, ['v24', 'v18', 'deno', 'none'])
      })

    it('comes as four', async t => {
      const four = await sshHosts(t, provider, 4)
      const ran = await Promise.all(four.hosts.map(host => four.ssh(host, ['pwd'])))
      assert.deepEqual(
        ran.map(({ stdout }) => stdout),
        four.hosts.map(({ home }) => `${home}\n`),
      )
    })

    it('leaves nothing when whoever started it is killed', async () => {
      const program = new URL('../hosts/ssh-hosts.ts', import.meta.url).href
      const script = `const { openHosts } = await import('${program}')
        const hosts = await openHosts('${provider}')
        console.log(hosts.config)
        await hosts.host(0).run('sleep 1000')`
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script])
      let printed = ''
      child.stdout.on('data', (data: Buffer) => (printed += data.toString()))
      await until('hosts are open', () => printed.endsWith('\n'), 60_000)
      const base = dirname(dirname(printed.trim()))
      assert.ok(existsSync(base))
      child.kill('SIGKILL')
      await until('its files are gone', () => !existsSync(base))
      await until('its processes are gone', () => processesThatName(base).length === 0)
      if (provider === 'docker') assert.equal(await containerOf(projectOf(base), 'host-a'), '')
    })
  })
}
