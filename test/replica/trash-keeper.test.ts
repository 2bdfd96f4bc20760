import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Rechecks } from '../../lib/replica/rechecks.ts'
import type { Remark } from '../../lib/replica/remarks.ts'
import { Remarks } from '../../lib/replica/remarks.ts'
import { TrashKeeper, fillsTrash } from '../../lib/replica/trash-keeper.ts'
import { sweep } from '../../lib/replica/trash-sweep.ts'
import { digest } from '../../lib/replica/hash.ts'
import { Rig, file, folder, move, put, remove, symlink } from './rig.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** A trash of a bound, kept, with what was told of it. */
class Kept {
  readonly rig = new Rig()
  readonly said: string[] = []
  readonly remarks: Remark[] = []
  readonly keeper: TrashKeeper
  readonly rechecks: Rechecks

  constructor(bytesLimit: number) {
    const { work, process } = this.rig
    const { clock } = process
    const remarks = new Remarks([], remark => this.remarks.push(remark))
    const hashFile = async (handle: { read(at: number, length: number): Uint8Array }) => digest(handle.read(0, 1 << 30))
    this.rechecks = new Rechecks({ work, clock, hashFile, remarks })
    this.keeper = new TrashKeeper({
      ...{ work, clock, bytesLimit, rechecks: this.rechecks, remarks },
      told: { full: why => this.said.push(why), fits: () => this.said.push('fits') },
    })
  }

  async pass(ms: number): Promise<void> {
    await this.rig.clock.settle({ forMs: ms })
  }

  /** Replaces `a` by each of the contents in turn. */
  async replace(contents: readonly string[], stepMs: number): Promise<void> {
    let [before = ''] = contents
    this.rig.person.write('a', before)
    for (const next of contents.slice(1)) {
      await this.rig.apply([put('a', file(before), file(next))], [next])
      before = next
      await this.pass(stepMs)
    }
  }

  async close(): Promise<void> {
    await this.keeper.close()
    await this.rechecks.close()
  }
}

/** Content of a length, told apart by its first letter. */
function filler(letter: string, length = 1000): string {
  return letter.repeat(length)
}

describe('the keeper of the trash', () => {
  it('sweeps a minute after the start, and hourly: what is thirty days old goes', async () => {
    const kept = new Kept(1e9)
    await kept.replace(['1', '2'], minute)
    await kept.pass(29 * day)
    assert.deepEqual(kept.rig.trashed(), ['replaced a 1'])
    await kept.pass(day + hour)
    assert.deepEqual(kept.rig.trashed(), [])
    assert.deepEqual(kept.said, [])
    await kept.close()
  })

  it('cleans at a word, and a trial says beforehand what goes and changes nothing', async () => {
    const kept = new Kept(1e9)
    await kept.replace(['1', '2'], minute)
    // Half a minute before the sweep that would see it.
    await kept.pass(30 * day - minute / 2)
    const trial = await kept.rig.finish(kept.keeper.clean(true))
    assert.deepEqual([trial.items, trial.bytesLeft], [1, 0])
    assert.equal(kept.rig.trash().length, 1)
    assert.deepEqual(await kept.rig.finish(kept.keeper.clean(false)), trial)
    assert.equal(kept.rig.trash().length, 0)
    await kept.close()
    await assert.rejects(kept.keeper.clean(false), { code: 'INTERRUPTED' })
  })

  it('a start late in the life of a trash need not wait for an hour', async () => {
    const { rig } = new Kept(1e9)
    await rig.apply([])
    rig.person.write('a', '1')
    await rig.apply([remove('a', file('1'))])
    rig.restart()
    rig.clock.advance(31 * day)
    const remarks = new Remarks([], () => {})
    const { work, process } = rig
    const rechecks = new Rechecks({ work, clock: process.clock, hashFile: async () => '', remarks })
    const told = { full: () => {}, fits: () => {} }
    const keeper = new TrashKeeper({ work, clock: process.clock, bytesLimit: 1e9, rechecks, remarks, told })
    await rig.clock.settle({ forMs: minute - 1 })
    assert.equal(rig.trash().length, 1)
    await rig.clock.settle({ forMs: 1 })
    assert.equal(rig.trash().length, 0)
    await keeper.close()
  })

  it('is full of what may not go yet, says so once, and fits again when a version may', async () => {
    const kept = new Kept(3000)
    await kept.replace([filler('1'), filler('2'), filler('3'), filler('4')], 0)
    await kept.pass(minute)
    assert.equal(kept.keeper.isFull, true)
    assert.equal(kept.keeper.fullWhy, 'the trash holds 1 MB, its bound is 1 MB, and nothing in it may go yet')
    await kept.pass(hour)
    assert.deepEqual(
      kept.rig.trash().map(({ why }) => why),
      ['replaced', 'replaced', 'replaced'],
    )
    await kept.pass(day)
    assert.equal(kept.keeper.isFull, false)
    assert.deepEqual(kept.rig.trash().length, 1, 'the newest of what was replaced stays')
    assert.deepEqual([kept.said.length, kept.said.at(-1)], [2, 'fits'])
    await kept.close()
  })

  it('never drops deletions or what is a day young, however full it is', async () => {
    const kept = new Kept(1000)
    for (const path of ['a', 'b', 'c']) kept.rig.person.write(path, filler(path))
    await kept.rig.apply(['a', 'b', 'c'].map(path => remove(path, file(filler(path)))))
    await kept.pass(29 * day)
    assert.equal(kept.rig.trash().length, 3)
    assert.equal(kept.keeper.isFull, true)
    await kept.close()
  })

  it('a person who approves lets it grow by a quarter of what it holds', async () => {
    const kept = new Kept(3000)
    await kept.replace([filler('1'), filler('2'), filler('3'), filler('4')], 0)
    await kept.pass(minute)
    kept.keeper.approve()
    assert.equal(kept.keeper.isFull, false)
    assert.equal(kept.said.at(-1), 'fits')
    await kept.pass(hour)
    assert.equal(kept.keeper.isFull, false)
    kept.rig.person.write('b', filler('b', 2000))
    await kept.rig.apply([remove('b', file(filler('b', 2000)))])
    kept.keeper.look()
    await kept.pass(minute)
    assert.equal(kept.keeper.isFull, true)
    await kept.close()
  })

  it('sweeps before its hour when it fills up, but not more than once a minute', async () => {
    const kept = new Kept(2900)
    await kept.pass(minute)
    await kept.replace([filler('1'), filler('2'), filler('3'), filler('4')], 0)
    kept.keeper.look()
    await kept.pass(minute - 1)
    assert.equal(kept.keeper.isFull, false)
    await kept.pass(1)
    assert.equal(kept.keeper.isFull, true)
    await kept.close()
  })

  it('tells of what lost its line', async () => {
    const kept = new Kept(1e9)
    kept.rig.person.write('../work/trash/stray', 'stray')
    await kept.pass(minute)
    assert.deepEqual(kept.remarks, [
      {
        code: 'RECOVERED',
        path: '',
        why: 'a power cut took what was written down of a version; what was kept is in the trash',
        trash: 'stray',
      },
    ])
    await kept.close()
  })

  it('a disk that refuses is asked again in an hour', async () => {
    const kept = new Kept(1e9)
    await kept.replace(['1', '2'], 0)
    await kept.pass(31 * day)
    assert.equal(kept.rig.trash().length, 0)
    await kept.replace(['2', '3'], 0)
    await kept.pass(30 * day - hour)
    const { faults } = kept.rig.process
    for (let call = 1; call < 10_000; call++) faults.failAt(faults.calls + call, 'EIO')
    await kept.pass(day)
    faults.heal()
    assert.equal(kept.rig.trash().length, 1)
    await kept.pass(hour)
    assert.equal(kept.rig.trash().length, 0)
    await kept.close()
  })

  it('stops in the middle when it is closed', async () => {
    const kept = new Kept(1e9)
    await kept.replace(['1', '2'], 0)
    kept.rig.clock.advance(31 * day)
    await kept.rig.finish(kept.close())
    await kept.pass(2 * hour)
    assert.equal(kept.rig.trash().length, 1)
    assert.equal(kept.rig.clock.pending(), 0)
  })
})

describe('a sweep in slices', () => {
  it('gives others a turn whenever its slice is over, whatever it does', async () => {
    const rig = new Rig()
    const paths = Array.from({ length: 300 }, (_, i) => `f${i}`)
    for (const path of paths) rig.person.write(path, path)
    await rig.apply(paths.map(path => remove(path, file(path))))
    rig.clock.advance(31 * day)
    // Each look at the clock takes 3 ms: two a slice of 4 ms.
    let [now, turns] = [0, 0]
    rig.work.area.clock.monotonic = () => (now += 3)
    const pause = async (): Promise<void> => void turns++
    const sweeping = sweep(rig.work.area, rig.work.trash, { bytesLimit: 1e9, pause, lists: true })
    const { drop } = await rig.finish(sweeping)
    assert.equal(drop.size, 300)
    assert.ok(turns > 150, `${turns} turns`)
  })
})

describe('what fills the trash', () => {
  const rows = [
    ['a delete', remove('a', file('1')), true],
    ['a delete of a link', remove('a', symlink('b')), true],
    ['a removed directory', remove('a', folder()), false],
    ['a new file', put('a', undefined, file('1')), false],
    ['other content', put('a', file('1'), file('2')), true],
    ['another mode', put('a', file('1', 0o644), file('1', 0o755)), false],
    ['a link for a file', put('a', file('1'), symlink('b')), true],
    ['a move', move('a', 'b'), false],
  ] as const
  for (const [says, operation, fills] of rows) it(says, () => assert.equal(fillsTrash(operation), fills))
})
