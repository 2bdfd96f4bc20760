import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { SyncError } from '../../lib/core/errors.ts'
import { readConfig, requireConfig } from '../../lib/daemon/config-reader.ts'
import { editConfig } from '../../lib/daemon/config-edit.ts'
import { homeId } from '../../lib/daemon/home-id.ts'
import { addHost } from '../../lib/daemon/host-registration.ts'
import { isFollower, readHub } from '../../lib/daemon/hub-record.ts'
import { kitHome } from '../../lib/daemon/kit-home.ts'
import { readPrivateFile, writePrivateFile } from '../../lib/daemon/private-file.ts'
import { addRoot } from '../../lib/daemon/root-registration.ts'
import { rosterOf } from '../../lib/daemon/roster.ts'
import { serveRoot, servedRoots } from '../../lib/daemon/served-roots.ts'
import { sessionSpecs } from '../../lib/daemon/session-specs.ts'
import { newsOf } from '../../lib/relay/hub-news.ts'
import { planTake } from '../../lib/relay/take-plan.ts'
import { takeRoots } from '../../lib/relay/take-roots.ts'
import { ToldRecords } from '../../lib/relay/told-record.ts'
import type { TemporaryHome } from '../daemon/temporary-home.ts'
import { temporaryHome } from '../daemon/temporary-home.ts'

type Place = Pick<TemporaryHome, 'host' | 'userHome' | 'home' | 'askHost'>

interface Three {
  readonly one: TemporaryHome
  readonly twin: Place
  readonly third: Place
  readonly id: string
}

/** Three homes with one root on all; the first is the hub and has told the second of all. */
async function three(t: TestContext): Promise<Three> {
  const one = temporaryHome(t)
  one.directory('projects/site')
  editConfig(one.home, ['name'], 'one')
  const place = (name: string): Place => {
    const userHome = join(one.userHome, `${name}-disk`)
    mkdirSync(join(userHome, 'projects/site'), { recursive: true })
    return { host: name, userHome, home: kitHome(join(userHome, '.dsync')), askHost: one.askHost }
  }
  const [twin, third] = [place('twin'), place('third')]
  for (const { host, userHome } of [twin, third]) await addHost(one, host, { pipe: userHome })
  const everywhere = { on: [], at: {}, watcher: {} }
  const { id } = await addRoot(one, '~/projects/site', everywhere)
  editConfig(one.home, ['ignore'], ['*.iso'])
  const roster = rosterOf(requireConfig(one.home), { ...one, host: 'one' })
  const news = newsOf({ hub: 'one', here: 'twin', version: '1' }, undefined, roster)
  const request = { root: id, path: join(twin.userHome, 'projects/site'), options: {} }
  new ToldRecords(twin.home, () => 5).told(request, `5 ${JSON.stringify(news)}`)
  return { one, twin, third, id }
}

const acquaintSession = (): Promise<void> => Promise.resolve()

describe('a host that takes the roots of a lost hub', () => {
  it('drives them with every host there is, the old hub among them', async t => {
    const { one, twin, third, id } = await three(t)
    const plan = await planTake(twin, { ssh: {} })
    assert.deepEqual(
      plan.hosts.map(({ name, state }) => [name, state]),
      [
        ['one', 'reached'],
        ['third', 'reached'],
      ],
    )
    const acquainted: string[] = []
    const { claim, untold } = await takeRoots(plan, {
      ...twin,
      acquaintSession: async (_home, session) => void acquainted.push(session),
    })
    assert.deepEqual([claim.epoch, claim.name, untold], [2, 'twin', []])
    assert.deepEqual(acquainted.toSorted(), [`${id}/one`, `${id}/third`])
    for (const { home } of [one, third]) assert.deepEqual(readHub(home), claim)
    assert.deepEqual(servedRoots(one.home), [{ id, path: join(one.userHome, 'projects/site') }])
    const { specs, problems } = sessionSpecs(requireConfig(twin.home), { ...twin, host: 'twin' }, new Set())
    assert.deepEqual(problems, [])
    assert.deepEqual(
      specs.map(({ beta, ignore }) => [beta.host, beta.root, ignore.patterns]),
      [
        ['one', join(one.userHome, 'projects/site'), ['*.iso']],
        ['third', join(third.userHome, 'projects/site'), ['*.iso']],
      ],
    )
  })

  it('is no hub before the last step, and one afterwards, wherever it is cut', async t => {
    const { one, twin } = await three(t)
    const plan = await planTake(twin, { ssh: {} })
    const cut = (): Promise<void> => Promise.reject(new SyncError('INTERRUPTED', 'cut'))
    await assert.rejects(takeRoots(plan, { ...twin, acquaintSession: cut }), { code: 'INTERRUPTED' })
    assert.deepEqual([isFollower(twin.home), isFollower(one.home)], [true, false])
    const again = await planTake(twin, { ssh: {} })
    await takeRoots(again, { ...twin, acquaintSession })
    assert.deepEqual([isFollower(twin.home), isFollower(one.home)], [false, true])
  })

  it('says which host has not heard of it, and is right all the same', async t => {
    const { twin, third } = await three(t)
    rmSync(third.userHome, { recursive: true })
    const plan = await planTake(twin, { ssh: {} })
    const { untold } = await takeRoots(plan, { ...twin, acquaintSession })
    assert.deepEqual(
      untold.map(({ name }) => name),
      ['third'],
    )
    assert.equal(readHub(twin.home)?.hub, homeId(twin.home))
  })

  it('takes none that is not there, and none that went one way', async t => {
    const { one, twin, id } = await three(t)
    rmSync(join(twin.userHome, 'projects'), { recursive: true })
    const [missing] = (await planTake(twin, { ssh: {} })).roots
    assert.equal(missing?.left, 'it is not there')
    mkdirSync(join(twin.userHome, 'projects/site'), { recursive: true })
    editConfig(one.home, ['roots', '~/projects/site', 'mode'], 'send')
    const roster = rosterOf(requireConfig(one.home), { ...one, host: 'one' })
    const news = newsOf({ hub: 'one', here: 'twin', version: '1' }, undefined, roster)
    new ToldRecords(twin.home, () => 6).told({ root: id, path: '/', options: {} }, `6 ${JSON.stringify(news)}`)
    const [oneWay] = (await planTake(twin, { ssh: {} })).roots
    assert.match(oneWay?.left ?? '', /one-way/)
  })

  it('keeps what its own settings say of roots that the hub does not know of', async t => {
    const { one, twin, third } = await three(t)
    const ids = { kept: 'c'.repeat(32), off: 'd'.repeat(32) }
    for (const path of ['alone', 'off', 'later']) mkdirSync(join(twin.userHome, path))
    editConfig(twin.home, ['hosts', 'fourth'], { pipe: third.userHome })
    editConfig(twin.home, ['roots', '~/alone'], { id: ids.kept, on: ['fourth'] })
    editConfig(twin.home, ['roots', '~/off'], { id: ids.off, on: ['fourth'] })
    writePrivateFile(twin.home.paths, `# mine\n~/off\n${twin.userHome}/alone\n~/later\n`)
    serveRoot(twin.home, { id: ids.kept, path: join(twin.userHome, 'alone') })
    const plan = await planTake(twin, { ssh: {} })
    assert.deepEqual(
      plan.roots.map(({ root, on, left }) => [root, on, left]),
      [
        ['~/projects/site', ['one', 'third'], undefined],
        ['~/off', ['fourth'], 'one took it off; dsync roots add ~/off brings it back'],
        ['~/alone', ['fourth'], undefined],
      ],
    )
    const acquainted: string[] = []
    await takeRoots(plan, { ...twin, acquaintSession: async (_home, session) => void acquainted.push(session) })
    assert.ok(acquainted.includes(`${ids.kept}/fourth`), 'it is compared anew')
    assert.equal(readPrivateFile(twin.home.paths), `# mine\n#~/off\n${twin.userHome}/alone\n~/later\n~/projects/site\n`)
    assert.equal(isFollower(one.home), true)
  })

  it('goes by its own settings where it was the hub before, and refuses a host that nobody knows', async t => {
    const { one, twin } = await three(t)
    await takeRoots(await planTake(twin, { ssh: {} }), { ...twin, acquaintSession })
    const plan = await planTake(one, { ssh: {} })
    assert.deepEqual([plan.isHere, plan.name, plan.roots.map(({ on }) => on)], [false, 'one', [['twin', 'third']]])
    await takeRoots(plan, { ...one, acquaintSession })
    assert.deepEqual([readHub(twin.home)?.epoch, isFollower(twin.home)], [3, true])
    await assert.rejects(planTake(twin, { ssh: { nobody: 'x' } }), { code: 'USAGE' })
    assert.deepEqual(readConfig(twin.home).problems, [])
  })
})
