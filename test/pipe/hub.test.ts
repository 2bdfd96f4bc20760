import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import type { Home } from './trio.ts'
import { Trio } from './trio.ts'
import { until } from './until.ts'

async function started(t: TestContext): Promise<Trio> {
  const trio = await Trio.make()
  t.after(() => trio.close())
  trio.write('one', 'a', '1')
  await trio.ok('one', 'start')
  await trio.ok('one', 'sync')
  return trio
}

function hubOf(json: unknown): { readonly name: string; readonly epoch: number; readonly isHere: boolean } {
  return (json as { hub: { name: string; epoch: number; isHere: boolean } }).hub
}

describe('three hosts of one root', { timeout: 300_000 }, () => {
  it('have what any of them saves after one sync, and one decision for a conflict of all', async t => {
    const trio = await started(t)
    trio.write('twin', 'from-twin', 'x')
    await trio.ok('one', 'sync')
    await trio.everywhere('from-twin', 'x')
    await trio.ok('one', 'stop')
    trio.write('one', 'a', 'one')
    trio.write('twin', 'a', 'twin')
    trio.write('third', 'a', 'third')
    await trio.ok('one', 'start')
    const { code } = await trio.dsync('one', 'sync')
    assert.equal(code, 3)
    await trio.ok('one', 'resolve', '~/project/a', '--take', 'third')
    await trio.ok('one', 'sync')
    await trio.everywhere('a', 'third')
    await trio.ok('one', 'roots', 'remove', '~/project', '--on', 'third')
    trio.write('one', 'b', 'without third')
    await trio.ok('one', 'sync')
    assert.deepEqual([trio.text('twin', 'b'), trio.text('third', 'b')], ['without third', undefined])
    await trio.ok('one', 'roots', 'add', '~/project', '--on', 'third')
    await trio.ok('one', 'sync')
    await trio.everywhere('b', 'without third')
  })

  it('refuse a ring, hand the hub over, and follow whoever takes the roots, also the hub before', async t => {
    const trio = await started(t)
    await trio.ok('twin', 'hosts', 'add', 'one', '--pipe', trio.homes.one)
    const ring = await trio.dsync('twin', 'roots', 'add', '~/project', '--json')
    assert.match(ring.stdout, /"OTHER_HUB"/)
    trio.write('twin', 'before', '1')
    const moved = await trio.ok('one', 'hub', 'move', 'third', '--yes', '--json')
    assert.deepEqual([hubOf(moved.json).name, hubOf(moved.json).epoch], ['third', 2])
    trio.write('one', 'after', '2')
    await trio.everywhere('before', '1')
    await trio.everywhere('after', '2')
    await trio.kill('third')
    trio.write('twin', 'new', 'while the hub was dead')
    trio.write('twin', 'a', 'edited meanwhile')
    const planned = await trio.ok('twin', 'hub', 'take', '--dry-run', '--json')
    assert.equal(hubOf(planned.json).name, 'third')
    const taken = await trio.ok('twin', 'hub', 'take', '--yes', '--json')
    assert.deepEqual([hubOf(taken.json).name, hubOf(taken.json).epoch], ['twin', 3])
    assert.equal((await trio.dsync('twin', 'sync')).code, 3, 'what differs is a conflict')
    await trio.ok('twin', 'resolve', '~/project/a', '--mine')
    await trio.everywhere('new', 'while the hub was dead')
    await trio.everywhere('a', 'edited meanwhile')
    await trio.ok('third', 'start')
    assert.equal(hubOf((await trio.ok('third', 'hub', '--json')).json).name, 'twin')
    trio.write('third', 'c', 'from the old hub')
    await trio.everywhere('c', 'from the old hub')
  })

  it('that two took apart from each other say so on both, and lose nothing when one of them takes them again', async t => {
    const trio = await started(t)
    for (const at of ['twin', 'third'] as const)
      await until(`${at} knows the others`, async () => (await known(trio, at)) === 'one,third,twin')
    await trio.ok('one', 'stop')
    for (const [at, others] of [
      ['twin', ['one', 'third']],
      ['third', ['one', 'twin']],
    ] as const) {
      for (const other of others) trio.hide(other)
      trio.write(at, `by-${at}`, at)
      trio.write(at, 'a', at)
      assert.equal(hubOf((await trio.ok(at, 'hub', 'take', '--yes', '--json')).json).epoch, 2)
      await trio.ok(at, 'stop')
      for (const other of others) trio.show(other)
    }
    for (const at of ['twin', 'third'] as const) await trio.ok(at, 'start')
    for (const [at, rival] of [
      ['twin', 'third'],
      ['third', 'twin'],
    ] as const) {
      const two = `two hubs +${rival} and this host took the roots apart from each other`
      const says = new RegExp(
        `${two} \\(epoch 2\\), and neither follows the other +→ dsync hub take here, or on ${rival}`,
      )
      await until(`${at} says so`, async () => says.test((await trio.ok(at, 'hub')).stdout))
      assert.match((await trio.ok(at, 'status')).stdout, says)
    }
    assert.deepEqual([trio.text('twin', 'a'), trio.text('third', 'a')], ['twin', 'third'])
    assert.equal(hubOf((await trio.ok('third', 'hub', 'take', '--yes', '--json')).json).epoch, 3)
    await until('the other follows', async () => hubOf((await trio.ok('twin', 'hub', '--json')).json).name === 'third')
    await trio.everywhere('by-twin', 'twin')
    await trio.everywhere('by-third', 'third')
    assert.equal((await trio.dsync('third', 'sync')).code, 3, 'what differs is a conflict')
    assert.deepEqual([trio.text('twin', 'a'), trio.text('third', 'a')], ['twin', 'third'])
    assert.doesNotMatch((await trio.ok('third', 'status')).stdout, /two hubs/)
  })
})

/** The hosts of the root, as one of them would drive it. */
async function known(trio: Trio, at: Home): Promise<string> {
  const { json } = await trio.dsync(at, 'hub', 'take', '--dry-run', '--json')
  const { roots = [] } = json as { roots?: readonly { readonly on: readonly string[] }[] }
  return [...(roots[0]?.on ?? []), at].toSorted().join(',')
}
