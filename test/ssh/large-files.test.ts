import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chownSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { rsyncIsMissing } from '../sync/lane-pair.ts'
import { SshPair } from './ssh-pair.ts'

const size = 24 * 1024 * 1024

for (const { name, skip } of providers()) {
  describe(`large files, ${name}`, { skip: skip === false ? (rsyncIsMissing() ?? false) : skip }, () => {
    it('go by rsync, both ways, and then only what changed in them', { timeout: 200_000 }, async t => {
      const set = await sshHosts(t, name, 1)
      const pair = await SshPair.over(set)
      t.after(() => pair.close())
      await pair.start()
      const content = randomBytes(size)
      const here = join(pair.alpha, "a dir with 'quotes'.bin")
      writeFileSync(here, content)
      await pair.ok('sync')
      const there = join(pair.beta, "a dir with 'quotes'.bin")
      assert.ok(readFileSync(there).equals(content))
      content.fill(1, 10_000_000, 10_000_020)
      writeFileSync(there, content)
      const uid = pair.uidOf('beta')
      if (uid !== undefined) chownSync(there, uid, uid)
      await pair.ok('sync')
      assert.ok(readFileSync(here).equals(content))
      const lines = pair.audit().filter(({ event }) => event === 'carried' || event === 'fallback')
      assert.deepEqual(
        lines.map(({ event, side }) => [event, side]),
        [
          ['carried', 'beta'],
          ['carried', 'alpha'],
        ],
        JSON.stringify(lines),
      )
      assert.equal(lines[0]?.['sent'], size)
      assert.ok(Number(lines[1]?.['sent']) < 200_000, `${String(lines[1]?.['sent'])} bytes were sent for 20`)
    })

    const shared = name === 'loopback' ? 'needs a host with programs of its own' : false
    it('go by an rsync that a login there does not find', { timeout: 200_000, skip: shared }, async t => {
      const set = await sshHosts(t, name, 1)
      const host = set.host(0)
      await host.run('mkdir bin && ln -s $(ls -d /usr/bin/* /usr/local/bin/* | grep -v /rsync) bin/ || :')
      await host.reloadSshd(`SetEnv PATH=${host.home}/bin`)
      const pair = await SshPair.over(set)
      t.after(() => pair.close())
      await pair.start()
      writeFileSync(join(pair.alpha, 'large'), randomBytes(6 * 1024 * 1024))
      await pair.ok('sync')
      const lines = pair.audit().filter(({ event }) => event === 'carried' || event === 'fallback')
      assert.deepEqual(
        lines.map(({ event, side }) => [event, side]),
        [['carried', 'beta']],
        JSON.stringify(lines),
      )
    })
  })
}
