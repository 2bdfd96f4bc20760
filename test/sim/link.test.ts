import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Link, LinkEnd } from '../../lib/ports/link.ts'
import { ManualClock } from './clock.ts'
import { SimLink } from './link.ts'
import { SimProcess } from './process.ts'
import { Random } from './random.ts'

function makeLink(seed: number, queueBytes = 64 * 1024) {
  const world = new ManualClock()
  const [near, far] = [new SimProcess(world), new SimProcess(world)]
  const link = new SimLink({ near, far, random: new Random(seed), queueBytes })
  return { world, near, far, link }
}

/** What an end hears: bytes as text, pieces counted, and how it ended. */
function listen(end: Link) {
  const heard = { text: '', pieces: 0, ends: [] as LinkEnd[] }
  end.onData(bytes => {
    heard.text += new TextDecoder().decode(bytes)
    heard.pieces++
  })
  end.onClose(why => heard.ends.push(why))
  return heard
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('the simulated link', () => {
  it('brings all bytes in order, in other pieces than they were written in', () => {
    let split = 0
    for (let seed = 0; seed < 30; seed++) {
      const { world, link } = makeLink(seed)
      const there = listen(link.far)
      const back = listen(link.near)
      let sent = ''
      for (let i = 0; i < 40; i++) {
        sent += `message ${i};`
        link.near.write(bytes(`message ${i};`))
        link.far.write(bytes(`${i}.`))
        if (i % 7 === 0) world.advance(1)
      }
      assert.notEqual(there.text, sent, 'bytes take their time')
      world.advance(100)
      assert.equal(there.text, sent)
      assert.equal(back.text, Array.from({ length: 40 }, (_, i) => `${i}.`).join(''))
      if (there.pieces !== 40) split++
    }
    assert.ok(split > 20)
  })

  it('takes a copy: the writer may use its buffer again', () => {
    const { world, link } = makeLink(1)
    const there = listen(link.far)
    const buffer = bytes('one')
    link.near.write(buffer)
    buffer.set(bytes('two'))
    world.advance(10)
    assert.equal(there.text, 'one')
  })

  it('keeps bytes for a listener that comes late', () => {
    const { world, link } = makeLink(1)
    link.near.write(bytes('early'))
    world.advance(10)
    const there = listen(link.far)
    world.advance(10)
    assert.equal(there.text, 'early')
  })

  it('asks to wait when much is under way, and says when there is room', () => {
    const { world, link } = makeLink(1, 1000)
    let drained = 0
    link.near.onDrain(() => drained++)
    assert.equal(link.near.write(new Uint8Array(900)), true)
    assert.equal(link.near.write(new Uint8Array(900)), false)
    world.advance(50)
    assert.equal(drained, 0, 'nobody reads')
    listen(link.far)
    world.advance(50)
    assert.equal(drained, 1)
  })

  it('a cut loses what is under way and is noticed at both ends, each in its time', () => {
    let apart = 0
    for (let seed = 0; seed < 20; seed++) {
      const { world, link } = makeLink(seed)
      const [there, here] = [listen(link.far), listen(link.near)]
      link.near.write(bytes('arrives'))
      world.advance(10)
      link.near.write(bytes('lost'))
      link.cut(100)
      link.near.write(bytes('into nothing'))
      world.advance(40)
      if (there.ends.length !== here.ends.length) apart++
      world.advance(100)
      assert.equal(there.text, 'arrives')
      assert.deepEqual(
        [...there.ends, ...here.ends].map(end => end.code),
        ['TRANSPORT_LOST', 'TRANSPORT_LOST'],
      )
    }
    assert.ok(apart > 3, String(apart))
  })

  it('a cut that nobody notices is only silence', () => {
    const { world, link } = makeLink(1)
    const there = listen(link.far)
    link.cut(Infinity)
    link.near.write(bytes('lost'))
    world.advance(1e6)
    assert.deepEqual([there.text, there.ends], ['', []])
  })

  it('closing tells both ends once, the other with or without the last bytes', () => {
    const texts = new Set<string>()
    for (let seed = 0; seed < 20; seed++) {
      const { world, link } = makeLink(seed)
      const [there, here] = [listen(link.far), listen(link.near)]
      link.near.write(bytes('bye'))
      link.near.close()
      link.near.close()
      link.far.close()
      world.advance(100)
      assert.deepEqual(
        here.ends.map(end => end.code),
        ['CLOSED'],
      )
      assert.equal(there.ends.length, 1)
      texts.add(there.text)
    }
    assert.ok(texts.has(''))
  })

  it('the death of a process is the end of the link for the other', () => {
    const texts = new Set<string>()
    for (let seed = 0; seed < 20; seed++) {
      const { world, near, link } = makeLink(seed)
      const [there, here] = [listen(link.far), listen(link.near)]
      link.near.write(bytes('last words'))
      link.far.write(bytes('unheard'))
      near.kill()
      world.advance(100)
      assert.deepEqual(
        there.ends.map(end => end.code),
        ['TRANSPORT_LOST'],
      )
      assert.deepEqual([here.text, here.ends], ['', []], 'the dead hear nothing')
      texts.add(there.text)
    }
    assert.ok(texts.has('') && texts.has('last words'))
    assert.ok([...texts].every(text => 'last words'.startsWith(text)))
  })
})
