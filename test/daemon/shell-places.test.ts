import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { ensureKitHome } from '../../lib/daemon/kit-home.ts'
import { placesText, writePlaces } from '../../lib/daemon/shell-places.ts'
import { temporaryHome } from './temporary-home.ts'

describe('the names that shells read', () => {
  it('are those of the settings, a line each, a root as typed and with links followed', () => {
    const names = { hosts: ['mac00', 'a b', 'x;y', '-n'], roots: ['~/projects', '/data', '~/a\nb'] }
    const realPath = (path: string): string => path.replace('/data', '/disk/data')
    assert.equal(
      placesText(names, { userHome: '/home/me', realPath }),
      'host mac00\nroot /home/me/projects\nroot /data\nroot /disk/data\n',
    )
  })
  it('are on a host that follows its hub, and the roots that it serves', t => {
    const here = temporaryHome(t)
    ensureKitHome(here.home)
    const hub = { hub: 'a'.repeat(32), name: 'laptop', epoch: 1, at: 1 }
    writeFileSync(`${here.home.state}/hub.json`, JSON.stringify(hub), { mode: 0o600 })
    writeFileSync(here.home.served, JSON.stringify([{ id: 'b'.repeat(32), path: '/srv/data' }]), { mode: 0o600 })
    writePlaces(here)
    assert.equal(readFileSync(here.home.places, 'utf8'), 'host laptop\nroot /srv/data\n')
  })
  it('lie in the home, for nobody else, and where a shell was last is not forgotten', t => {
    const here = temporaryHome(t)
    writeFileSync(here.home.config, '{ "hosts": { "pi": {} }, "roots": { "/srv": {} } }')
    writeFileSync(here.home.sessionCwd, '/srv/x\n', { mode: 0o600 })
    writePlaces(here)
    assert.equal(readFileSync(here.home.places, 'utf8'), 'host pi\nroot /srv\n')
    assert.equal(statSync(here.home.places).mode & 0o777, 0o600)
    assert.equal(readFileSync(here.home.sessionCwd, 'utf8'), '/srv/x\n')
  })
})
