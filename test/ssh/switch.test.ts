import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { hasTerminals, switchTyped } from '../pipe/switch-typed.ts'
import { SshPair } from './ssh-pair.ts'

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
