import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Entry } from '../../lib/core/entry.ts'
import { codeOf } from '../../lib/core/errors.ts'
import { toBytes } from '../../lib/core/path.ts'
import { directory } from '../../lib/core/tree.ts'
import { Copies } from '../../lib/replica/copies.ts'
import type { Kept } from '../../lib/replica/copies.ts'
import { copyName } from '../../lib/replica/copy-name.ts'
import { placeCopy } from '../../lib/replica/place-copy.ts'
import { Crash } from '../sim/faults.ts'
import { Rig, bytes, file, look, symlink, text } from './rig.ts'

const none = (): Promise<void> => Promise.resolve()
const turns = { pause: none, flush: none }

function open(rig: Rig): Copies {
  return new Copies(rig.work, rig.hands.staging)
}

function keep(copies: Copies, path: string, entry: Entry | undefined, content?: string): Kept {
  return copies.keep({
    path,
    host: 'mac00',
    entry,
    content: content === undefined ? undefined : { bytes: bytes(content), mtimeMs: 1 },
  })
}

function theirs(path: string): { path: string; host: string } {
  return { path, host: 'mac00' }
}

function shown(copies: Copies, path: string): string | undefined {
  const found = copies.text(path, 100)
  return found === undefined ? undefined : text(found)
}

describe('a copy of the other side', () => {
  it('is kept under a name with host and time, and found by its path', () => {
    const rig = new Rig()
    const copies = open(rig)
    const { copy } = keep(copies, 'src/notes.md', file('theirs'), 'theirs')
    assert.equal(copy, '/work/copies/notes.mac00.20240101T000000Z.md')
    assert.equal(rig.person.text('../work/copies/notes.mac00.20240101T000000Z.md'), 'theirs')
    assert.equal(shown(copies, 'src/notes.md'), 'theirs')
    assert.equal(
      keep(copies, 'lib/notes.md', file('others'), 'others').copy,
      '/work/copies/notes.mac00.20240101T000000Z-2.md',
    )
    assert.equal(shown(open(rig), 'lib/notes.md'), 'others', 'another process finds it too')
  })

  it('is the same one when it is asked for again', () => {
    const rig = new Rig()
    const copies = open(rig)
    const first = keep(copies, 'a', file('theirs'), 'theirs')
    assert.deepEqual(keep(copies, 'a', file('theirs'), 'theirs'), first)
    assert.equal(rig.person.list('../work/copies').length, 1)
  })

  it('follows the other side: the one before goes to the trash', () => {
    const rig = new Rig()
    const copies = open(rig)
    keep(copies, 'a', file('one'), 'one')
    keep(copies, 'a', file('two'), 'two')
    assert.equal(shown(copies, 'a'), 'two')
    assert.deepEqual(rig.trashed(), ['copy a one'])
    assert.deepEqual(keep(copies, 'a', undefined), { copy: undefined, why: 'the other side has nothing there' })
    assert.equal(shown(copies, 'a'), undefined)
    assert.deepEqual(rig.trashed(), ['copy a two', 'copy a one'])
  })

  it('stays, though the one before was taken away by somebody', () => {
    const rig = new Rig()
    const copies = open(rig)
    keep(copies, 'a', file('one'), 'one')
    rig.person.rm('../work/copies/a.mac00.20240101T000000Z')
    keep(copies, 'a', file('two'), 'two')
    assert.equal(shown(copies, 'a'), 'two')
    assert.deepEqual([rig.trashed(), shown(open(rig), 'a')], [[], 'two'])
  })

  it('is made again when its file holds something else', () => {
    const rig = new Rig()
    const copies = open(rig)
    keep(copies, 'a', file('theirs'), 'theirs')
    rig.person.write('../work/copies/a.mac00.20240101T000000Z', 'older')
    keep(open(rig), 'a', file('theirs'), 'theirs')
    assert.equal(shown(open(rig), 'a'), 'theirs')
    assert.deepEqual(rig.trashed(), ['copy a older'])
  })

  it('gets no name that belongs to the copy of another path, though that was taken away', () => {
    const rig = new Rig()
    const copies = open(rig)
    keep(copies, 'a', file('one'), 'one')
    rig.person.rm('../work/copies/a.mac00.20240101T000000Z')
    keep(copies, 'd/a', file('two'), 'two')
    keep(copies, 'a', file('one'), 'one')
    assert.deepEqual([shown(copies, 'a'), shown(copies, 'd/a')], ['one', 'two'])
  })

  it('goes to the trash when the conflict is over', () => {
    const rig = new Rig()
    const copies = open(rig)
    keep(copies, 'a', file('theirs'), 'theirs')
    copies.release('a')
    copies.release('a')
    copies.release('b')
    assert.deepEqual(rig.trashed(), ['copy a theirs'])
    assert.deepEqual([copies.find('a', 'mac00'), open(rig).find('a', 'mac00')], [undefined, undefined])
  })

  it('of one host is kept beside that of another, and goes alone', () => {
    const rig = new Rig()
    const copies = open(rig)
    keep(copies, 'a', file('theirs'), 'theirs')
    const content = { bytes: bytes('others'), mtimeMs: 1 }
    const others = copies.keep({ path: 'a', host: 'linux', entry: file('others'), content })
    assert.equal(others.copy, '/work/copies/a.linux.20240101T000000Z')
    assert.deepEqual(rig.trashed(), [])
    copies.release('a', 'mac00')
    assert.deepEqual([shown(open(rig), 'a'), rig.trashed()], ['others', ['copy a theirs']])
    keep(copies, 'a', file('again'), 'again')
    copies.release('a')
    assert.deepEqual(rig.person.list('../work/copies'), [], 'of all hosts')
  })

  it('of a link is a link, of a directory a list', () => {
    const rig = new Rig()
    const copies = open(rig)
    keep(copies, 'l', symlink('../x'))
    assert.equal(shown(copies, 'l'), '../x')
    keep(
      copies,
      'd',
      directory(0o755, [
        ['a', file('a')],
        ['e', directory(0o755, [['f', file('f')]])],
      ]),
    )
    assert.equal(shown(copies, 'd'), 'a\ne/\ne/f\n')
    copies.release('d')
    copies.release('l')
    assert.deepEqual(rig.trashed(), ['copy l -> ../x'])
    assert.deepEqual(rig.person.list('../work/copies'), [])
  })

  it('takes content that was staged, and waits for what was not', () => {
    const rig = new Rig()
    const copies = open(rig)
    const large = 'z'.repeat(100_000)
    assert.deepEqual(keep(copies, 'a', file(large)), { copy: undefined, why: undefined })
    rig.stage(large)
    assert.ok(keep(copies, 'a', file(large)).copy)
    assert.deepEqual(rig.slots(), [])
  })

  it('can be put beside the path, and stays', async () => {
    const rig = new Rig()
    rig.person.mkdir('d')
    const copies = open(rig)
    keep(copies, 'd/a.txt', file('theirs', 0o755), 'theirs')
    keep(copies, 'd/l', symlink('x'))
    assert.equal(
      await rig.finish(placeCopy(rig.hands, copies, theirs('d/a.txt'), none)),
      'd/a.mac00.20240101T000000Z.txt',
    )
    assert.equal(await rig.finish(placeCopy(rig.hands, copies, theirs('d/l'), none)), 'd/l.mac00.20240101T000000Z')
    assert.equal(await rig.finish(placeCopy(rig.hands, copies, theirs('nothing'), none)), undefined)
    assert.deepEqual(look(rig), {
      d: '755 /',
      'd/a.mac00.20240101T000000Z.txt': '755 theirs',
      'd/l.mac00.20240101T000000Z': '-> x',
    })
    assert.equal(shown(copies, 'd/a.txt'), 'theirs')
    assert.deepEqual(rig.slots(), [])
  })

  it('of content that came in pieces is whole after a power cut, if its line is there', () => {
    const large = 'z'.repeat(100_000)
    for (let seed = 1; seed <= 40; seed++) {
      const rig = new Rig({}, seed)
      open(rig).close()
      rig.settleDisk()
      const copies = open(rig)
      rig.stage(large)
      keep(copies, 'a', file(large))
      rig.cutPower(seed)
      rig.restart()
      const name = open(rig).find('a', 'mac00')?.name
      const there = name === undefined ? undefined : rig.person.text(`../work/copies/${name}`)
      assert.ok(there === undefined || there === large, `seed ${seed}: ${there?.length} of ${large.length} bytes`)
    }
  })

  it('is not put over something of the same name', async () => {
    const rig = new Rig()
    const copies = open(rig)
    keep(copies, 'a', file('theirs'), 'theirs')
    rig.person.write('a.mac00.20240101T000000Z', 'mine')
    assert.equal(await rig.finish(placeCopy(rig.hands, copies, theirs('a'), none)), undefined)
    assert.deepEqual(look(rig), { 'a.mac00.20240101T000000Z': '644 mine' })
  })

  it('is not lost when the process dies at any call', async () => {
    for (let call = 1; ; call++) {
      const rig = new Rig()
      const copies = open(rig)
      keep(copies, 'a', file('one'), 'one')
      rig.process.faults.crashAt(rig.process.faults.calls + call)
      let died = false
      try {
        keep(copies, 'a', file('two'), 'two')
        copies.release('a')
      } catch (error) {
        if (!(error instanceof Crash)) throw error
        died = true
      }
      rig.restart()
      const again = open(rig)
      await again.tidy(turns)
      const files = rig.person.list('../work/copies')
      assert.equal(
        files.length,
        shown(again, 'a') === undefined ? 0 : 1,
        `call ${call}: a file for each copy and none beside`,
      )
      assert.ok(
        shown(again, 'a') === 'one' || rig.trashed().includes('copy a one'),
        `call ${call}: ${rig.trashed().join(', ')}`,
      )
      assert.deepEqual(rig.slots(), [])
      keep(again, 'a', file('three'), 'three')
      assert.equal(shown(again, 'a'), 'three')
      if (!died) break
    }
  })

  it('is found by its path after a power cut, though the disk failed at any call of the one before', async () => {
    for (let call = 1; ; call++) {
      const rig = new Rig()
      const copies = open(rig)
      keep(copies, 'd/first', file('one'), 'one')
      rig.process.faults.failAt(rig.process.faults.calls + call, 'EIO')
      const failing = rig.process.faults.calls + call
      try {
        keep(copies, 'd/a', file('two'), 'two')
      } catch (error) {
        assert.equal(codeOf(error), 'EIO')
      }
      const failed = rig.process.faults.calls >= failing
      rig.process.faults.heal()
      keep(copies, 'd/b', file('three'), 'three')
      rig.settleDisk()
      rig.cutPower(call)
      rig.restart()
      const again = open(rig)
      await again.tidy(turns)
      assert.deepEqual(
        ['d/first', 'd/b'].map(path => shown(again, path)),
        ['one', 'three'],
        `call ${call}`,
      )
      assert.ok([undefined, 'two'].includes(shown(again, 'd/a')), `call ${call}`)
      assert.deepEqual(rig.trashed(), [], `call ${call}`)
      if (!failed) break
    }
  })

  it('forgets what is over', async () => {
    const rig = new Rig()
    const copies = open(rig)
    for (let i = 0; i < 50; i++) {
      keep(copies, 'a', file(`${i}`), `${i}`)
      rig.clock.advance(1000)
    }
    await copies.tidy(turns)
    assert.equal((rig.person.text('../work/copies.jsonl') ?? '').split('\n').filter(line => line !== '').length, 1)
    assert.equal(shown(open(rig), 'a'), '49')
  })
})

describe('the name of a copy', () => {
  const rows = [
    ['notes.md', 'mac00', 1, 'notes.mac00.20260102T030405Z.md'],
    ['notes.md', 'mac00', 3, 'notes.mac00.20260102T030405Z-3.md'],
    ['Makefile', 'mac00.local', 1, 'Makefile.mac00-local.20260102T030405Z'],
    ['.env', 'h', 1, '.env.h.20260102T030405Z'],
    ['a.tar.gz', 'h', 1, 'a.tar.h.20260102T030405Z.gz'],
    ['a', '../../x y', 1, 'a.-x-y.20260102T030405Z'],
    ['a', '', 1, 'a.host.20260102T030405Z'],
    ['\u001b[31m\udcff\u202e.c', 'h', 1, '_[31m__.h.20260102T030405Z.c'],
  ] as const
  for (const [name, host, count, expected] of rows) {
    it(`of ${JSON.stringify(name)} on ${JSON.stringify(host)}`, () => {
      assert.equal(copyName(name, host, Date.UTC(2026, 0, 2, 3, 4, 5), count), expected)
    })
  }

  it('fits every disk, tells hosts, times and counts apart, and survives any clock', () => {
    const name = fc.oneof(
      fc.string({ minLength: 1, unit: 'binary' }),
      fc.string({ minLength: 80, maxLength: 255, unit: 'grapheme' }),
      fc.string({ minLength: 1 }).map(end => `a.${end}`),
    )
    const clean = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/)
    fc.assert(
      fc.property(
        name.map(each => each.replaceAll('/', '|')),
        clean,
        clean,
        fc.integer({ min: 0, max: 4e12 }),
        fc.integer({ min: 1, max: 99 }),
        (of, host, other, at, count) => {
          const made = copyName(of, host, at, count)
          assert.ok(toBytes(made).length <= 255)
          assert.ok(made.isWellFormed() && !/[\p{Cc}/]/u.test(made))
          assert.notEqual(made, copyName(of, host, at, count + 1))
          assert.notEqual(made, copyName(of, host, at + 1000, count))
          if (other !== host) assert.notEqual(made, copyName(of, other, at, count))
        },
      ),
    )
    for (const at of [Number.NaN, Infinity, -1, 1e300]) assert.ok(toBytes(copyName('a', 'h', at)).length <= 255)
  })
})
