import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Random } from './random.ts'

const draw = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.int(1000))

it('the same seed gives the same stream, another seed another', () => {
  assert.deepEqual(draw(new Random(1), 50), draw(new Random(1), 50))
  assert.notDeepEqual(draw(new Random(1), 50), draw(new Random(2), 50))
})

it('forks depend on seed and label, not on what was drawn before', () => {
  const parent = new Random(7)
  const early = draw(parent.fork('disk'), 20)
  draw(parent, 100)
  assert.deepEqual(draw(parent.fork('disk'), 20), early)
  assert.notDeepEqual(draw(parent.fork('link'), 20), early)
  assert.notDeepEqual(draw(new Random(8).fork('disk'), 20), early)
})

it('numbers stay in bounds and reach all of them', () => {
  const random = new Random(3)
  const seen = new Set(Array.from({ length: 500 }, () => random.between(-2, 2)))
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    [-2, -1, 0, 1, 2],
  )
  const heads = Array.from({ length: 2000 }, () => random.chance(0.25)).filter(Boolean).length
  assert.ok(heads > 400 && heads < 600, String(heads))
})

it('a shuffle keeps every item, and bytes are bytes', () => {
  const random = new Random(4)
  const items = Array.from({ length: 30 }, (_, i) => i)
  const shuffled = random.shuffle(items)
  assert.notDeepEqual(shuffled, items)
  assert.deepEqual(
    shuffled.toSorted((a, b) => a - b),
    items,
  )
  assert.equal(new Set(random.bytes(2000)).size, 256)
  assert.throws(() => random.pick([]), RangeError)
})
