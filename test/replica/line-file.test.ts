import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { DirectoryHandle } from '../../lib/ports/disk.ts'
import { LineFile } from '../../lib/replica/line-file.ts'
import { Rig } from './rig.ts'

const turns = { pause: () => Promise.resolve(), flush: () => Promise.resolve() }

function begin(): { rig: Rig; directory: DirectoryHandle; lines: LineFile<string> } {
  const rig = new Rig()
  const directory = rig.work.area.base
  return { rig, directory, lines: openLines(directory) }
}

function openLines(directory: DirectoryHandle): LineFile<string> {
  return new LineFile(directory, 'lines', value => (typeof value === 'string' ? value : undefined))
}

describe('a file of lines', () => {
  it('reads back what was written, both ways, whatever its length', () => {
    const text = fc.oneof(
      fc.string(),
      fc.integer({ min: 0, max: 100_000 }).map(length => 'é'.repeat(length)),
      fc.constant('\udc80\ud800'),
    )
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), values => {
        const { lines } = begin()
        for (const value of values) lines.append(value)
        assert.deepEqual([...lines.forward()].flat(), values)
        assert.deepEqual([...lines.backward()], values.toReversed())
      }),
      { numRuns: 60 },
    )
  })

  it('is empty when it is not there', () => {
    const { lines } = begin()
    assert.deepEqual([...lines.forward()], [])
    assert.deepEqual([...lines.backward()], [])
  })

  it('loses no line to damage beside it', () => {
    for (const damage of ['{"half', '\0\0\0\0\0', '"x', 'null', '\xff\xfe', '\n\n', '7']) {
      const { rig, lines } = begin()
      lines.append('first')
      lines.close()
      const writer = rig.person.open('../work/lines', 'append')
      writer.write(new TextEncoder().encode(damage))
      writer.close()
      lines.append('second')
      assert.deepEqual([...lines.forward()].flat(), ['first', 'second'], JSON.stringify(damage))
      assert.deepEqual([...lines.backward()], ['second', 'first'], JSON.stringify(damage))
    }
  })

  it('skips what is too long to be a line', () => {
    const { rig, lines } = begin()
    lines.append('first')
    const writer = rig.person.open('../work/lines', 'append')
    writer.write(new Uint8Array(1_000_000).fill(0x61))
    writer.close()
    lines.append('second')
    assert.deepEqual([...lines.forward()].flat(), ['first', 'second'])
    assert.deepEqual([...lines.backward()], ['second', 'first'])
  })

  it('keeps what is appended while it is written anew', async () => {
    const { lines } = begin()
    for (let i = 0; i < 20_000; i++) lines.append(`${i % 2 === 0 ? 'keep' : 'drop'} ${i}`)
    let added = 0
    const pause = async (): Promise<void> => {
      lines.append(`late ${added++}`)
    }
    await lines.rewrite(value => value.startsWith('keep'), { ...turns, pause })
    const values = [...lines.forward()].flat()
    assert.ok(added > 2)
    assert.equal(values.filter(value => value.startsWith('keep')).length, 10_000)
    assert.equal(values.filter(value => value.startsWith('drop')).length, 0)
    assert.equal(values.filter(value => value.startsWith('late')).length, added)
    lines.append('last')
    assert.equal(lines.backward().next().value, 'last')
  })

  it('is the old or the new one when the process dies while it is written anew', async () => {
    for (let call = 1; ; call++) {
      const { rig, lines } = begin()
      for (const value of ['a', 'b', 'c']) lines.append(value)
      rig.process.faults.crashAt(rig.process.faults.calls + call)
      const died = await lines
        .rewrite(value => value !== 'b', turns)
        .then(
          () => false,
          () => true,
        )
      rig.restart()
      const after = openLines(rig.work.area.base)
      const values = [...after.forward()].flat()
      assert.ok(['a,b,c', 'a,c'].includes(values.join()), values.join())
      await after.rewrite(value => value !== 'b', turns)
      assert.deepEqual([...after.forward()].flat(), ['a', 'c'])
      if (!died) break
    }
  })
})
