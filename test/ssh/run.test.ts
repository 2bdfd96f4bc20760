import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { logins } from '../hosts/host.ts'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { until } from '../pipe/until.ts'
import { SshPair } from './ssh-pair.ts'

const dsync = fileURLToPath(new URL('../../scripts/sync-manager.ts', import.meta.url))
const hasTerminals = spawnSync('script', ['--version']).error === undefined

for (const { name, skip } of providers()) {
  describe(`dsync run over ssh, ${name}`, { skip, timeout: 150_000 }, () => {
    it('runs there with what is here, and tells 255 from a lost connection', async t => {
      const set = await sshHosts(t, name, 1)
      const pair = await SshPair.over(set)
      t.after(() => pair.close())
      const here = join(pair.alpha, "it's here")
      mkdirSync(here)
      await pair.start()
      const run = (...words: readonly string[]) => pair.dsyncIn({ cwd: here }, 'run', '--', ...words)

      writeFileSync(join(here, 'in'), 'typed just now')
      const ran = await run(
        'sh',
        '-c',
        'cat in > out; pwd -P; printf "[%s]" "$@"; echo said >&2; exit 3',
        'sh',
        '',
        '$x\n',
      )
      assert.deepEqual(
        [ran.code, ran.stdout, ran.stderr],
        [3, `${pair.other.home}/project/it's here\n[][$x\n]`, 'said\n'],
      )
      assert.equal(readFileSync(join(here, 'out'), 'utf8'), 'typed just now')
      for (const [code, ...words] of [
        [255, 'sh', '-c', 'exit 255'],
        [143, 'sh', '-c', 'kill -TERM $$'],
        [127, 'no-such-program'],
      ] as const) {
        assert.equal((await run(...words)).code, code, words.join(' '))
      }

      const cut = run('sh', '-c', 'touch begun; exec sleep 60')
      await until('it runs', () => readdirSync(join(pair.beta, "it's here")).includes('begun'))
      await set.host(0).kill(logins)
      const { code, stderr } = await cut
      assert.equal(code, 125, stderr)
      assert.match(stderr, /Cannot tell how sh on twin ended: The connection to .* ended/)
      await set.host(0).kill(/^sleep 60/)
      assert.deepEqual(
        readdirSync(join(pair.userHome, '.dsync/run')).filter(file => file.startsWith('ssh-')),
        [],
      )
    })

    it('runs what is trusted there once changes have arrived', async t => {
      const set = await sshHosts(t, name, 1)
      const pair = await SshPair.over(set)
      t.after(() => pair.close())
      const wanted = [{ command: ['sh', '-c', 'echo "it is $(cat in)"; exit 255'], on: 'twin' }]
      await pair.ok('config', 'set', 'roots.~/project.afterSync', JSON.stringify(wanted))
      await pair.ok('config', 'trust', '--yes')
      await pair.start()
      await pair.ok('sync')
      writeFileSync(join(pair.alpha, 'in'), 'there')
      const ran = () => pair.audit().find(({ event }) => event === 'after-sync')
      await until('it ran', () => ran() !== undefined)
      assert.equal(ran()?.['why'], 'ended with 255')
      assert.match(readFileSync(join(pair.userHome, '.dsync/after-sync.log'), 'utf8'), /\nit is there\n/)
    })

    it(
      'gives it a terminal where there is one, and Ctrl-C',
      {
        skip: hasTerminals ? false : 'needs the program script (util-linux)',
      },
      async t => {
        const set = await sshHosts(t, name, 1)
        const pair = await SshPair.over(set)
        t.after(() => pair.close())
        await pair.start()
        await pair.ok('sync')
        const inner = 'trap "echo caught; exit 9" INT; test -t 0 && test -t 1 && echo ready; while :; do sleep 1; done'
        const words = [process.execPath, dsync, 'run', '--', 'sh', '-c', inner]
        const line = words.map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
        const { PATH } = process.env
        const child = spawn('script', ['-qec', line, '/dev/null'], {
          cwd: pair.alpha,
          env: { PATH, HOME: pair.userHome, SHELL: '/bin/sh' },
        })
        t.after(() => child.kill('SIGKILL'))
        let [said, code]: [string, number | null | undefined] = ['', undefined]
        child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
        child.once('close', ended => (code = ended))
        await until('the terminal is there', () => /ready/.test(said))
        child.stdin.write('\u0003')
        await until('it has ended', () => code !== undefined)
        assert.equal(code, 9, said)
        assert.match(said, /caught/)
        assert.doesNotMatch(said, /Connection|dsync:/)
      },
    )
  })
}
