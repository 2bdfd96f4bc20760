import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import type { KitHome } from '../../lib/daemon/kit-home.ts'
import { kitHome } from '../../lib/daemon/kit-home.ts'
import { serveRoot } from '../../lib/daemon/served-roots.ts'
import { newsBytes } from '../../lib/protocol/bounds.ts'
import type { ToldSession } from '../../lib/relay/hub-news.ts'
import { newsOf, readNews } from '../../lib/relay/hub-news.ts'
import { ToldRecords, readTold, sweepTold } from '../../lib/relay/told-record.ts'
import type { ConflictInfo } from '../../lib/sync/session-handle.ts'
import { listed } from '../../lib/sync/session-handle.ts'

const names = { hub: 'laptop', here: 'mac00', version: '1' }

function session(path = 'p'): ToldSession {
  return {
    ...{ root: '/home/ann/code', host: 'laptop', state: 'watching', since: 1, lastSyncAt: 2, transport: 'ssh' },
    ...{ entries: { alpha: 1, beta: 1 }, queued: 0, inFlight: 0, bytesQueued: 0, conflicts: 1, mode: 'two-way' },
    problems: listed(Array.from({ length: 100 }, () => ({ path, side: 'alpha' as const, why: 'EACCES' }))),
    ...{ holds: [], notices: listed([]), untaken: listed([]), sides: {} },
  }
}

function conflict(path: string): ConflictInfo {
  const { root, host } = session()
  const sides = { alpha: { kind: 'file' }, beta: { kind: 'absent' } } as const
  return { root, host, path, kind: 'content', since: 1, hosts: { alpha: 'mac00', beta: 'laptop' }, sides }
}

describe('the news of a hub', () => {
  it('are read as they were told', () => {
    const told = newsOf(names, { session: session(), conflicts: [conflict('a')] })
    assert.equal(told.session?.problems.total, 100)
    assert.deepEqual(readNews(JSON.parse(JSON.stringify(told))), told)
    assert.deepEqual(readNews(JSON.parse(JSON.stringify(newsOf(names, undefined)))), { ...names, conflicts: [] })
  })

  it('stay within what may be told, however long the names are', () => {
    for (const length of [1, 200, 4000, 40_000]) {
      const path = 'ü'.repeat(length)
      const conflicts = Array.from({ length: 1000 }, () => conflict(path))
      const text = JSON.stringify(newsOf(names, { session: session(path), conflicts }))
      assert.ok(Buffer.byteLength(text) + 20 <= newsBytes, `${length}: ${Buffer.byteLength(text)}`)
    }
  })

  const wrong: readonly (readonly [string, object])[] = [
    ['no state', { state: 7 }],
    ['no list', { problems: 'x' }],
    ['no first items', { notices: { total: 1 } }],
    ['no hold', { holds: [{}] }],
    ['no count', { queued: '1' }],
    ['a path that is no text', { problems: { total: 1, first: [{ path: 7, why: 'x' }] } }],
    ['no times', { latency: { medianMs: '1', p99Ms: 2 } }],
    ['entries that cannot be counted', { entries: { alpha: {} } }],
    ['a reason that is no text', { why: {} }],
  ]
  for (const [what, fields] of wrong) {
    it(`are not believed with ${what}`, () => {
      assert.deepEqual(readNews({ ...names, session: { ...session(), ...fields } }), { ...names, conflicts: [] })
    })
  }

  it('are none without a name, and hold only conflicts that can be shown', () => {
    for (const value of [undefined, null, 7, [], {}, { ...names, hub: 7 }]) assert.equal(readNews(value), undefined)
    const listing = [conflict('a'), {}, null, { ...conflict('b'), sides: {} }, { ...conflict('c'), hosts: [] }]
    assert.deepEqual(readNews({ ...names, conflicts: listing })?.conflicts, [conflict('a')])
  })
})

describe('what a host keeps of them', () => {
  const request = { root: 'r1', path: '/home/ann/code', options: { ignore: 'x' } }
  const text = `1000 ${JSON.stringify(newsOf(names, { session: session(), conflicts: [] }))}`

  it('is its own to read, with the times of both clocks, and when the hub went', t => {
    const home = temporary(t)
    let now = 5000
    const records = new ToldRecords(home, () => now)
    records.told(request, text)
    now = 6000
    records.told(request, undefined)
    const told = readTold(home, 'r1')
    assert.deepEqual([told?.at, told?.hubClock, told?.awaySince, told?.options], [5000, 1000, 6000, { ignore: 'x' }])
    records.told(request, text)
    assert.equal(readTold(home, 'r1')?.awaySince, undefined)
    const folder = join(home.state, 'told')
    assert.deepEqual(readdirSync(folder), ['r1.json'])
    assert.equal(statSync(join(folder, 'r1.json')).mode & 0o777, 0o600)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
  })

  it('is not changed by what is no news, nor by a hub that goes before it told anything', t => {
    const home = temporary(t)
    const records = new ToldRecords(home, () => 1)
    for (const said of [undefined, '', 'x', '1 {}', '1 [', `{"hub":"x"}`]) records.told(request, said)
    assert.equal(readTold(home, 'r1'), undefined)
    records.told(request, text)
    records.told(request, '2 {"hub":7}')
    assert.equal(readTold(home, 'r1')?.hubClock, 1000)
  })

  it('goes with its root', t => {
    const home = temporary(t)
    sweepTold(home)
    const records = new ToldRecords(home, () => 1)
    for (const root of ['r1', 'r2']) records.told({ ...request, root }, text)
    serveRoot(home, { id: 'r2', path: '/home/ann/code' })
    sweepTold(home)
    assert.deepEqual(readdirSync(join(home.state, 'told')), ['r2.json'])
    writeFileSync(home.served, 'damaged')
    sweepTold(home)
    assert.deepEqual(readdirSync(join(home.state, 'told')), ['r2.json'])
  })

  it('is nothing when the file is damaged', t => {
    const home = temporary(t)
    mkdirSync(join(home.state, 'told'), { recursive: true })
    for (const content of ['', '{', '[]', '{"news":{}}']) {
      writeFileSync(join(home.state, 'told', 'r1.json'), content)
      assert.equal(readTold(home, 'r1'), undefined)
    }
  })
})

function temporary(t: TestContext): KitHome {
  const directory = mkdtempSync(join(tmpdir(), 'dsync-told-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return kitHome(directory)
}
