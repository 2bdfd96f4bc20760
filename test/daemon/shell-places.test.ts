import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
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
