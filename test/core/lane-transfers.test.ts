import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Digest } from '../../lib/core/entry.ts'
import type { ReplicaCommand } from '../../lib/core/messages.ts'
import type { Operation } from '../../lib/core/operation.ts'
import { Outbox } from '../../lib/core/session/outbox.ts'

const laneBytes = 1_000_000
const large = 5_000_000

const digestOf = (letter: string): Digest => letter.repeat(64)

function put(path: string, letter: string, size = large): Operation {
  return { kind: 'put', path, before: undefined, after: { kind: 'file', mode: 0o644, digest: digestOf(letter), size } }
}

/** An outbox whose lane begins at a megabyte. */
class Stage {
  readonly outbox = new Outbox(laneBytes)
  #id = 0

  add(...operations: readonly Operation[]): void {
    this.outbox.add(operations, ({ path }) => ({ path, agrees: true }), 0)
  }

  next() {
    return this.outbox.next(
      () => true,
      () => ++this.#id,
    )
  }

  /** What is asked of the sender now. */
  reads(): (ReplicaCommand & { readonly type: 'read' })[] {
    return this.next().toSender.filter(command => command.type === 'read')
  }

  /** Orders for the lane once the sender has answered what it was asked now. */
  carried(mtimeMs = 7): string[] {
    return this.reads().flatMap(({ id, length }) => {
      const { carry } = this.outbox.content(id, new Uint8Array(length), mtimeMs)
      return carry === undefined ? [] : [carry.path]
    })
  }
}

describe('large content and the lane', () => {
  it('is looked at for one byte, and then carried', () => {
    const stage = new Stage()
    stage.add(put('f', 'a'))
    assert.deepEqual(
      stage.reads().map(({ path, offset, length }) => [path, offset, length]),
      [['f', 0, 1]],
    )
    assert.deepEqual(stage.outbox.content(1, new Uint8Array(1), 7).carry, {
      digest: digestOf('a'),
      size: large,
      path: 'f',
    })
    assert.deepEqual(stage.reads(), [])
    stage.outbox.transfers.carrying(digestOf('a'), 2_000_000)
    assert.equal(stage.outbox.bytesQueued, 3_000_000)
    stage.outbox.staged(digestOf('a'), 'complete')
    const [apply] = stage.next().toReceiver
    assert.deepEqual(apply?.type === 'apply' && apply.operations, [{ ...put('f', 'a'), mtimeMs: 7 }])
    assert.equal(stage.outbox.bytesQueued, 0)
  })

  it('goes in pieces when it is smaller, whatever the lane carries', () => {
    const stage = new Stage()
    stage.add(put('a', 'a'), put('b', 'b'), put('c', 'c'), put('small', 'd', 200_000))
    const reads = stage.reads()
    assert.deepEqual([...new Set(reads.map(({ path }) => path))], ['a', 'b', 'small'])
    assert.equal(reads.filter(({ path }) => path === 'small')[0]?.length, 65_536)
  })

  it('is nobody’s when the sender no longer has it', () => {
    const stage = new Stage()
    stage.add(put('f', 'a'))
    const [read] = stage.reads()
    const { voided, carry } = stage.outbox.content(read?.id ?? 0, undefined, 0)
    assert.deepEqual([voided.map(({ path }) => path), carry], [['f'], undefined])
  })

  it('goes in pieces from its beginning when the lane does not bring it, and so it does from then on', () => {
    const stage = new Stage()
    stage.add(put('f', 'a'))
    assert.deepEqual(stage.carried(), ['f'])
    stage.outbox.transfers.carrying(digestOf('a'), 2_000_000)
    stage.outbox.transfers.notCarried(digestOf('a'))
    assert.equal(stage.outbox.bytesQueued, large)
    assert.deepEqual(
      stage.reads().map(({ offset }) => offset),
      [0, 65_536, 131_072, 196_608],
    )
    stage.outbox.transfers.notCarried(digestOf('a'))
    assert.deepEqual(stage.reads(), [], 'told twice, nothing begins anew')
  })

  it('goes in pieces the next time when what came was wrong', () => {
    const stage = new Stage()
    stage.add(put('f', 'a'))
    assert.deepEqual(stage.carried(), ['f'])
    assert.deepEqual(
      stage.outbox.staged(digestOf('a'), 'wrong').map(({ path }) => path),
      ['f'],
    )
    stage.add(put('f', 'a'))
    assert.equal(stage.reads()[0]?.length, 65_536)
  })

  it('is given up when no task waits for it, unless a copy of a conflict needs it', () => {
    const stage = new Stage()
    stage.add(put('f', 'a'), put('g', 'a'))
    assert.deepEqual(stage.carried(), ['f'])
    stage.outbox.drop('f')
    assert.deepEqual(stage.next().unwanted, [], 'another path wants it')
    stage.outbox.drop('g')
    assert.deepEqual(stage.next().unwanted, [digestOf('a')])
    assert.equal(stage.outbox.bytesQueued, 0)
    stage.outbox.transfers.start({ digest: digestOf('b'), size: large, path: 'h' }, true)
    assert.deepEqual(stage.carried(), ['h'])
    assert.deepEqual(stage.next().unwanted, [])
  })
})
