import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { TrashReason } from '../../lib/core/messages.ts'
import type { Restored } from '../../lib/replica/restore.ts'
import { restore } from '../../lib/replica/restore.ts'
import type { Thinned, TrashWeight } from '../../lib/replica/thin.ts'
import { thin as thinSteps } from '../../lib/replica/thin.ts'
import { trashName } from '../../lib/replica/trash-name.ts'
import { Crash } from '../sim/faults.ts'
import { Rig, file, folder, look, methodNames, methods, put, remove, symlink } from './rig.ts'

/** All steps in one go. */
function thin(items: readonly TrashWeight[], now: number, bytesLimit: number): Thinned {
  const steps = thinSteps(items, now, bytesLimit)
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

const hour = 3600_000
const day = 24 * hour

async function bringBack(rig: Rig, ids: readonly string[]): Promise<Restored> {
  return await rig.finish(restore(rig.hands, ids, () => Promise.resolve()))
}

/** Replaces `a` by each of the contents in turn. */
async function replaceInTurn(rig: Rig, contents: readonly string[], stepMs = hour): Promise<void> {
  let before = contents[0] ?? ''
  rig.person.write('a', before)
  for (const next of contents.slice(1)) {
    await rig.apply([put('a', file(before), file(next))], [next])
    before = next
    rig.clock.advance(stepMs)
  }
}

describe('the trash', () => {
  it('lists the newest first, of a path and below, up to a limit', async () => {
    const rig = new Rig()
    rig.person.mkdir('d')
    for (const path of ['d/a', 'd/b', 'da', 'e']) rig.person.write(path, path)
    await rig.apply(['d/a', 'd/b', 'da', 'e'].map(path => remove(path, file(path))))
    const { trash } = rig.work
    assert.deepEqual(
      trash.list(undefined, 10).map(item => item.path),
      ['e', 'da', 'd/b', 'd/a'],
    )
    assert.deepEqual(
      trash.list('d', 10).map(item => item.path),
      ['d/b', 'd/a'],
    )
    assert.deepEqual(
      trash.list('', 2).map(item => item.path),
      ['e', 'da'],
    )
    const [item] = trash.list('e', 1)
    assert.deepEqual(item, { id: item?.id, path: 'e', entry: file('e'), at: item?.at, why: 'deleted', group: 'g' })
    assert.deepEqual(
      trash.find([item?.id ?? '', 'nothing']).map(line => line.item),
      [item],
    )
  })

  it('keeps listing in order when the clock is set back and the process starts anew', async () => {
    const rig = new Rig()
    await replaceInTurn(rig, ['1', '2'])
    const before = rig.trash().map(item => item.id)
    rig.restart()
    rig.work.area.clock.now = () => 5
    await rig.apply([put('a', file('2'), file('3'))], ['3'])
    assert.deepEqual(
      rig
        .trash()
        .map(item => item.id)
        .slice(1),
      before,
    )
    assert.ok((rig.trash()[0]?.id ?? '') > (before[0] ?? ''))
  })

  it('knows names that are no text', async () => {
    const rig = new Rig()
    rig.person.write('\udcff\u{1f600}', 'x')
    await rig.apply([remove('\udcff\u{1f600}', file('x'))])
    assert.deepEqual(
      rig.trash().map(item => item.path),
      ['\udcff\u{1f600}'],
    )
  })

  it('finds what was put there with its path after a power cut, once synced', async () => {
    const rig = new Rig()
    rig.settleDisk()
    await replaceInTurn(rig, ['1', '2'])
    rig.work.trash.sync()
    rig.settleDisk()
    for (let seed = 0; seed < 10; seed++) {
      rig.cutPower(seed)
      rig.restart()
      assert.deepEqual(rig.trashed(), ['replaced a 1'])
    }
  })

  it('lists in a sweep what lost its line, and drops lines that lost their item', async () => {
    const rig = new Rig()
    await replaceInTurn(
      rig,
      Array.from({ length: 200 }, (_, i) => `${i}`),
      1,
    )
    const items = rig.trash()
    assert.equal(items.length, 199)
    for (const item of items.slice(0, 150)) rig.person.rm(`../work/trash/${trashName(item)}`)
    rig.person.write('../work/trash/stray', 'stray')
    assert.equal(rig.trash().length, 49)
    await rig.sweep()
    assert.equal(rig.trash().length, 50)
    assert.deepEqual(rig.trashed()[0], 'recovered  stray')
    assert.equal((rig.person.text('../work/trash.jsonl') ?? '').split('\n').filter(line => line !== '').length, 50)
  })
})

describe('a sweep', () => {
  it('removes after thirty days what it says', async () => {
    const rig = new Rig()
    await replaceInTurn(rig, ['1', '2', '3'], 20 * day)
    const { full } = await rig.sweep()
    assert.equal(full, false)
    assert.deepEqual(rig.trashed(), ['replaced a 2'])
    assert.deepEqual(rig.person.list('../work/trash').length, 1)
  })

  it('says that the trash is full when nothing may go', async () => {
    const rig = new Rig()
    rig.person.write('a', 'x'.repeat(1000))
    await rig.apply([remove('a', file('x'.repeat(1000)))])
    rig.clock.advance(25 * hour)
    assert.equal((await rig.sweep(1000)).full, true)
    assert.equal(rig.trash().length, 1)
  })

  it('may die at any call', async () => {
    for (let call = 1; ; call++) {
      const rig = new Rig()
      await replaceInTurn(
        rig,
        Array.from({ length: 130 }, (_, i) => `${i}`),
        day / 4,
      )
      const before = rig.trash().length
      rig.process.faults.crashAt(rig.process.faults.calls + call)
      const died = await rig.sweep().then(
        () => false,
        error => error instanceof Crash,
      )
      rig.restart()
      await rig.sweep()
      const kept = rig.trash().map(item => item.at)
      assert.ok(kept.length < before)
      assert.deepEqual(kept.length, rig.person.list('../work/trash').length)
      assert.ok(kept.every(at => rig.clock.now() - at <= 30 * day))
      if (!died) break
      call += 20
    }
  })
})

describe('thinning', () => {
  const reasons: TrashReason[] = ['replaced', 'deleted', 'conflict-loser', 'copy', 'recovered', 'undone']
  const now = 100 * day

  function items(
    count: number,
    ageMs: (i: number) => number,
    why: TrashReason = 'replaced',
    path = 'a',
  ): TrashWeight[] {
    return Array.from({ length: count }, (_, i) => ({ id: `${path}${i}`, path, at: now - ageMs(i), why, bytes: 10 }))
  }

  it('leaves what fits', () => {
    assert.deepEqual(
      thin(
        items(5, i => i * day),
        now,
        50,
      ),
      { drop: new Set(), bytes: 50, full: false },
    )
  })

  it('takes the oldest and densest versions first, and no two neighbours at a time', () => {
    // Every hour for ten days, the newest first.
    const { drop, bytes } = thin(
      items(240, i => 24 * hour + i * hour),
      now,
      2000,
    )
    assert.equal(bytes, 2000)
    assert.equal(drop.size, 40)
    const dropped = [...drop].map(id => Number(id.slice(1)))
    assert.ok(
      dropped.every(i => i > 100),
      'old ones',
    )
    assert.ok(
      dropped.every(i => !dropped.includes(i + 1)),
      'spread',
    )
  })

  it('keeps the newest version of each path, deletions, conflict losers and the young', () => {
    const version = fc.record({
      path: fc.constantFrom('a', 'b', 'c'),
      at: fc.integer({ min: 0, max: 40 * day }),
      why: fc.constantFrom(...reasons),
      bytes: fc.integer({ min: 0, max: 100 }),
    })
    fc.assert(
      fc.property(fc.array(version, { maxLength: 60 }), fc.integer({ min: 0, max: 3000 }), (versions, limit) => {
        const all = versions.map((each, i) => ({ ...each, id: `${i}`.padStart(3, '0'), at: now - each.at }))
        const { drop, bytes, full } = thin(all, now, limit)
        const kept = all.filter(item => !drop.has(item.id))
        assert.equal(
          bytes,
          kept.reduce((sum, item) => sum + item.bytes, 0),
        )
        assert.equal(full, bytes > limit)
        for (const item of all) {
          const age = now - item.at
          if (age > 30 * day) assert.ok(drop.has(item.id))
          else if (drop.has(item.id)) {
            assert.equal(item.why, 'replaced')
            assert.ok(age >= day)
            assert.ok(
              kept.some(other => other.path === item.path && other.at >= item.at),
              'a later version is kept',
            )
          }
        }
        if (full) assert.ok(thin(kept, now, limit).drop.size === 0, 'nothing more can go')
      }),
    )
  })

  it('is quick with a hundred thousand items', () => {
    const many = Array.from({ length: 100 }, (_, path) =>
      items(1000, i => day + i * 60_000, 'replaced', `p${path}-`),
    ).flat()
    // What else runs on this machine does not count.
    const before = process.cpuUsage()
    assert.ok(thin(many, now, 1000).drop.size > 99_000)
    assert.ok(process.cpuUsage(before).user < 5_000_000)
  })
})

for (const method of methodNames) {
  describe(`undo, by ${method}`, () => {
    it('puts a replaced version back, and what stands there into the trash', async () => {
      const rig = new Rig(methods[method])
      await replaceInTurn(rig, ['one', 'two'])
      const [item] = rig.trash()
      assert.deepEqual(await bringBack(rig, [item?.id ?? '']), { restored: ['a'], refused: [] })
      assert.deepEqual(look(rig), { a: '644 one' })
      assert.deepEqual(rig.trashed(), ['undone a two'])
      assert.ok(
        Math.abs((rig.person.find('a')?.mtimeMs ?? 0) - rig.clock.now()) < 100,
        'it is as young as if it was saved now',
      )
      const [undone] = rig.trash()
      await bringBack(rig, [undone?.id ?? ''])
      assert.deepEqual(look(rig), { a: '644 two' }, 'undo can be undone')
      assert.deepEqual(rig.trashed(), ['undone a one'])
    })

    it('puts back a whole directory, parents first', async () => {
      const rig = new Rig(methods[method])
      rig.person.mkdir('d', 0o750)
      rig.person.mkdir('d/e')
      rig.person.write('d/e/f', 'deep')
      rig.person.symlink('e', 'd/l')
      await rig.apply([
        remove('d/e/f', file('deep')),
        remove('d/l', symlink('e')),
        remove('d/e', folder()),
        remove('d', folder(0o750)),
      ])
      assert.deepEqual(look(rig), {})
      const { restored, refused } = await bringBack(
        rig,
        rig.trash().map(item => item.id),
      )
      assert.deepEqual(refused, [])
      assert.deepEqual(restored, ['d', 'd/e', 'd/e/f', 'd/l'])
      assert.deepEqual(look(rig), { d: '750 /', 'd/e': '755 /', 'd/e/f': '644 deep', 'd/l': '-> e' })
      assert.deepEqual(rig.trashed(), [])
      assert.deepEqual(rig.slots(), [])
    })

    it('may die at any call', async () => {
      for (let call = 1; ; call++) {
        const rig = new Rig(methods[method])
        await replaceInTurn(rig, ['one', 'two'])
        const [item] = rig.trash()
        rig.process.faults.crashAt(rig.process.faults.calls + call)
        const died = await bringBack(rig, [item?.id ?? '']).then(
          () => false,
          error => error instanceof Crash,
        )
        rig.restart()
        const stands = rig.person.text('a')
        assert.ok(stands === 'one' || stands === 'two', stands)
        const other = stands === 'one' ? 'two' : 'one'
        assert.ok(
          rig.trashed().some(each => each.endsWith(` a ${other}`)),
          `call ${call}: ${rig.trashed().join(', ')}`,
        )
        assert.deepEqual(rig.slots(), [])
        if (!died) break
      }
    })
  })
}

describe('undo', () => {
  it('makes the directories above, and goes through no file or link', async () => {
    const rig = new Rig()
    for (const path of ['x/a', 'y/a', 'z/a']) {
      rig.person.mkdir(path.slice(0, 1))
      rig.person.write(path, path)
      await rig.apply([remove(path, file(path))])
      rig.person.rmdir(path.slice(0, 1))
    }
    rig.person.write('y', 'a file')
    rig.person.mkdir('elsewhere')
    rig.person.symlink('elsewhere', 'z')
    const { restored, refused } = await bringBack(
      rig,
      rig.trash().map(item => item.id),
    )
    assert.deepEqual(restored, ['x/a'])
    assert.deepEqual(
      refused.map(each => each.path),
      ['y/a', 'z/a'],
    )
    assert.deepEqual(rig.person.list('elsewhere'), [])
    assert.equal(rig.trash().length, 2, 'what was refused stays')
  })

  it('says what it cannot do', async () => {
    const rig = new Rig()
    await replaceInTurn(rig, ['one', 'two'])
    rig.person.rm('a')
    rig.person.mkdir('a')
    rig.person.write('../work/slots/out-000000000-000', 'lost')
    rig.restart()
    const [lost, item] = rig.trash()
    assert.equal(lost?.path, '')
    const { restored, refused } = await bringBack(rig, [item?.id ?? '', lost.id, 'nothing'])
    assert.deepEqual(restored, [])
    assert.deepEqual(
      refused.map(each => each.why),
      [
        `its path is not known: it lies at /work/trash/${lost.id}`,
        'a directory stands there',
        'there is no nothing in the trash',
      ],
    )
  })

  it('takes the oldest of several versions of one path', async () => {
    const rig = new Rig()
    await replaceInTurn(rig, ['one', 'two', 'three'])
    const { restored, refused } = await bringBack(
      rig,
      rig.trash().map(item => item.id),
    )
    assert.deepEqual([restored, refused.length], [['a'], 1])
    assert.deepEqual(look(rig), { a: '644 one' })
    assert.deepEqual(rig.trashed().toSorted(), ['replaced a two', 'undone a three'])
  })

  it('never takes a path that leads out of the root', async () => {
    const rig = new Rig()
    const trash = rig.work.trash
    for (const path of ['../out', '/out', 'a/../../out']) {
      rig.person.write('../work/slots/out-000000000-000', 'evil')
      trash.recover('out-000000000-000', path)
    }
    const { restored, refused } = await bringBack(
      rig,
      rig.trash().map(item => item.id),
    )
    assert.deepEqual([restored.length, refused.length], [0, 3])
    assert.equal(rig.person.find('../out'), undefined)
  })
})
