import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { readConfig } from '../../lib/daemon/config-reader.ts'
import { answerQuestion } from '../../lib/daemon/host-answers.ts'
import type { AskHost } from '../../lib/daemon/host-question.ts'
import { addHost, checkHosts, listHosts } from '../../lib/daemon/host-registration.ts'
import { ownClaim } from '../../lib/daemon/hub-record.ts'
import { addRoot, removeRoot } from '../../lib/daemon/root-registration.ts'
import { servedRoots } from '../../lib/daemon/served-roots.ts'
import { sessionSpecs } from '../../lib/daemon/session-specs.ts'
import type { TemporaryHome } from './temporary-home.ts'
import { temporaryHome } from './temporary-home.ts'

const everywhere = { on: [], at: {}, watcher: {} }
const machine = { platform: 'linux-x64', runtime: 'node 24.12.0', rsync: undefined }

/** Two homes, of which one asks the other as over a wire: questions and answers as text. */
function twoMachines(
  t: TestContext,
  answering?: TemporaryHome,
): { readonly here: TemporaryHome; readonly there: TemporaryHome } {
  const [mine, there] = [temporaryHome(t), answering ?? temporaryHome(t)]
  const askHost: AskHost = async (_host, question) => {
    const asked: unknown = JSON.parse(JSON.stringify(question))
    return JSON.parse(JSON.stringify(await answerQuestion({ ...there, ...machine }, asked)))
  }
  return { here: { ...mine, askHost }, there }
}

describe('a host on another machine', () => {
  it('is asked once where things lie, and serves what it was told to', async t => {
    const { here, there } = twoMachines(t)
    here.directory('projects')
    assert.deepEqual(await addHost(here, 'mac00', { ssh: 'dev@mac00' }), {
      name: 'mac00',
      transport: 'ssh',
      target: 'dev@mac00',
      roots: [],
    })
    const { id } = await addRoot(here, '~/projects', everywhere)
    const place = join(there.userHome, 'projects')
    assert.deepEqual(servedRoots(there.home), [{ id, path: place }])
    const { config } = readConfig(here.home)
    assert.ok(config)
    const { specs, problems } = sessionSpecs(config, here, new Set())
    assert.deepEqual(problems, [])
    assert.deepEqual(
      specs.map(({ way, beta }) => [way, beta.root, beta.kitHome]),
      [[{ kind: 'ssh', target: 'dev@mac00', program: 'ssh', configFile: undefined }, place, there.home.directory]],
    )
    const [check] = await checkHosts(here, undefined)
    assert.deepEqual([check?.reachable, check?.problems, check?.facts?.served], [true, [], [id]])
    await removeRoot(here, '~/projects', [])
    assert.deepEqual(servedRoots(there.home), [])
  })

  it('has the names of its hub and of the roots for its shells, from the moment it hears of them', async t => {
    const { here, there } = twoMachines(t)
    here.directory('projects')
    await addHost(here, 'mac00', { ssh: 'mac00' })
    const places = (): string => readFileSync(there.home.places, 'utf8')
    const hub = await ownClaim(here)
    await here.askHost(
      { name: 'mac00', target: 'mac00', program: 'ssh', configFile: undefined },
      { ask: 'follow', hub },
    )
    assert.equal(places(), `host ${here.host}\n`)
    await addRoot(here, '~/projects', everywhere)
    assert.equal(places(), `host ${here.host}\nroot ${join(there.userHome, 'projects')}\n`)
    await removeRoot(here, '~/projects', [])
    assert.equal(places(), `host ${here.host}\n`)
  })

  it('may not be this one', async t => {
    const own = temporaryHome(t)
    const { here } = twoMachines(t, own)
    const self = { ...own, askHost: here.askHost }
    await assert.rejects(addHost(self, 'self', { ssh: 'localhost' }), { code: 'USAGE', message: /it is this one/ })
    assert.deepEqual(listHosts(self), [])
  })

  it('may not be one that is known under another name', async t => {
    const { here } = twoMachines(t)
    await addHost(here, 'mac00', { ssh: 'mac00' })
    await assert.rejects(addHost(here, 'mac01', { ssh: 'mac00.local' }), {
      code: 'USAGE',
      message: /it is mac00 already/,
    })
    assert.deepEqual(
      listHosts(here).map(({ name }) => name),
      ['mac00'],
    )
    await addHost(here, 'mac00', { ssh: 'mac00' })
  })

  it('is not given another way under the same name', async t => {
    const { here } = twoMachines(t)
    await addHost(here, 'mac00', { ssh: 'mac00' })
    await addHost(here, 'mac00', { ssh: 'mac00' })
    await assert.rejects(addHost(here, 'mac00', { ssh: 'other' }), { code: 'EXISTS', message: /it is mac00 already/ })
    await assert.rejects(addHost(here, 'mac00', { pipe: join(here.userHome, 'x') }), { code: 'EXISTS' })
  })

  it('that was only written into the settings is a problem with the command to run', async t => {
    const { here } = twoMachines(t)
    here.directory('projects')
    await addHost(here, 'mac00', { ssh: 'mac00' })
    const { id } = await addRoot(here, '~/projects', everywhere)
    writeFileSync(
      here.home.config,
      JSON.stringify({ hosts: { new: { ssh: 'new' } }, roots: { '~/projects': { id, on: ['new'] } } }),
    )
    const { config } = readConfig(here.home)
    assert.ok(config)
    const { specs, problems } = sessionSpecs(config, here, new Set())
    assert.deepEqual([specs.length, problems[0]?.hint], [0, 'dsync hosts check new'])
    await checkHosts(here, 'new')
    assert.equal(sessionSpecs(config, here, new Set()).specs.length, 1)
  })

  const refused: readonly (readonly [
    says: string,
    make: (there: TemporaryHome, root: string) => unknown,
    why: RegExp,
  ])[] = [
    ['is a file', there => writeFileSync(join(there.userHome, 'projects'), ''), /not a directory/],
    [
      'is the very one here',
      (there, root) => symlinkSync(root, join(there.userHome, 'projects')),
      /the same directory/,
    ],
    ['leads to its ssh keys', there => link(there, '.ssh'), /ssh keys/],
    [
      'leads into dsync’s home',
      there => symlinkSync(there.home.work, join(there.userHome, 'projects')),
      /own directory/,
    ],
    ['leads to the home', there => symlinkSync(there.userHome, join(there.userHome, 'projects')), /home directory/],
  ]
  for (const [says, make, why] of refused) {
    it(`refuses a root whose place there ${says}`, async t => {
      const { here, there } = twoMachines(t)
      const root = here.directory('projects')
      await addHost(here, 'mac00', { ssh: 'mac00' })
      make(there, root)
      await assert.rejects(addRoot(here, '~/projects', everywhere), { code: 'ROOT_REFUSED', message: why })
      assert.deepEqual(readConfig(here.home).config?.roots, Object.create(null))
      assert.deepEqual(servedRoots(there.home), [])
      assert.deepEqual(readdirSync(root), [])
    })
  }

  const nonsense: readonly unknown[] = [
    undefined,
    [],
    { ask: 'serve' },
    { ask: 'serve', id: 'x', path: '/p' },
    { ask: 'serve', id: 'a'.repeat(32), path: 'relative' },
    { ask: 'serve', id: 'a'.repeat(32), path: '/a\0b' },
    { ask: 'run', id: 'a'.repeat(32) },
  ]
  for (const question of nonsense) {
    it(`does not answer ${JSON.stringify(question)}`, async t => {
      const there = temporaryHome(t)
      const answer = await answerQuestion({ ...there, ...machine }, question)
      assert.ok('error' in answer && answer.error.code === 'PROTOCOL')
      assert.deepEqual(servedRoots(there.home), [])
    })
  }

  const lies: readonly unknown[] = [
    undefined,
    {},
    { ok: {} },
    { ok: { userHome: 'relative', kitHome: '/k', homeId: 'x', platform: 'p', runtime: 'r', served: [] } },
    { ok: { userHome: '/h', kitHome: '/k', homeId: 'x', platform: 'p', runtime: 'r', served: [1] } },
    { error: { code: 1 } },
  ]
  for (const lie of lies) {
    it(`is not believed when it answers ${JSON.stringify(lie)}`, async t => {
      const here = temporaryHome(t)
      await assert.rejects(addHost({ ...here, askHost: async () => lie }, 'mac00', { ssh: 'mac00' }), {
        code: 'PROTOCOL',
      })
      assert.deepEqual(listHosts(here), [])
    })
  }
})

function link(there: TemporaryHome, name: string): void {
  mkdirSync(join(there.userHome, name))
  symlinkSync(join(there.userHome, name), join(there.userHome, 'projects'))
}
