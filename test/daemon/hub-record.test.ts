import assert from 'node:assert/strict'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import fc from 'fast-check'
import type { HubClaim } from '../../lib/core/hub.ts'
import { claimOf, isSameClaim, judgeClaim, otherHub } from '../../lib/core/hub.ts'
import { addPath, editConfig } from '../../lib/daemon/config-edit.ts'
import { homeId } from '../../lib/daemon/home-id.ts'
import { hubFile, isFollower, meetHub, ownClaim, readHub, takeHub } from '../../lib/daemon/hub-record.ts'
import { noteRival, rivalOf } from '../../lib/daemon/rival-hub.ts'
import { servedRoots } from '../../lib/daemon/served-roots.ts'
import type { TemporaryHome } from './temporary-home.ts'
import { temporaryHome } from './temporary-home.ts'

const other: HubClaim = { hub: 'b'.repeat(32), name: 'mac00', epoch: 1, at: 1_800_000_000_000 }

function withRoot(t: TestContext): TemporaryHome {
  const here = temporaryHome(t)
  editConfig(here.home, ['hosts', 'two'], { ssh: 'two' })
  editConfig(here.home, ['roots', '~/projects'], { id: 'a'.repeat(32), on: ['two'] })
  addPath(here.home, '~/projects')
  return here
}

describe('the record of the hub', () => {
  it('is a file of its owner, made with the first hub that comes', async t => {
    const here = temporaryHome(t)
    assert.equal(readHub(here.home), undefined)
    assert.deepEqual(await meetHub(here, other), other)
    assert.deepEqual(readHub(here.home), other)
    assert.equal(statSync(hubFile(here.home)).mode & 0o777, 0o600)
    assert.equal(isFollower(here.home), true)
  })

  it('says this home where it drives roots, also before its daemon ever ran', async t => {
    const here = withRoot(t)
    const stands = await meetHub(here, other)
    assert.equal(stands.hub, homeId(here.home))
    assert.deepEqual(stands, readHub(here.home))
    assert.deepEqual(await ownClaim(here), stands)
    assert.equal(isFollower(here.home), false)
  })

  it('follows a later hub, which from then on is served what this home drove', async t => {
    const here = withRoot(t)
    await ownClaim(here)
    const later = { ...other, epoch: 2 }
    assert.deepEqual(await meetHub(here, later), later)
    assert.deepEqual(servedRoots(here.home), [{ id: 'a'.repeat(32), path: join(here.userHome, 'projects') }])
    assert.deepEqual(await meetHub(here, { ...other, hub: 'c'.repeat(32), epoch: 2 }), later, 'the same epoch')
  })

  it('is above all that was heard once somebody takes the roots', async t => {
    const here = temporaryHome(t)
    await meetHub(here, { ...other, epoch: 4 })
    assert.equal((await takeHub(here, [{ ...other, epoch: 7 }])).epoch, 8)
    assert.equal(isFollower(here.home), false)
  })

  it('that is damaged is nobody`s until somebody takes the roots', async t => {
    const here = temporaryHome(t)
    writeFileSync(hubFile(here.home), '{"hub": "x"}')
    await assert.rejects(meetHub(here, other), { code: 'STORE_DAMAGED', hint: 'dsync hub take' })
    assert.equal((await takeHub(here)).epoch, 1)
  })

  it('goes up, whoever writes it at the same time', async t => {
    const here = temporaryHome(t)
    const claims = Array.from({ length: 12 }, (_, i) => ({ ...other, hub: String(i % 10).repeat(32), epoch: i + 1 }))
    await Promise.all(claims.toReversed().map(claim => meetHub(here, claim)))
    assert.equal(readHub(here.home)?.epoch, 12)
    const ids = await Promise.all([1, 2, 3].map(() => Promise.resolve(homeId(here.home))))
    assert.equal(new Set(ids).size, 1)
  })

  it('is read from nothing but a claim', () => {
    assert.deepEqual(claimOf({ ...other, more: 1 }), other)
    const wrong: unknown[] = [undefined, 'x', [], {}, { ...other, hub: 'B' }, { ...other, epoch: 0 }]
    for (const value of [
      ...wrong,
      { ...other, epoch: 2 ** 32 },
      { ...other, at: Number.NaN },
      { ...other, name: '' },
    ]) {
      assert.equal(claimOf(value), undefined, JSON.stringify(value))
    }
  })
})

/** Hubs and hosts as the record makes them behave: a hub applies on a host while its claim is the one recorded there. */
class Star {
  readonly hubs: HubClaim[]
  readonly #records: (HubClaim | undefined)[]

  constructor(hubs: number, hosts: number) {
    const claim = (i: number): HubClaim => ({ hub: String(i).repeat(32), name: `hub${i}`, epoch: 1, at: 0 })
    this.hubs = Array.from({ length: hubs }, (_, i) => claim(i))
    this.#records = Array.from({ length: hosts }, () => undefined)
  }

  /** A follower has no claim to make: its record names another. @returns whether it may apply there */
  connect(hub: number, host: number): boolean {
    const claim = this.hubs[hub]
    if (claim === undefined || claim.hub !== String(hub).repeat(32)) return false
    const known = this.#records[host]
    const stands = known !== undefined && judgeClaim(known, claim) !== 'follow' ? known : claim
    this.#records[host] = stands
    if (judgeClaim(claim, stands) === 'follow') this.hubs[hub] = stands
    return isSameClaim(stands, claim)
  }

  take(hub: number): void {
    const epoch = (this.hubs[hub]?.epoch ?? 0) + 1
    this.hubs[hub] = { hub: String(hub).repeat(32), name: `hub${hub}`, epoch, at: 0 }
  }

  record(host: number): HubClaim | undefined {
    return this.#records[host]
  }
}

const step = fc.oneof(
  fc.record({ does: fc.constant('connect' as const), hub: fc.nat(2), host: fc.nat(2) }),
  fc.record({ does: fc.constant('take' as const), hub: fc.nat(2) }),
)

describe('hubs that want the same hosts', () => {
  it('never take a host from a higher one, and never from each other in turn', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const star = new Star(3, 3)
        for (const each of steps) {
          if (each.does === 'take') star.take(each.hub)
          else {
            const before = star.record(each.host)
            const applies = star.connect(each.hub, each.host)
            const after = star.record(each.host)
            assert.ok((after?.epoch ?? 0) >= (before?.epoch ?? 0), 'the epoch of a host never falls')
            if (before !== undefined && !isSameClaim(before, after)) assert.ok((after?.epoch ?? 0) > before.epoch)
            assert.equal(applies, after?.hub === String(each.hub).repeat(32) && isSameClaim(after, star.hubs[each.hub]))
          }
        }
      }),
    )
  })

  it('end with the highest on every host, and with the others following it, once each has reached each', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(2), (steps, last) => {
        const star = new Star(3, 3)
        for (const each of steps) {
          if (each.does === 'take') star.take(each.hub)
          else star.connect(each.hub, each.host)
        }
        const highest = Math.max(
          ...star.hubs.map(claim => claim.epoch),
          ...[0, 1, 2].map(i => star.record(i)?.epoch ?? 0),
        )
        while ((star.hubs[last]?.epoch ?? 0) <= highest || star.hubs[last]?.hub !== String(last).repeat(32))
          star.take(last)
        const all = [0, 1, 2].flatMap(hub => [0, 1, 2].map(host => ({ hub, host })))
        for (const { hub, host } of [...all, ...all]) star.connect(hub, host)
        for (const { hub, host } of all) {
          assert.equal(star.connect(hub, host), hub === last)
          assert.equal(star.record(host)?.hub, String(last).repeat(32))
        }
      }),
    )
  })

  it('remembers who took the roots apart from it, until a later claim counts', async t => {
    const here = withRoot(t)
    const own = await ownClaim(here)
    noteRival(here.home, own, { ...other, epoch: 2 })
    assert.equal(rivalOf(here.home, own), undefined, 'a later claim is followed')
    noteRival(here.home, own, other)
    assert.deepEqual(rivalOf(here.home, readHub(here.home)), other)
    assert.match(otherHub(other, own).message, /mac00 and \S+ took the roots apart from each other \(epoch 1\)/)
    assert.equal(otherHub(other, own).hint, 'dsync hub take here, or on mac00')
    assert.equal(rivalOf(here.home, await takeHub(here, [other])), undefined)
  })
})
