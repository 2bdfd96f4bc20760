import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { describe, it } from 'node:test'
import type { ReplicaEvent } from '../../lib/core/messages.ts'
import { createHasher, digest } from '../../lib/replica/hash.ts'
import { LaneSlots } from '../../lib/replica/lane-slots.ts'
import { SimUser } from '../sim/user.ts'
import { Rig, bytes } from './rig.ts'

/** Slots of a rig, and another program that writes to them. */
class Stage {
  readonly rig = new Rig()
  readonly rsync = new SimUser(this.rig.volume, '/')
  /** Runs while a slot is hashed. */
  meanwhile = (): void => {}
  #id = 0
  lane = this.open()

  open(): LaneSlots {
    return new LaneSlots({
      root: this.rig.root,
      work: this.rig.work,
      staging: this.rig.hands.staging,
      hashFile: async handle => {
        const hash = createHasher()
        hash.update(handle.read(0, handle.stat().size))
        await Promise.resolve()
        this.meanwhile()
        return hash.digest()
      },
    })
  }

  async reserve(content: string, path = 'f') {
    const size = bytes(content).length
    const event = await this.#take({ type: 'reserve', id: ++this.#id, digest: digest(bytes(content)), size, path })
    return event?.type === 'reserved' ? { slot: event.slot ?? '', held: event.held } : event
  }

  /** Reserves a slot of which nothing but its place matters. */
  async slot(content: string): Promise<string> {
    const reserved = await this.reserve(content)
    assert.ok(reserved !== undefined && 'slot' in reserved && reserved.slot !== '')
    return reserved.slot
  }

  async received(content: string, slot: string): Promise<string | undefined> {
    const size = bytes(content).length
    const event = await this.#take({ type: 'received', digest: digest(bytes(content)), size, slot })
    return event?.type === 'staged' ? event.state : event?.type
  }

  async #take(command: Parameters<LaneSlots['take']>[0]): Promise<ReplicaEvent | undefined> {
    let told: ReplicaEvent | undefined
    await this.rig.finish(this.lane.take(command, event => (told = event)))
    return told
  }
}

describe('slots that another program writes', () => {
  it('are empty, and staged durable when they hold what they were made for', async () => {
    const stage = new Stage()
    const reserved = await stage.reserve('new')
    assert.ok(reserved !== undefined && 'slot' in reserved)
    assert.equal(reserved.held, 0)
    stage.rsync.write(reserved.slot, 'new')
    assert.equal(await stage.received('new', reserved.slot), 'complete')
    const facts = { digest: digest(bytes('new')), mode: 0o644, mtimeMs: 5 }
    const prepared = stage.rig.hands.staging.take(facts)
    assert.deepEqual([prepared?.staged.slot, prepared?.isDurable], [basename(reserved.slot), true])
    assert.equal(stage.rig.leakedHandles(), 0)
  })

  it('begin with the file at the path, which stays as it is', async () => {
    const stage = new Stage()
    stage.rig.person.write('f', 'old content')
    const slot = await stage.slot('new')
    assert.equal(stage.rsync.text(slot), 'old content')
    stage.rsync.write(slot, 'new')
    assert.equal(await stage.received('new', slot), 'complete')
    assert.equal(stage.rig.person.text('f'), 'old content')
  })

  it('begin empty where no regular file is at the path', async () => {
    const stage = new Stage()
    stage.rig.person.write('target', 'secret')
    stage.rig.person.symlink('target', 'f')
    const reserved = await stage.reserve('new')
    assert.ok(reserved !== undefined && 'slot' in reserved)
    assert.equal(reserved.held, 0)
  })

  it('go on with what an earlier attempt brought, which its writer cannot touch any more', async () => {
    const stage = new Stage()
    const first = await stage.slot('whole content')
    const writer = stage.rsync.open(first, 'keep')
    writer.write(bytes('whole'))
    const second = await stage.slot('whole content')
    assert.notEqual(second, first)
    assert.equal(stage.rsync.text(second), 'whole')
    stage.rsync.write(second, 'whole content')
    assert.equal(await stage.received('whole content', second), 'complete')
    writer.write(bytes(' garbage'))
    assert.equal(stage.rsync.text(second), 'whole content')
    assert.deepEqual(stage.rig.slots(), [basename(second)])
    assert.equal(await stage.received('whole content', first), 'complete', 'because it is here')
  })

  it('survive a crash, and the next start goes on with them', async () => {
    const stage = new Stage()
    const slot = await stage.slot('whole content')
    stage.rsync.write(slot, 'whole')
    stage.rig.restart()
    stage.lane = stage.open()
    assert.deepEqual(await stage.reserve('whole content').then(made => made && 'held' in made && made.held), 5)
    assert.equal(stage.rig.slots().length, 1)
    stage.rig.clock.advance(4_000_000)
    stage.lane.expire()
    assert.deepEqual(stage.rig.slots(), [])
  })

  const wrong: readonly (readonly [says: string, content: string, meanwhile: boolean])[] = [
    ['another content of that size', 'nev', false],
    ['too little', 'n', false],
    ['too much', 'new!', false],
    ['what was written to while it was looked at', 'new', true],
  ]
  for (const [says, content, meanwhile] of wrong) {
    it(`are dropped when they hold ${says}`, async () => {
      const stage = new Stage()
      const slot = await stage.slot('new')
      stage.rsync.write(slot, content)
      if (meanwhile) {
        stage.meanwhile = () => {
          stage.rig.clock.advance(5)
          stage.rsync.write(slot, 'abc')
        }
      }
      assert.equal(await stage.received('new', slot), 'wrong')
      assert.deepEqual(stage.rig.slots(), [])
      assert.equal(stage.rig.leakedHandles(), 0)
    })
  }

  it('are none but ours', async () => {
    const stage = new Stage()
    stage.rig.person.write('f', 'new')
    for (const slot of [`${stage.rig.root.base}/f`, '', await stage.slot('another')]) {
      assert.equal(await stage.received('new', slot), 'wrong')
    }
    assert.equal(stage.rig.person.text('f'), 'new')
    assert.equal(stage.rig.slots().length, 1)
  })

  it('are refused by a full disk, and leave nothing', async () => {
    const stage = new Stage()
    stage.rig.process.faults.full = true
    assert.deepEqual(await stage.reserve('new'), { slot: '', held: 0 })
    assert.deepEqual(stage.rig.slots(), [])
  })

  it('are dropped when the content comes another way, or nobody writes to them for long', async () => {
    const stage = new Stage()
    await stage.slot('one')
    stage.lane.forget(digest(bytes('one')))
    assert.deepEqual(stage.rig.slots(), [])
    const slot = await stage.slot('two')
    stage.rig.clock.advance(3_000_000)
    stage.rsync.write(slot, 't')
    stage.rig.clock.advance(3_000_000)
    stage.lane.expire()
    assert.equal(stage.rig.slots().length, 1, 'somebody wrote to it')
    stage.rig.clock.advance(3_600_000)
    stage.lane.expire()
    assert.deepEqual(stage.rig.slots(), [])
  })

  it('are so many and no more', async () => {
    const stage = new Stage()
    for (let i = 0; i < 40; i++) await stage.reserve(`content ${i}`)
    assert.equal(stage.rig.slots().length, 16)
  })

  it('stay when the replica closes meanwhile', async () => {
    const stage = new Stage()
    const slot = await stage.slot('new')
    stage.rsync.write(slot, 'new')
    const command = { type: 'received', digest: digest(bytes('new')), size: 3, slot } as const
    stage.meanwhile = () => void stage.lane.close()
    await stage.rig.finish(stage.lane.take(command, () => {}))
    assert.equal(await stage.received('new', slot), undefined, 'nothing is answered any more')
    assert.equal(stage.rsync.text(slot), 'new')
    assert.equal(stage.rig.leakedHandles(), 0)
  })
})
