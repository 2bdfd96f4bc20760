import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { AncestorChange } from '../../lib/ports/store.ts'
import { boots, file, lines, put } from '../contract/store-home.ts'
import { ManualClock } from './clock.ts'
import { Crash } from './faults.ts'
import { SimProcess } from './process.ts'
import { Random } from './random.ts'
import { SimStorage } from './store.ts'

const change = (i: number): AncestorChange => put(`f${String(i).padStart(2, '0')}`, file(String(i)))

async function ancestorNames(storage: SimStorage): Promise<string[]> {
  const { ancestor } = await storage.open().load(boots)
  return (lines(ancestor) ?? []).map(line => line.slice(1, 4))
}

const upTo = (count: number): string[] => Array.from({ length: count }, (_, i) => `f${String(i).padStart(2, '0')}`)

it('a power cut takes the last few transactions, never one in the middle', async () => {
  const lengths = new Set<number>()
  for (let seed = 0; seed < 100; seed++) {
    const storage = new SimStorage()
    const store = storage.open()
    await store.load(boots)
    for (let i = 0; i < 30; i++) store.append([change(i)])
    storage.powerCut(new Random(seed))
    const names = await ancestorNames(storage)
    assert.deepEqual(names, upTo(names.length))
    lengths.add(names.length)
  }
  assert.ok(lengths.has(30) && lengths.has(18) && lengths.size === 13, [...lengths].join())
})

it('a power cut takes a fold whole or not at all', async () => {
  const seen = new Set<string>()
  for (let seed = 0; seed < 50; seed++) {
    const storage = new SimStorage()
    const store = storage.open()
    await store.load(boots)
    for (let i = 0; i < 15; i++) store.append([change(i)])
    store.fold(store.mark())
    storage.powerCut(new Random(seed))
    const { ancestor } = await storage.open().load({ ...boots, alpha: 'later' })
    seen.add(String(lines(ancestor)?.length))
  }
  assert.deepEqual([...seen].toSorted(), ['15', 'undefined'])
})

it('a crash of the process takes nothing, in whatever call it came', async () => {
  for (const when of ['before', 'after'] as const) {
    const storage = new SimStorage()
    const process = new SimProcess(new ManualClock())
    const store = storage.open(process)
    await store.load(boots)
    store.append([change(0)])
    process.faults.crashAt(process.faults.calls + 1, when)
    assert.throws(() => store.append([change(1)]), Crash)
    assert.throws(() => store.append([change(2)]), Crash)
    assert.deepEqual(await ancestorNames(storage), upTo(when === 'before' ? 1 : 2))
  }
})

it('a write that fails is told once, and nothing follows it', async () => {
  const storage = new SimStorage()
  const process = new SimProcess(new ManualClock())
  const store = storage.open(process)
  await store.load(boots)
  store.append([change(0)])
  process.faults.full = true
  store.append([change(1)])
  process.faults.full = false
  store.append([change(2)])
  await assert.rejects(store.settled(), { code: 'ENOSPC' })
  await store.settled()
  assert.deepEqual(await ancestorNames(storage), upTo(1))
  await store.load(boots)
  store.append([change(1)])
  assert.deepEqual(await ancestorNames(storage), upTo(2))
})
