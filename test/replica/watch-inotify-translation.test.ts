import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { WatchEvent } from '../../lib/ports/watcher.ts'
import type { InotifyEvent } from '../../lib/replica/watch/inotify-events.ts'
import { inotifyBits as bits } from '../../lib/replica/watch/inotify-events.ts'
import { InotifyTranslation } from '../../lib/replica/watch/inotify-translation.ts'
import { WatchTable } from '../../lib/replica/watch/watch-table.ts'

/** Watch 101 stands for directory 1 (the root), 102 for 2; 9 is unknown. */
function translation(): InotifyTranslation {
  const table = new WatchTable()
  table.place(1, 101)
  table.place(2, 102)
  return new InotifyTranslation(table, key => key === 1)
}

function on(watch: number, mask: number, name = '', cookie = 0): InotifyEvent {
  return { watch, mask, cookie, name }
}

/** An event as a word: `changed 1/f`, `moved 1/a 2/b/` (a slash at the end: a directory), `lost all`. */
function word(event: WatchEvent): string {
  if (event.kind === 'lost') return `lost ${event.directory ?? 'all'}`
  if (event.kind === 'self') return `self ${event.directory}`
  const slash = event.isDirectory === true ? '/' : ''
  const at = `${event.kind} ${event.directory}/${event.name}`
  return event.kind === 'moved' ? `${at} ${event.to}/${event.newName}${slash}` : `${at}${slash}`
}

const from = (watch: number, name: string, cookie: number, more = 0) => on(watch, bits.movedFrom | more, name, cookie)
const to = (watch: number, name: string, cookie: number, more = 0) => on(watch, bits.movedTo | more, name, cookie)

/** `reads` are what one read after the other gives; `says` what is told for each, and last what `flush` tells. */
const rows: readonly {
  about: string
  reads: readonly (readonly InotifyEvent[])[]
  says: readonly (readonly string[])[]
}[] = [
  {
    about: 'a file written',
    reads: [[on(101, bits.create, 'f'), on(101, bits.modify, 'f'), on(101, bits.closeWrite, 'f')]],
    says: [['changed 1/f', 'closed 1/f'], []],
  },
  {
    about: 'repeated writes, once for each read',
    reads: [
      [on(101, bits.modify, 'f'), on(101, bits.modify, 'g'), on(101, bits.modify, 'f')],
      [on(101, bits.modify, 'f')],
    ],
    says: [['changed 1/f', 'changed 1/g'], ['changed 1/f'], []],
  },
  {
    about: 'a file removed and made again in one read',
    reads: [[on(101, bits.attributes, 'f'), on(101, bits.remove, 'f'), on(101, bits.create, 'f')]],
    says: [['changed 1/f', 'gone 1/f', 'changed 1/f'], []],
  },
  {
    about: 'a directory made, changed, removed',
    reads: [
      [
        on(101, bits.create | bits.isDirectory, 'd'),
        on(101, bits.attributes | bits.isDirectory, 'd'),
        on(101, bits.remove | bits.isDirectory, 'd'),
      ],
    ],
    says: [['changed 1/d/', 'gone 1/d/'], []],
  },
  {
    about: 'a rename of a file',
    reads: [[from(101, 'a', 5), to(102, 'b', 5)]],
    says: [['gone 1/a', 'closed 2/b', 'moved 1/a 2/b'], []],
  },
  {
    about: 'a rename of a directory',
    reads: [[from(101, 'a', 5, bits.isDirectory), to(101, 'b', 5, bits.isDirectory), on(102, bits.moveSelf)]],
    says: [['gone 1/a/', 'changed 1/b/', 'moved 1/a 1/b/'], []],
  },
  {
    about: 'a rename whose halves have something between them',
    reads: [[from(101, 'a', 5), on(102, bits.create, 'x'), to(101, 'b', 5)]],
    says: [['gone 1/a', 'changed 2/x', 'closed 1/b', 'moved 1/a 1/b'], []],
  },
  {
    about: 'a rename cut by the end of a read',
    reads: [[on(101, bits.create, 'x'), from(101, 'a', 5)], [to(101, 'b', 5)]],
    says: [['changed 1/x'], ['gone 1/a', 'closed 1/b', 'moved 1/a 1/b'], []],
  },
  {
    about: 'a rename cut, with something between',
    reads: [[from(101, 'a', 5)], [on(102, bits.create, 'x'), to(101, 'b', 5)]],
    says: [[], ['gone 1/a', 'changed 2/x', 'closed 1/b', 'moved 1/a 1/b'], []],
  },
  {
    about: 'a first half whose second one comes two reads later',
    reads: [[from(101, 'a', 5)], [on(102, bits.create, 'x')], [to(101, 'b', 5)]],
    says: [[], ['gone 1/a', 'changed 2/x'], ['closed 1/b', 'moved 1/a 1/b'], []],
  },
  { about: 'a file moved away', reads: [[from(101, 'a', 5)]], says: [[], ['gone 1/a']] },
  {
    about: 'a file moved away, not last',
    reads: [[from(101, 'a', 5), on(101, bits.create, 'x')]],
    says: [['gone 1/a', 'changed 1/x'], []],
  },
  { about: 'a file moved in', reads: [[to(101, 'b', 5)]], says: [['closed 1/b'], []] },
  { about: 'a directory moved in', reads: [[to(101, 'b', 5, bits.isDirectory)]], says: [['changed 1/b/'], []] },
  {
    about: 'two files exchanged',
    reads: [[from(101, 'a', 5), to(101, 'b', 5), from(101, 'b', 6), to(101, 'a', 6)]],
    says: [['gone 1/a', 'closed 1/b', 'moved 1/a 1/b', 'gone 1/b', 'closed 1/a', 'moved 1/b 1/a'], []],
  },
  {
    about: 'a move from a directory that is not watched',
    reads: [[from(9, 'a', 5), to(101, 'b', 5)]],
    says: [['closed 1/b'], []],
  },
  {
    about: 'an overflow',
    reads: [[on(-1, bits.overflow), on(101, bits.create, 'f')]],
    says: [['lost all', 'changed 1/f'], []],
  },
  {
    about: 'a watched directory removed: once',
    reads: [[on(102, bits.removeSelf), on(102, bits.ignored)]],
    says: [['self 2'], []],
  },
  { about: 'an unmount', reads: [[on(102, bits.unmount), on(102, bits.ignored)]], says: [['self 2'], []] },
  { about: 'a watch the kernel dropped', reads: [[on(102, bits.ignored)]], says: [['self 2'], []] },
  {
    about: 'nothing for a watched directory that moved: its parent tells',
    reads: [[on(102, bits.moveSelf)]],
    says: [[], []],
  },
  { about: 'the root that moved', reads: [[on(101, bits.moveSelf)]], says: [['self 1'], []] },
  {
    about: 'nothing for a mode of the directory itself',
    reads: [[on(102, bits.attributes | bits.isDirectory)]],
    says: [[], []],
  },
  {
    about: 'nothing for watches that are forgotten',
    reads: [[on(9, bits.create, 'f'), on(9, bits.removeSelf)]],
    says: [[], []],
  },
]

for (const { about, reads, says } of rows) {
  test(`tells ${about}`, () => {
    const subject = translation()
    const told = reads.map(events => subject.translate(events).map(word))
    assert.deepEqual([...told, subject.flush().map(word)], says)
    assert.equal(subject.holding, false)
  })
}

test('tells everything under both keys of a directory that has two, but moves between the newest', () => {
  const table = new WatchTable()
  table.place(1, 101)
  table.place(2, 101)
  const subject = new InotifyTranslation(table, () => false)
  assert.deepEqual(subject.translate([from(101, 'a', 5), to(101, 'b', 5), on(101, bits.removeSelf)]).map(word), [
    'gone 2/a',
    'gone 1/a',
    'closed 2/b',
    'closed 1/b',
    'moved 2/a 2/b',
    'self 2',
    'self 1',
  ])
})

test('tells the same however reads cut the stream, save for repeated changes', () => {
  const event = fc.oneof(
    fc.constantFrom(
      on(101, bits.create, 'f'),
      on(102, bits.modify, 'f'),
      on(101, bits.closeWrite, 'g'),
      on(102, bits.remove, 'f'),
    ),
    fc.nat(1000).map(cookie => [from(101, 'a', cookie + 1), to(102, 'b', cookie + 1)]),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), fc.array(fc.nat(24), { maxLength: 6 }), (events, cuts) => {
      const stream = events.flat()
      const whole = translation()
      const cut = translation()
      const told = cutAt(stream, cuts).flatMap(read => cut.translate(read))
      assert.deepEqual(
        withoutRepeats([...told, ...cut.flush()]),
        withoutRepeats([...whole.translate(stream), ...whole.flush()]),
      )
    }),
  )
})

function cutAt(stream: readonly InotifyEvent[], cuts: readonly number[]): InotifyEvent[][] {
  const ends = [...cuts.filter(cut => cut < stream.length).toSorted((a, b) => a - b), stream.length]
  return ends.map((end, i) => stream.slice(ends[i - 1] ?? 0, end)).filter(read => read.length > 0)
}

/** Drops `changed` for a name that was said to be changed already, with nothing else about it since. */
function withoutRepeats(events: readonly WatchEvent[]): string[] {
  const last = new Map<string, string>()
  return events.flatMap(event => {
    if (!('name' in event) || event.kind === 'moved') return [word(event)]
    const name = `${event.directory}/${event.name}`
    const repeated = event.kind === 'changed' && last.get(name) === 'changed'
    last.set(name, event.kind)
    return repeated ? [] : [word(event)]
  })
}
