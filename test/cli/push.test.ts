import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OverrideForecast, OverrideRefusal } from '../../lib/sync/session-handle.ts'
import { listed } from '../../lib/sync/session-handle.ts'
import { offer } from './offer.ts'
import type { Script } from '../daemon/session-double.ts'
import { makeWorld } from './world.ts'

const ready: OverrideForecast = { state: 'ready', ...offer }

const table = [
  '~/projects, from here to twin: delete 1 path (7 B), create 2 paths (3 B)',
  '  delete  7 B        ~/projects/old',
  '  create  directory  ~/projects/d',
  '  create  3 B        ~/projects/d/new',
  '  stays as it is: ~/projects/p: something that is not synced stands there',
]

describe('dsync push', () => {
  it('shows what would change, asks, does it, and says how it comes back', async t => {
    const { run, doubles } = await makeWorld(t, { forecast: () => ready })
    const { exit, out, err } = await run('push', { answer: 'y' })
    assert.equal(exit, 0)
    assert.deepEqual(err.split('\n'), [...table, 'Delete 1 path (7 B), create 2 paths (3 B)? [y/N] '])
    assert.match(out, /^pushed {2}~\/projects to twin: delete 1 path .* {2}→ dsync undo ~\/projects --on twin\n$/)
    assert.deepEqual(doubles[0]?.told, ['override  alpha'])
  })
  it('is mirrored by dsync pull, below a path', async t => {
    const { run, doubles } = await makeWorld(t, { forecast: () => ready })
    assert.equal((await run('pull projects/d --yes')).exit, 0)
    assert.deepEqual(doubles[0]?.told, ['override d beta'])
  })
  it('changes nothing without a yes, and asks nobody who is not there', async t => {
    const { run, doubles } = await makeWorld(t, { forecast: () => ready })
    assert.equal((await run('push', { answer: 'n' })).exit, 130)
    const alone = await run('push')
    assert.equal(alone.exit, 2)
    assert.match(alone.err, /Cannot ask without a terminal: Delete 1 path.*\n {2}→ Add --yes if you mean it\n$/)
    assert.equal((await run('push --json', { answer: 'y' })).exit, 2)
    assert.deepEqual(doubles[0]?.told, [])
  })
  it('shows it again when it has changed since, and with --yes does nothing then', async t => {
    let asked = 0
    const { run, doubles } = await makeWorld(t, {
      forecast: () => ({ ...ready, mark: `m${asked++ === 1 ? 'other' : ''}` }),
    })
    const { exit, err } = await run('push', { answer: 'y' })
    assert.equal(exit, 0)
    assert.match(err, /\? \[y\/N\] It is no longer what was shown:\n~\/projects, from here/)
    assert.deepEqual(doubles[0]?.told, ['override  alpha'])
    asked = 0
    const sure = await run('push --yes')
    assert.deepEqual([sure.exit, doubles[0]?.told.length], [3, 1])
    assert.match(sure.out, /^changed {2}~\/projects: it is no longer what was shown {2}→ dsync push ~\/projects\n$/)
  })
  it('says when there is nothing to do, and counts what it does not name', async t => {
    const script = { forecast: () => ({ ...ready, changes: listed([]) }) as OverrideForecast }
    const { run } = await makeWorld(t, script)
    const { exit, out } = await run('push')
    assert.equal(exit, 0)
    assert.match(out, /^nothing to do {2}~\/projects, from here to twin\n {2}stays as it is/)
    const many = Array.from({ length: 1254 }, (_, i) => ({ path: `f${i}`, how: 'delete', kind: 'file' }) as const)
    script.forecast = () => ({ ...ready, changes: listed(many) })
    assert.match((await run('push --dry-run')).out, /\n {2}and 1,234 more\n/)
  })
  const refusals: readonly (readonly [OverrideRefusal, number, string])[] = [
    [{ state: 'parted', at: 'new' }, 2, '~/projects/new is not a directory on both hosts  → dsync push ~/projects/new'],
    [{ state: 'emptied' }, 4, 'the root on here is empty  → dsync pull ~/projects'],
    [{ state: 'first-sync' }, 4, 'only the whole root can be taken  → dsync push ~/projects'],
    [{ state: 'one-way' }, 2, 'twin only sends  → dsync config set roots.~/projects.mode two-way'],
    [{ state: 'halted' }, 4, 'halted  ~/projects with twin  → dsync status'],
    [{ state: 'disconnected', why: 'no route' }, 5, '→ dsync hosts check twin\n    no route'],
    [{ state: 'timeout' }, 124, 'timed out'],
  ]
  for (const [refusal, code, says] of refusals) {
    it(`ends with ${code} when it is ${refusal.state}`, async t => {
      const { run, doubles } = await makeWorld(t, { forecast: () => refusal })
      const { exit, out } = await run('push --yes')
      assert.equal(exit, code)
      assert.ok(out.includes(says), out)
      assert.deepEqual(doubles[0]?.told, [])
    })
  }
  it('ends as dsync sync does, with what stands in the way', async t => {
    const { run } = await makeWorld(t, { forecast: () => ready, barrier: 'held' })
    assert.equal((await run('push --yes')).exit, 4)
  })
})

describe('a root that is one-way', () => {
  const untaken: Script['untaken'] = [
    { path: 'a', side: 'beta', how: 'changed' },
    { path: 'd', side: 'beta', how: 'added' },
  ]
  it('shows its mode, what is not taken and the next command, in status, sync and roots', async t => {
    const { run, doubles } = await makeWorld(t, { untaken })
    assert.equal((await run('roots add projects --mode send')).exit, 0)
    assert.match((await run('roots show projects')).out, /^ {2}~\/projects +send\n/)
    assert.equal(doubles.at(-1)?.spec.mode, 'send')
    const status = (await run('status')).out
    assert.match(status, /\n {2}~\/projects \(send\) {2}twin/)
    assert.match(status, /not taken {2}~\/projects: 2 changes on twin are not taken {2}→ dsync push ~\/projects\n/)
    const sync = await run('sync')
    assert.deepEqual(
      [sync.exit, sync.out],
      [0, 'in sync  ~/projects with twin; 2 changes on twin are not taken  → dsync push ~/projects\n'],
    )
    assert.equal((await run('config set roots.~/projects.mode receive')).exit, 0)
    assert.equal(doubles.at(-1)?.spec.mode, 'receive')
    assert.equal((await run('config set roots.~/projects.mode sideways')).exit, 2)
    assert.match((await run('roots add projects --mode sideways')).err, /One of two-way, send, receive/)
  })
})
