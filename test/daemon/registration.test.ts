import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { kitHome } from '../../lib/daemon/kit-home.ts'
import { addHost, checkHosts, listHosts, removeHost } from '../../lib/daemon/host-registration.ts'
import type { RootChoice } from '../../lib/daemon/root-registration.ts'
import { addRoot, listRoots, removeRoot } from '../../lib/daemon/root-registration.ts'
import { readConfig } from '../../lib/daemon/config-reader.ts'
import { servedRoots } from '../../lib/daemon/served-roots.ts'
import { sessionSpecs } from '../../lib/daemon/session-specs.ts'
import { temporaryHome } from './temporary-home.ts'

const everywhere: RootChoice = { on: [], at: {}, watcher: {} }

describe('hosts and roots', () => {
  it('are written where both homes find them', async t => {
    const here = temporaryHome(t)
    here.directory('projects')
    await addHost(here, 'twin', { pipe: join(here.userHome, 'twin') })
    const root = await addRoot(here, join(here.userHome, 'projects'), everywhere)
    const place = join(here.userHome, 'twin', 'projects')
    assert.match(root.id, /^[0-9a-f]{32}$/)
    assert.deepEqual([root.root, root.on], ['~/projects', [{ host: 'twin', path: place, watcher: 'auto' }]])
    const twin = kitHome(join(here.userHome, 'twin', '.dsync'))
    assert.deepEqual(servedRoots(twin), [{ id: root.id, path: place }])
    for (const file of [here.home.config, here.home.paths, twin.served])
      assert.equal(statSync(file).mode & 0o777, 0o600, file)
    assert.equal(statSync(twin.directory).mode & 0o777, 0o700)
    assert.deepEqual(
      (await checkHosts(here, undefined)).map(({ reachable, problems }) => [reachable, problems]),
      [[true, []]],
    )
    assert.deepEqual(
      readdirSync(here.home.directory).filter(name => name.endsWith('.part')),
      [],
    )
  })

  it('on a disk that is not there are not reached, and nothing is made in its place', async t => {
    const here = temporaryHome(t)
    const disk = join(here.userHome, 'disk')
    await addHost(here, 'disk', { pipe: disk })
    rmSync(disk, { recursive: true })
    const [check] = await checkHosts(here, undefined)
    const problem = { message: `${disk} is not there`, hint: 'mount it, or put it back' }
    assert.deepEqual([check?.reachable, check?.problems], [false, [problem]])
    assert.equal(existsSync(disk), false)
  })

  it('come to a root one by one, whatever becomes of the others', async t => {
    const here = temporaryHome(t)
    here.directory('projects')
    const disk = here.directory('disk')
    await addHost(here, 'disk', { pipe: disk })
    const root = join(here.userHome, 'projects')
    const { id } = await addRoot(here, root, everywhere)
    await addHost(here, 'twin', { pipe: here.directory('twin') })
    rmSync(disk, { recursive: true })
    const { on } = await addRoot(here, root, { ...everywhere, on: ['twin'] })
    assert.deepEqual(
      on.map(({ host }) => host),
      ['disk', 'twin'],
    )
    assert.equal(existsSync(disk), false, 'who is not named is not asked')
    const served = servedRoots(kitHome(join(here.userHome, 'twin', '.dsync')))
    assert.deepEqual(served, [{ id, path: join(here.userHome, 'twin', 'projects') }])
  })

  it('become a session for each host, with what each side needs', async t => {
    const here = temporaryHome(t)
    here.directory('projects')
    await addHost(here, 'twin', { pipe: here.directory('twin') })
    await addHost(here, 'disk', { pipe: here.directory('disk') })
    const watcher = { '': 'chokidar', disk: 'polling' } as const
    const { id } = await addRoot(here, join(here.userHome, 'projects'), {
      on: [],
      at: { disk: here.directory('elsewhere') },
      watcher,
    })
    await addRoot(here, '~/projects', everywhere)
    const { config } = readConfig(here.home)
    assert.ok(config)
    const { specs, problems } = sessionSpecs(config, here, new Set([`${id}/twin`]))
    assert.deepEqual(problems, [])
    assert.deepEqual(
      specs.map(({ alpha, beta, paused }) => [alpha.watcher, beta.host, beta.root, beta.watcher, paused]),
      [
        ['chokidar', 'disk', join(here.userHome, 'elsewhere'), 'polling', false],
        ['chokidar', 'twin', join(here.userHome, 'twin', 'projects'), 'auto', true],
      ],
    )
    assert.deepEqual(
      specs.map(({ state }) => state),
      [join(here.home.state, id, 'disk'), join(here.home.state, id, 'twin')],
    )
  })

  it('keep comments and order when a command edits', async t => {
    const here = temporaryHome(t)
    here.directory('a')
    writeFileSync(here.home.config, '// my hosts\n{\n  "hosts": {}, // none yet\n  "name": "me"\n}\n')
    writeFileSync(here.home.paths, '# first\n# ~/a\n')
    await addHost(here, 'twin', { pipe: here.directory('twin') })
    await addRoot(here, join(here.userHome, 'a'), everywhere)
    assert.match(
      readFileSync(here.home.config, 'utf8'),
      /^\/\/ my hosts\n\{\n {2}"hosts": \{[^]*\}, \/\/ none yet\n {2}"name": "me",\n {2}"roots"/,
    )
    assert.equal(readFileSync(here.home.paths, 'utf8'), '# first\n~/a\n')
  })

  it('follow a settings file that is a link', async t => {
    const here = temporaryHome(t)
    const elsewhere = join(here.directory('dotfiles'), 'dsync.json')
    writeFileSync(elsewhere, '{}')
    symlinkSync(elsewhere, here.home.config)
    await addHost(here, 'twin', { pipe: here.directory('twin') })
    assert.match(readFileSync(elsewhere, 'utf8'), /"twin"/)
  })

  it('go without touching a file of the root', async t => {
    const here = temporaryHome(t)
    writeFileSync(join(here.directory('a'), 'file'), 'kept')
    await addHost(here, 'twin', { pipe: here.directory('twin') })
    await addRoot(here, join(here.userHome, 'a'), everywhere)
    await assert.rejects(removeHost(here, 'twin'), { code: 'USAGE', hint: 'dsync roots remove ~/a --on twin' })
    await removeRoot(here, join(here.userHome, 'a'), [])
    assert.deepEqual([listRoots(here), servedRoots(kitHome(join(here.userHome, 'twin', '.dsync')))], [[], []])
    await removeHost(here, 'twin')
    assert.deepEqual(listHosts(here), [])
    assert.equal(readFileSync(join(here.userHome, 'a', 'file'), 'utf8'), 'kept')
    assert.doesNotMatch(readFileSync(here.home.paths, 'utf8'), /~\/a/)
  })

  it('edited by many commands at once are all there', async t => {
    const here = temporaryHome(t)
    const names = Array.from({ length: 8 }, (_, i) => `host${i}`)
    await Promise.all(names.map(name => addHost(here, name, { pipe: join(here.userHome, name) })))
    assert.deepEqual(
      listHosts(here).map(({ name }) => name),
      names,
    )
  })
})

describe('a directory that may not be a root', () => {
  const rows: readonly (readonly [says: string, path: string, why: RegExp])[] = [
    ['is the disk', '/', /the root of the file system/],
    ['is the home', '~', /it is the home directory/],
    ['holds the home', '~/..', /the home directory lies in it/],
    ['is where ssh keeps keys', '~/.ssh', /holds ssh keys/],
    ["lies in dsync's home", '~/.dsync/state', /dsync's own directory/],
    ['is not there', '~/nothing', /does not exist/],
    ['is a file', '~/file', /not a directory/],
    ['lies in a root', '~/projects/site', /lies in the root .*projects/],
    ['holds a root', '~/work', /the root .*deep lies in it/],
    ['is a root by another name', '~/link', /a root already/],
    ["holds the other host's place", '~/twin', /the root .*twin.* lies in it/],
  ]
  for (const [says, path, why] of rows) {
    it(says, async t => {
      const here = temporaryHome(t)
      for (const each of ['projects/site', 'work/deep', '.ssh', 'twin']) here.directory(each)
      writeFileSync(join(here.userHome, 'file'), '')
      symlinkSync(join(here.userHome, 'projects'), join(here.userHome, 'link'))
      await addHost(here, 'twin', { pipe: join(here.userHome, 'twin') })
      await addRoot(here, '~/projects', everywhere)
      await addRoot(here, '~/work/deep', everywhere)
      const before = readFileSync(here.home.config, 'utf8')
      await assert.rejects(addRoot(here, path, everywhere), { code: 'ROOT_REFUSED', message: why })
      assert.equal(readFileSync(here.home.config, 'utf8'), before)
    })
  }

  it('is the same directory on both ends, also by a link', async t => {
    const here = temporaryHome(t)
    const root = here.directory('a')
    symlinkSync(root, join(here.directory('twin'), 'a'))
    await addHost(here, 'twin', { pipe: join(here.userHome, 'twin') })
    await assert.rejects(addRoot(here, root, everywhere), {
      code: 'ROOT_REFUSED',
      message: /the same directory on twin/,
    })
    assert.deepEqual(readdirSync(root), [])
  })

  it('lies in the home of another host', async t => {
    const here = temporaryHome(t)
    await addHost(here, 'twin', { pipe: here.directory('twin') })
    const root = here.directory('a')
    for (const at of [
      here.userHome,
      join(here.userHome, 'twin'),
      join(here.userHome, 'twin', '.dsync', 'x'),
      join(root, 'inside'),
    ]) {
      await assert.rejects(addRoot(here, root, { ...everywhere, at: { twin: at } }), { code: 'ROOT_REFUSED' }, at)
    }
    assert.equal(existsSync(join(here.userHome, 'twin', '.dsync', 'roots.json')), false)
  })

  it('has no place on the other host', async t => {
    const here = temporaryHome(t)
    const other = temporaryHome(t)
    await addHost(here, 'twin', { pipe: here.directory('twin') })
    const outside = other.directory('a')
    await assert.rejects(addRoot(here, outside, everywhere), {
      code: 'USAGE',
      hint: `dsync roots add ${outside} --at twin=PATH`,
    })
  })
})

describe('a host that cannot be', () => {
  const rows: readonly (readonly [string, string, string, RegExp])[] = [
    ['has this host’s name', 'here', 'x', /its own|own/],
    ['has a name ssh would take for an option', '-oX', 'x', /only letters/],
    ['has a word for a name', 'newest', 'x', /meaning of its own/],
    ['is this home', 'twin', '.', /own home/],
    ['lies in dsync’s home', 'twin', '.dsync/work', /dsync's own home/],
  ]
  for (const [says, name, path, why] of rows) {
    it(says, async t => {
      const here = temporaryHome(t)
      await assert.rejects(addHost(here, name, { pipe: join(here.userHome, path) }), { code: 'USAGE', message: why })
    })
  }

  it('is known already as something else', async t => {
    const here = temporaryHome(t)
    await addHost(here, 'twin', { pipe: here.directory('one') })
    await addHost(here, 'twin', { pipe: here.directory('one') })
    await assert.rejects(addHost(here, 'twin', { pipe: here.directory('two') }), { code: 'EXISTS' })
  })
})
