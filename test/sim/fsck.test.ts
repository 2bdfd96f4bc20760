import assert from 'node:assert/strict'
import { it } from 'node:test'
import { SyncError } from '../../lib/core/errors.ts'
import type { Dentry, Inode } from './inode.ts'
import { beginFlush, powerCut } from './power.ts'
import { Random } from './random.ts'
import type { Steps } from './saves.ts'
import { removeAll, save, saveStyles } from './saves.ts'
import type { Stage } from './stage.ts'
import { makeStage } from './stage.ts'
import type { SimUser } from './user.ts'
import type { SimVolume } from './volume.ts'
import { inodesBelow } from './volume.ts'

/** One random thing that a program does, whole or begun. */
function act(user: SimUser, random: Random): Steps | undefined {
  const path = (): string =>
    Array.from({ length: random.between(1, 3) }, () => random.pick(['a', 'b', 'c', 'd'])).join('/')
  const [at, to] = [path(), path()]
  const acts: readonly (() => Steps | void)[] = [
    () => save(user, at, random.bytes(random.int(20)), random.pick(saveStyles), random),
    () => save(user, at, random.bytes(random.int(20)), random.pick(saveStyles), random),
    () => removeAll(user, at),
    () => user.mkdir(at),
    () => user.mv(at, to, random.pick(['replace', 'replace', 'exchange'])),
    () => user.mv(at, to),
    () => user.ln(at, to),
    () => user.symlink('a', at),
    () => user.chmod(at, 0o700),
    () => user.rm(at),
  ]
  return random.pick(acts)() ?? undefined
}

/** Programs that come between each other; what the disk refuses ends the program. */
function live({ user, volume }: Stage, random: Random, steps: number): void {
  const running: Steps[] = []
  const attempt = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
    }
  }
  for (let i = 0; i < steps; i++) {
    const program = running[random.int(running.length + 1)]
    if (program === undefined) attempt(() => running.push(...[act(user, random)].filter(made => made !== undefined)))
    else attempt(() => void program.next())
    if (random.chance(0.02)) beginFlush(volume).finish()
    if (random.chance(0.02)) volume.journal.commit(volume.find(volume.root, 'top')?.inode.changedAt ?? 0)
  }
}

/** What must hold in any volume at any time. */
function check(volume: SimVolume): void {
  const names = new Map<Inode, number>()
  const numbers = new Map<number, Inode>()
  const one = (dentry: Dentry): void => {
    const { inode, parent, name } = dentry
    assert.equal(parent.children.get(volume.fold(name)), dentry, 'a name stands where it says')
    names.set(inode, (names.get(inode) ?? 0) + 1)
    assert.equal(numbers.get(inode.number) ?? inode, inode, 'no number is used twice')
    numbers.set(inode.number, inode)
    if (inode.isDirectory) assert.equal(inode.dentry, dentry)
  }
  for (const dentry of inodesBelow(volume.root)) one(dentry)
  for (const [inode, count] of names) {
    assert.equal(inode.links, count)
    assert.ok(inode.holders >= 0 && inode.writers >= 0 && inode.writers <= inode.holders)
    if (inode.isDirectory) assert.equal(count, 1)
  }
}

it('stays sound through random histories and the power cuts in them', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed)
    const stage = makeStage()
    beginFlush(stage.volume).finish()
    try {
      for (let cut = 0; cut < 3; cut++) {
        live(stage, random, 80)
        check(stage.volume)
        powerCut(stage.volume, random)
        check(stage.volume)
        for (const { inode } of inodesBelow(stage.volume.root)) {
          assert.deepEqual([inode.holders, inode.writers, inode.data], [0, 0, inode.durable.data])
        }
      }
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
})

it('the same seed gives the same history, to the last byte and time', () => {
  const run = (): unknown => {
    const stage = makeStage()
    live(stage, new Random(42), 300)
    const stats = [...inodesBelow(stage.volume.root)].map(({ name, inode }) => [
      name,
      inode.stat().inode,
      inode.mtimeMs,
      inode.ctimeMs,
    ])
    return [stats, [...stage.user.snapshot()]]
  }
  assert.deepEqual(run(), run())
})
