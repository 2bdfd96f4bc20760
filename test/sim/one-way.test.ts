import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { SyncMode } from '../../lib/sync/session-spec.ts'
import { World } from './world.ts'

for (const [mode, from, to] of [
  ['send', 'alpha', 'beta'],
  ['receive', 'beta', 'alpha'],
] as const satisfies readonly (readonly [SyncMode, string, string])[]) {
  it(`${mode}: changes go from ${from} to ${to} only; the others stay, are listed over restarts, and give way to an override`, async () => {
    const world = new World({ seed: 31, mode })
    try {
      const [sender, receiver] = [world[from].user, world[to].user]
      world.startHub()
      for (const name of ['a', 'b', 'c', 'e']) sender.write(name, 'old')
      sender.mkdir('d')
      sender.write('d/f', 'old')
      assert.equal((await world.sync()).state, 'synced')
      assert.deepEqual(world.snapshot(to), world.snapshot(from))
      receiver.write('a', 'edited there')
      receiver.write('new', 'made there')
      receiver.rm('b')
      receiver.mv('d', 'moved')
      sender.write('c', 'edited here')
      receiver.write('e', 'edited there')
      const before = world.snapshot(from)
      const synced = await world.sync()
      assert.equal(synced.state, 'synced')
      assert.deepEqual(world.snapshot(from), before)
      assert.equal(receiver.text('c'), 'edited here')
      const untaken = (): string[] =>
        (world.session?.status().untaken.first ?? []).map(({ how, path }) => `${how} ${path}`).toSorted()
      const listed = ['added moved', 'added new', 'changed a', 'changed e', 'deleted b', 'deleted d']
      assert.deepEqual(untaken(), listed)
      world.killHub()
      assert.equal((await world.sync()).state, 'synced')
      assert.deepEqual(untaken(), listed)
      sender.write('e', 'edited here')
      assert.equal((await world.sync()).state, 'conflicts')
      assert.equal(receiver.text('e'), 'edited there')
      const { session } = world
      assert.ok(session !== undefined)
      const signal = new AbortController().signal
      let state = ''
      const order = async (): Promise<void> => {
        assert.equal((await session.foresee({ path: '', take: to, timeoutMs: 60_000 }, signal)).state, 'one-way')
        const refused = await session.resolve('e', { take: to })
        assert.equal(refused.state, 'failed')
        const shown = await session.foresee({ path: '', take: from, timeoutMs: 60_000 }, signal)
        assert.ok(shown.state === 'ready')
        state = (await session.override({ path: '', take: from, timeoutMs: 60_000 }, shown.mark, signal)).state
      }
      void order()
      await world.pass(120_000, () => state !== '')
      assert.equal(state, 'synced')
      assert.deepEqual(world.snapshot(to), world.snapshot(from))
      assert.equal(sender.text('e'), 'edited here')
      assert.deepEqual(untaken(), [])
      assert.deepEqual(world.errors, [])
    } finally {
      await world.close()
    }
  })
}
