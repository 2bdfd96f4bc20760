import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inlineContentBytes } from '../../lib/core/limits.ts'
import type { ReplicaCommand } from '../../lib/core/messages.ts'
import { Keeper } from '../../lib/core/session/keeper.ts'
import type { OpenConflict } from '../../lib/core/session/messages.ts'

const digest = 'a'.repeat(64)

function conflictOf(size: number): OpenConflict {
  const beta = { kind: 'file', mode: 0o644, digest, size } as const
  const copies = { alpha: undefined, beta: undefined }
  return { path: 'f', kind: 'content', ancestor: undefined, alpha: undefined, beta, since: 0, copies }
}

/** A keeper of copies whose orders are written down. */
class Stage {
  readonly commands: ReplicaCommand[] = []
  readonly staged: string[] = []
  readonly missed: [string, number | undefined][] = []
  #id = 0
  readonly keeper = new Keeper({
    command: (_, command) => this.commands.push(command),
    stage: (holder, needs) => this.staged.push(`${holder} ${needs.path}`),
    missed: (_, path, since) => this.missed.push([path, since]),
    nextId: () => ++this.#id,
    hostOf: side => side,
  })

  /** The answer to the last command: the copy, why there can be none, or neither. */
  answer(copy?: string, why?: string) {
    return this.keeper.kept({ type: 'kept', id: this.#id, copy, why })
  }

  get lastId() {
    return this.#id
  }

  get outstanding() {
    return [...this.keeper.outstanding()].map(({ path, since }) => [path, since])
  }

  get lastCommand() {
    return this.commands.at(-1)?.type
  }
}

describe('copies of conflicts', () => {
  it('are outstanding, as old as what led to them, until they are kept', () => {
    const stage = new Stage()
    stage.keeper.keep(conflictOf(3), 7)
    assert.equal(stage.lastCommand, 'read')
    assert.deepEqual(stage.outstanding, [['f', 7]])
    stage.keeper.content(1, { bytes: new Uint8Array(3), mtimeMs: 0 })
    assert.equal(stage.lastCommand, 'keep')
    assert.deepEqual(stage.outstanding, [['f', 7]])
    assert.equal(stage.answer('/copy')?.holder, 'alpha')
    assert.deepEqual(stage.outstanding, [])
  })

  it('of large content are outstanding while it is staged', () => {
    const stage = new Stage()
    stage.keeper.keep(conflictOf(inlineContentBytes + 1), 7)
    assert.equal(stage.lastCommand, 'keep')
    assert.equal(stage.answer(), undefined)
    assert.deepEqual([stage.staged, stage.outstanding], [['alpha f'], [['f', 7]]])
    stage.keeper.slotReady('alpha', digest)
    assert.deepEqual(stage.outstanding, [['f', 7]])
    assert.equal(stage.answer('/copy')?.path, 'f')
    assert.deepEqual(stage.outstanding, [])
  })

  it('are judged again, as old as before, when their content was not there after all', () => {
    for (const size of [3, inlineContentBytes + 1]) {
      const stage = new Stage()
      stage.keeper.keep(conflictOf(size), 7)
      if (size === 3) stage.keeper.content(1, { bytes: new Uint8Array(3), mtimeMs: 0 })
      else {
        stage.answer()
        stage.keeper.slotReady('alpha', digest)
      }
      assert.equal(stage.answer(), undefined)
      assert.deepEqual([stage.missed, stage.outstanding], [[['f', 7]], []])
      assert.equal(stage.keeper.takeMissed('f'), true)
    }
  })

  it('of an earlier version do not take the place of a later one', () => {
    const stage = new Stage()
    stage.keeper.keep(conflictOf(inlineContentBytes + 1), 7)
    stage.answer()
    stage.keeper.keep(conflictOf(3), 8)
    stage.keeper.content(stage.lastId, { bytes: new Uint8Array(3), mtimeMs: 0 })
    assert.equal(stage.answer('/copy')?.path, 'f')
    const before = stage.commands.length
    stage.keeper.slotReady('alpha', digest)
    assert.equal(stage.commands.length, before)
    assert.deepEqual([stage.missed, stage.outstanding], [[], []])
  })

  it('that a disk refuses are tried again, told once, and nobody waits for them', () => {
    const stage = new Stage()
    for (const isTold of [false, true]) {
      stage.keeper.keep(conflictOf(3), 7)
      stage.keeper.content(stage.lastId, { bytes: new Uint8Array(3), mtimeMs: 0 })
      assert.deepEqual(stage.answer(undefined, 'the disk is full'), { path: 'f', holder: 'alpha', isTold })
      assert.deepEqual([stage.missed.at(-1), stage.outstanding], [['f', undefined], []])
      assert.equal(stage.keeper.takeMissed('f'), true)
    }
  })
})
