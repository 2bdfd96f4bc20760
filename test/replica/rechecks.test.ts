import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { captureHashBytes } from '../../lib/core/limits.ts'
import type { ReadHandle } from '../../lib/ports/disk.ts'
import { digest } from '../../lib/replica/hash.ts'
import { Rechecks } from '../../lib/replica/rechecks.ts'
import type { Remark } from '../../lib/replica/remarks.ts'
import { Remarks, remarksOf } from '../../lib/replica/remarks.ts'
import { sweep } from '../../lib/replica/trash-sweep.ts'
import { Rig, file, put } from './rig.ts'

/** Too large to be hashed when it is captured. */
const large = 'L'.repeat(captureHashBytes + 1)

const minute = 60_000

/** A root whose captures are looked at again. */
class Checked {
  readonly rig: Rig
  readonly remarks: Remark[] = []
  readonly hashed: string[] = []
  readonly rechecks: Rechecks

  constructor(rig = new Rig()) {
    this.rig = rig
    const remarks = new Remarks([], remark => this.remarks.push(remark))
    const hashFile = async (handle: ReadHandle): Promise<string> => {
      const bytes = handle.read(0, handle.stat().size)
      this.hashed.push(new TextDecoder().decode(bytes.subarray(0, 1)))
      return digest(bytes)
    }
    this.rechecks = new Rechecks({ work: rig.work, clock: rig.process.clock, hashFile, remarks })
  }

  async replace(before: string, after: string): Promise<void> {
    const [carried] = await this.rig.apply([put('a', file(before), file(after))], [after])
    assert.equal(carried?.outcome.result, 'done')
    if (carried.recheck !== undefined) this.rechecks.add(carried.recheck)
  }

  async pass(ms: number): Promise<void> {
    await this.rig.clock.settle({ forMs: ms })
  }

  /** What the trash holds: why, and the first letter. */
  items(): string[] {
    return this.rig.trashed().map(line => line.slice(0, `recovered a `.length + 1))
  }
}

describe('a capture that is looked at again', () => {
  it('is hashed once, beside everything else, and is what it should be', async () => {
    const checked = new Checked()
    checked.rig.person.write('a', large)
    checked.rig.know('a')
    await checked.replace(large, 'new')
    await checked.pass(minute)
    assert.deepEqual(checked.hashed, ['L'])
    assert.deepEqual(checked.remarks, [])
    assert.deepEqual(checked.rig.trash()[0]?.why, 'replaced')
  })

  it('that is another version is kept as recovered and told of, by the id that brings it back', async () => {
    const checked = new Checked()
    checked.rig.person.write('a', large)
    checked.rig.know('a')
    // Written with the same size within one tick of the clock: nothing but its content tells.
    const inode = checked.rig.person.find('a')
    assert.ok(inode)
    inode.data.fill('P'.charCodeAt(0))
    await checked.replace(large, 'new')
    await checked.pass(minute)
    const [item] = checked.rig.trash()
    assert.equal(item?.why, 'recovered')
    assert.deepEqual(item.entry, file('P'.repeat(large.length)))
    assert.deepEqual(checked.remarks, [
      {
        code: 'RECOVERED',
        path: 'a',
        why: 'what was replaced turned out to be another version than the one agreed on; it is in the trash',
        trash: item.id,
      },
    ])
  })

  it('that somebody still writes to is looked at when it is closed, and what was written is told of', async () => {
    const checked = new Checked()
    checked.rig.person.write('a', 'old')
    const writer = checked.rig.person.open('a', 'append')
    await checked.replace('old', 'new')
    await checked.pass(10 * minute)
    assert.deepEqual([checked.remarks, checked.hashed], [[], []])
    writer.write(new TextEncoder().encode(' and more'))
    writer.close()
    await checked.pass(minute)
    assert.deepEqual(checked.rig.trashed().toSorted(), ['recovered a old and more', 'replaced a old'])
    assert.deepEqual(
      checked.remarks.map(({ path, trash }) => [path, trash]),
      [['a', checked.rig.trash().find(({ why }) => why === 'recovered')?.id]],
    )
  })

  it('that somebody had open and left as it was is one version', async () => {
    const checked = new Checked()
    checked.rig.person.write('a', 'old')
    const writer = checked.rig.person.open('a', 'append')
    await checked.replace('old', 'new')
    writer.close()
    await checked.pass(minute)
    assert.deepEqual(checked.rig.trashed(), ['replaced a old'])
    assert.deepEqual(checked.remarks, [])
  })

  it('that has no place, was too large to copy and was left as it was is the only one of it, and stays', async () => {
    const checked = new Checked()
    const { rig, rechecks } = checked
    rig.person.write('a', large)
    const writer = rig.person.open('a', 'append')
    const slot = rig.work.slots.newOut('a')
    rig.root.open('').rename('a', rig.work.slots.directory, slot, 'exclusive')
    const { recheck } = rig.work.trash.recover(slot, 'a')
    assert.equal(recheck?.because, 'still-open')
    rechecks.add(recheck)
    writer.close()
    await checked.pass(minute)
    assert.deepEqual(checked.items(), ['recovered a L'])
  })

  it('is not forgotten over a restart: a sweep finds what is not certain', async () => {
    const before = new Checked()
    const { rig } = before
    rig.person.write('a', large)
    rig.know('a')
    const inode = rig.person.find('a')
    inode?.data.fill('P'.charCodeAt(0))
    await rig.apply([put('a', file(large), file('new'))], ['new'])
    await before.rechecks.close()
    rig.restart()
    const after = new Checked(rig)
    const options = { bytesLimit: Infinity, pause: () => Promise.resolve(), lists: true }
    for (let round = 0; round < 2; round++) {
      const { unsure } = await rig.finish(sweep(rig.work.area, rig.work.trash, options))
      assert.equal(unsure.length, 1 - round)
      for (const recheck of unsure) after.rechecks.add(recheck)
      await after.pass(minute)
    }
    assert.deepEqual([after.remarks.length, rig.trash()[0]?.why], [1, 'recovered'])
  })

  it('that was brought back or swept meanwhile is nobody’s any more', async () => {
    const checked = new Checked()
    checked.rig.person.write('a', 'old')
    const writer = checked.rig.person.open('a', 'append')
    await checked.replace('old', 'new')
    for (const { id } of checked.rig.trash()) checked.rig.work.trash.forget(id)
    writer.close()
    await checked.pass(10 * minute)
    assert.deepEqual([checked.remarks, checked.rig.clock.pending()], [[], 0])
  })

  it('is let go of when the replica closes', async () => {
    const checked = new Checked()
    checked.rig.person.write('a', large)
    checked.rig.know('a')
    const { rig, rechecks } = checked
    const [carried] = await rig.apply([put('a', file(large), file('new'))], ['new'])
    assert.ok(carried?.recheck)
    rechecks.add(carried.recheck)
    await rig.finish(rechecks.close())
    rechecks.add({ ...carried.recheck, id: 'another' })
    await checked.pass(minute)
    assert.equal(rig.leakedHandles(), 0)
    assert.deepEqual(checked.remarks, [])
  })
})

describe('what a recovery found', () => {
  const rows = [
    ['what was expected', { path: 'a', what: 'trashed', id: 'i', why: 'replaced' }, undefined],
    ['somebody’s version', { path: 'a', what: 'trashed', id: 'i', why: 'it was changed' }, ['RECOVERED', 'i']],
    ['what is back at its path', { path: 'a', what: 'returned', id: undefined, why: 'x' }, ['RETURNED', undefined]],
    ['what a disk refused', { path: 'a', what: 'left', id: undefined, why: 'x' }, ['LEFT', undefined]],
  ] as const
  for (const [says, found, told] of rows) {
    it(`${says} is ${told === undefined ? 'not told of' : `told of as ${told[0]}`}`, () => {
      assert.deepEqual(
        remarksOf([found]).map(({ code, trash }) => [code, trash]),
        told === undefined ? [] : [told],
      )
    })
  }

  it('what a disk goes on refusing is told of once, until it lets go', () => {
    const told: string[] = []
    const remarks = new Remarks([], ({ code, path }) => told.push(`${code} ${path}`))
    const left = { path: 'a', what: 'left', id: undefined, why: 'it refuses' } as const
    remarks.addRecovered([left])
    remarks.addRecovered([left, { ...left, path: 'b' }])
    remarks.addRecovered([])
    remarks.addRecovered([left])
    assert.deepEqual(told, ['LEFT a', 'LEFT b', 'LEFT a'])
  })

  it('only what is about a version is kept for sessions that come later', () => {
    const remarks = new Remarks([], () => {})
    remarks.add({ code: 'LEFT', path: 'a', why: '', trash: undefined })
    remarks.add({ code: 'RECOVERED', path: 'a', why: '', trash: 'i' })
    assert.deepEqual(
      remarks.all().map(({ code }) => code),
      ['RECOVERED'],
    )
  })
})
