import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Crash } from './faults.ts'
import { beginFlush, powerCut } from './power.ts'
import { Random } from './random.ts'
import type { Stage } from './stage.ts'
import { makeStage, stageFile } from './stage.ts'

/** What `look` shows after each of many power cuts of the same history, in a set. */
function outcomes(live: (stage: Stage) => void, look: (stage: Stage) => unknown, cuts = 200): Set<unknown> {
  const seen = new Set<unknown>()
  for (let seed = 0; seed < cuts; seed++) {
    const stage = makeStage()
    beginFlush(stage.volume).finish()
    live(stage)
    powerCut(stage.volume, new Random(seed))
    seen.add(look(stage))
  }
  return seen
}

const text = (path: string) => (stage: Stage) => stage.user.text(path)?.replaceAll('\0', '0')
const logText = ({ volume }: Stage): string => {
  const data = volume.find(volume.find(volume.root, 'work')?.inode ?? volume.root, 'log')?.inode.data
  return new TextDecoder().decode(data).replaceAll('\0', '0')
}
const names = (stage: Stage): string => stage.user.list('').toSorted().join(' ')
const has = (seen: Set<unknown>, ...expected: unknown[]): void =>
  assert.deepEqual(
    expected.filter(one => !seen.has(one)),
    [],
  )

describe('a power cut', () => {
  it('keeps a first part of the changes of names, in order', () => {
    const seen = outcomes(({ user }) => ['a', 'b', 'c', 'd'].forEach(name => user.mkdir(name)), names)
    assert.deepEqual([...seen].toSorted(), ['', 'a', 'a b', 'a b c', 'a b c d'])
  })

  it('keeps what a directory sync made durable, and all before it', () => {
    const seen = outcomes(({ user, root }) => {
      user.mkdir('a')
      root.sync()
      user.mkdir('b')
    }, names)
    assert.deepEqual([...seen].toSorted(), ['a', 'a b'])
  })

  it('keeps what was flushed, and only what was written before the flush began', () => {
    const seen = outcomes(({ user, volume }) => {
      user.write('f', 'old')
      const flush = beginFlush(volume)
      user.write('f', 'newer')
      flush.finish()
    }, text('f'))
    has(seen, 'old', 'newer', '', '00000')
    assert.equal(seen.size, 4, [...seen].join('|'))
  })

  it('keeps what was synced while a flush was under way that had begun before', () => {
    const seen = outcomes(({ work, volume }) => {
      const log = work.append('log')
      log.write(new TextEncoder().encode('one '))
      const flush = beginFlush(volume)
      log.write(new TextEncoder().encode('two'))
      log.sync()
      work.sync()
      flush.finish()
    }, logText)
    assert.deepEqual([...seen], ['one two'])
  })

  it('leaves of a new file that was never synced nothing, zeros, a part, or all', () => {
    const seen = outcomes(({ user }) => user.write('f', 'text'), text('f'))
    has(seen, undefined, '', '0000', 'text', 'te')
  })

  it('leaves of a synced file all of it, or not its name', () => {
    const seen = outcomes(({ root }) => stageFile(root, 'f', 'text', true), text('f'))
    assert.deepEqual([...seen].toSorted(), ['text', undefined])
  })

  it('leaves the old, nothing, zeros or the new of a file that was emptied and written again', () => {
    const seen = outcomes(({ user, volume }) => {
      user.write('f', 'old')
      beginFlush(volume).finish()
      user.write('f', 'newer')
    }, text('f'))
    assert.deepEqual([...seen].toSorted(), ['', '00000', 'newer', 'old'])
  })

  it('never takes from an appended file what was durable', () => {
    const seen = outcomes(({ work, user }) => {
      const log = work.append('log')
      log.write(new TextEncoder().encode('one '))
      log.sync()
      work.sync()
      log.write(new TextEncoder().encode('two'))
      log.close()
      user.mkdir('later')
    }, logText)
    has(seen, 'one ', 'one 000', 'one two', 'one tw')
    assert.ok(
      [...seen].every(one => String(one).startsWith('one ')),
      [...seen].join('|'),
    )
  })

  it('spares content that a rename put in the place of another, as ext4 does', () => {
    const seen = outcomes(({ user, root, work, volume }) => {
      user.write('f', 'old')
      beginFlush(volume).finish()
      stageFile(work, 'in', 'new')
      work.rename('in', root, 'f', 'replace')
    }, text('f'))
    assert.deepEqual([...seen].toSorted(), ['new', 'old'])
  })

  for (const how of ['exchange', 'exclusive', 'link'] as const) {
    it(`may leave 0 bytes of content that came by ${how} without a sync`, () => {
      const seen = outcomes(({ user, root, work, volume }) => {
        if (how === 'exchange') user.write('f', 'old')
        beginFlush(volume).finish()
        stageFile(work, 'in', 'new')
        if (how === 'link') work.link('in', root, 'f')
        else if (how === 'exchange') root.rename('f', work, 'in', 'exchange')
        else work.rename('in', root, 'f', 'exclusive')
      }, text('f'))
      has(seen, '', 'new', how === 'exchange' ? 'old' : undefined)
    })
  }

  it('takes a rename whole or not at all: nothing replaced is lost, nothing has two places', () => {
    const seen = outcomes(
      ({ user, root, work, volume }) => {
        user.write('f', 'old')
        stageFile(work, 'in', 'new', true)
        beginFlush(volume).finish()
        root.rename('f', work, 'in', 'exchange')
        work.rename('in', root, 'g', 'exclusive')
        root.rename('g', root, 'f', 'replace')
      },
      stage => `${names(stage)}: ${stage.user.text('f')}`,
    )
    assert.deepEqual([...seen].toSorted(), ['f g: new', 'f: new', 'f: old'])
  })

  it('brings back modes, times and removed files with their inode', () => {
    const seen = outcomes(
      ({ user, volume }) => {
        user.write('f', 'old')
        beginFlush(volume).finish()
        user.chmod('f', 0o600)
        user.rm('f')
        user.write('g', '')
      },
      stage => `${stage.user.find('f')?.mode.toString(8)} ${stage.user.find('f')?.links} ${names(stage)}`,
    )
    assert.deepEqual([...seen].toSorted(), ['600 1 f', '644 1 f', 'undefined undefined ', 'undefined undefined g'])
  })

  it('may leave other content under the same size and times', () => {
    let alike = 0
    for (let seed = 0; seed < 200; seed++) {
      const { user, volume } = makeStage()
      user.write('f', 'text')
      const before = user.find('f')?.stat()
      powerCut(volume, new Random(seed))
      const after = user.find('f')?.stat()
      if (
        after?.mtimeMs === before?.mtimeMs &&
        after?.ctimeMs === before?.ctimeMs &&
        after?.size === 4 &&
        user.text('f') !== 'text'
      )
        alike++
    }
    assert.ok(alike > 5, String(alike))
  })

  it('a failed sync is never made good by another', () => {
    const seen = outcomes(({ process, root, volume }) => {
      const handle = root.create('f')
      handle.write(new TextEncoder().encode('text'))
      process.faults.failAt(process.faults.calls + 1, 'EIO')
      assert.throws(() => handle.sync(), { code: 'EIO' })
      handle.sync()
      beginFlush(volume).finish()
    }, text('f'))
    assert.ok(seen.has(''))
  })

  it('says what it undid and spoiled, and ends what was open', () => {
    const { user, root, volume } = makeStage()
    beginFlush(volume).finish()
    const handle = root.create('f')
    handle.write(new TextEncoder().encode('text'))
    const writer = user.open('g', 'new')
    root.sync()
    const loss = powerCut(volume, new Random(5))
    assert.equal(loss.undone, 0)
    for (const { path, was, is } of loss.spoiled) {
      assert.equal(path, '/top/f')
      assert.equal(new TextDecoder().decode(was), 'text')
      assert.notDeepEqual(is, was)
    }
    assert.throws(() => handle.write(new Uint8Array(1)), Crash)
    assert.throws(() => writer.write(new Uint8Array(1)), Crash)
    assert.throws(() => root.list(), Crash)
    writer.close()
    handle.close()
    root.close()
    assert.deepEqual([user.find('f')?.holders, user.find('f')?.writers], [0, 0])
  })

  it('the same seed cuts the same way', () => {
    const run = (): unknown => {
      const stage = makeStage()
      for (let i = 0; i < 10; i++) stage.user.write(`f${i % 4}`, `text ${i}`)
      const loss = powerCut(stage.volume, new Random(99))
      return [loss, [...stage.user.snapshot()]]
    }
    assert.deepEqual(run(), run())
  })
})
