import assert from 'node:assert/strict'
import { it } from 'node:test'
import { codeOf } from '../../lib/core/errors.ts'
import type { WatchDisk } from './watch-disk.ts'
import { pause } from './watch-observer.ts'
import type { WatcherMaker } from './watch-world.ts'
import { observed, stillHears } from './watch-world.ts'

/** A burst of this many files makes thousands of events, all waiting while the main thread is busy making them. */
const burstFiles = 2000

/** What a watcher keeps when very much happens at once. */
export function stormTests(maker: WatcherMaker): void {
  it('misses nothing in a burst, or says so', async t => {
    const { observer, disk } = await observed(t, maker, disk => disk.mkdir('d'))
    for (let i = 0; i < burstFiles; i++) disk.write(i % 2 === 0 ? `d/${i}` : String(i), 'x')
    await observer.converged()
    for (let i = 0; i < burstFiles; i += 3) disk.unlink(i % 2 === 0 ? `d/${i}` : String(i))
    await observer.converged()
  })

  it('converges after a storm of everything', async t => {
    const { observer, disk } = await observed(t, maker)
    const seed = Number(process.env['DSYNC_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    t.diagnostic(`seed ${seed} (set DSYNC_SEED to repeat)`)
    const random = randomFrom(seed)
    for (let step = 0; step < 400; step++) {
      storm(disk, random, step)
      if (random(10) === 0) await pause(random(4))
    }
    await observer.converged()
    await stillHears(observer)
  })
}

/** One random step among three levels of four names. Steps that are impossible just now do nothing. */
function storm(disk: WatchDisk, random: (below: number) => number, step: number): void {
  const path = () => Array.from({ length: 1 + random(3) }, () => 'abcd'[random(4)]).join('/')
  const at = path()
  const to = path()
  const acts = [
    () => disk.write(at, `step ${step}`),
    () => disk.append(at, ` step ${step}`),
    () => disk.mkdir(at),
    () => disk.mkdir(at),
    () => disk.rename(at, to),
    () => disk.unlink(at),
    () => random(3) === 0 && disk.removeAll(at),
    () => disk.symlink(at, 'abcd'),
  ]
  try {
    acts[random(acts.length)]?.()
  } catch (error) {
    assert.match(codeOf(error) ?? String(error), /^(E|ERR_FS_)/)
  }
}

/** Numbers below a bound, always the same for a seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
