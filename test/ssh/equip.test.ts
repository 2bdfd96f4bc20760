import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { SshPair } from './ssh-pair.ts'

/** A loopback host has the Node of these tests, so that only the kit is sent; logging in to a container tells the rest. */
const skip = providers().find(({ name }) => name === 'loopback')?.skip ?? 'loopback hosts were not chosen'

describe('what is put on another host', { skip }, () => {
  it('is put there once, brought up to date, and taken away to the last file', { timeout: 240_000 }, async t => {
    const set = await sshHosts(t, 'loopback', 1)
    const host = set.host(0)
    await host.write('.bashrc', '# mine\n')
    const before = await host.tree('.')
    const pair = SshPair.beside(set)
    t.after(() => pair.close())

    const added = await pair.ok('hosts', 'add', 'twin', '--ssh', host.name, '--shell', '--json')
    const [row] = (added.json as { hosts: readonly { put?: { kit?: string } }[] }).hosts
    assert.match(row?.put?.kit ?? '', /^\d+\.\d+\.\d+-[0-9a-f]{12}$/)
    assert.match(await host.run('.dsync/bin/dsync --version'), /^dsync \d/)
    assert.match(String(await host.read('.bashrc')), /^# mine\n# >>> dsync >>>$/m)
    assert.match(await host.run('bash -ic "command -v dsync; type dsync" 2>/dev/null'), /\.dsync\/bin\/dsync/)

    const again = await pair.ok('hosts', 'update')
    assert.equal(again.stdout, 'twin is up to date.\n')
    await host.run('rm -r .dsync/kit/current/dist && mkdir .dsync/kit/current/dist')
    const mended = await pair.ok('hosts', 'update', 'twin')
    assert.match(mended.stdout, /^Updated twin\.\n/)
    assert.match(await host.run('.dsync/bin/dsync --version'), /^dsync \d/)

    const newer = '99.0.0-0123456789ab'
    await host.run(`cd .dsync/kit && cp -r "$(readlink current)" ${newer} && ln -sfn ${newer} current`)
    const refused = await pair.dsync('hosts', 'update')
    assert.deepEqual([refused.code, refused.stdout], [1, ''])
    assert.match(refused.stderr, /it has dsync 99\.0\.0, which is newer\n {2}→ .*--upgrade/)
    const unreached = await pair.dsync('hosts', 'check')
    assert.match(unreached.stdout, /It has dsync 99\.0\.0, which is newer than/)

    const removed = await pair.ok('hosts', 'remove', 'twin', '--purge')
    assert.match(removed.stdout, /dsync is gone from it\.\n$/)
    assert.deepEqual(await host.tree('.'), before)
  })
})
