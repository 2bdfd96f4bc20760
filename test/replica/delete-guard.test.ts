import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Operation, Remove } from '../../lib/core/operation.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { at, emptyTree, shallow, walk, withEntry, withMove } from '../../lib/core/tree.ts'
import { isSynced } from '../../lib/core/entry.ts'
import type { HeldDeletes } from '../../lib/replica/delete-guard.ts'
import { DeleteGuard } from '../../lib/replica/delete-guard.ts'
import { ManualClock } from '../sim/clock.ts'
import { file, folder } from './rig.ts'

/** A replica as the guard sees it: a tree that changes by what passes. */
class Side {
  readonly clock = new ManualClock()
  readonly told: HeldDeletes[] = []
  readonly guard = new DeleteGuard(this.clock, held => this.told.push(held))
  tree: Tree

  constructor(tree: Tree) {
    this.tree = tree
  }

  /** Carries out a batch as a replica does. @returns the paths that were held */
  apply(operations: readonly Operation[]): string[] {
    this.guard.judge(operations, this.tree)
    return operations.flatMap(operation => {
      if (operation.kind === 'remove' && this.guard.refusal(operation, this.tree) !== '') return [operation.path]
      if (operation.kind === 'move') this.tree = withMove(this.tree, operation.from, operation.path)
      else this.tree = withEntry(this.tree, operation.path, operation.kind === 'remove' ? undefined : operation.after)
      this.guard.done(operation)
      return []
    })
  }

  /** What removes a path and all below it, the deepest first. */
  removal(path: string): Remove[] {
    const below = [...walk(at(this.tree, path), path)].map(([each]) => each)
    return [path, ...below].toReversed().map(each => this.remove(each))
  }

  remove(path: string): Remove {
    const before = at(this.tree, path)
    assert.ok(isSynced(before), path)
    return { kind: 'remove', path, before: shallow(before) }
  }
}

/** Two directories of thirty files each. */
function filled(): Side {
  let tree = emptyTree
  for (const directory of ['docs', 'src']) {
    tree = withEntry(tree, directory, folder())
    for (let i = 0; i < 30; i++) tree = withEntry(tree, `${directory}/f${i}`, file(`${directory} ${i}`))
  }
  return new Side(tree)
}

function names(directory: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `${directory}/f${from + i}`)
}

/** Each does something that is, or is not, a mass delete, and says what the guard held. */
const rows: readonly { readonly says: string; readonly held: boolean; readonly act: (side: Side) => string[] }[] = [
  {
    says: 'a directory that goes whole is held whole: nothing of the batch passes',
    held: true,
    act: side => {
      const held = side.apply(side.removal('docs'))
      assert.equal(held.length, 31)
      return held
    },
  },
  {
    says: 'half a directory passes',
    held: false,
    act: side => side.apply(names('docs', 0, 15).map(path => side.remove(path))),
  },
  {
    says: 'more than half of a directory is held, delete by delete too',
    held: true,
    act: side => names('docs', 0, 16).flatMap(path => side.apply([side.remove(path)])),
  },
  {
    says: 'the same delete asked for again and again counts once',
    held: false,
    act: side => {
      const remove = side.remove('docs/f0')
      return Array.from({ length: 50 }, () => side.guard.refusal(remove, side.tree)).filter(why => why !== '')
    },
  },
  {
    says: 'slowly, with short pauses, is no way around it',
    held: true,
    act: side =>
      names('docs', 0, 30).flatMap(path => {
        side.clock.advance(3000)
        return side.apply([side.remove(path)])
      }),
  },
  {
    says: 'a rename first is no way around it',
    held: true,
    act: side => {
      const before = folder()
      return [
        ...side.apply([{ kind: 'move', from: 'docs', path: 'src/docs', before }]),
        ...side.apply(side.removal('src/docs')),
      ]
    },
  },
  {
    says: 'files in the place of directories count as what went for them',
    held: true,
    act: side =>
      side.apply([...side.removal('docs'), { kind: 'put', path: 'docs', before: undefined, after: file('docs') }]),
  },
  {
    says: 'content put elsewhere first is moved, not deleted',
    held: false,
    act: side => {
      const paths = names('docs', 0, 30)
      const puts = paths.map((path, i): Operation => {
        return { kind: 'put', path: `src/new${i}`, before: undefined, after: file(`docs ${i}`), basis: path }
      })
      return [...side.apply(puts), ...side.apply(paths.map(path => side.remove(path)))]
    },
  },
  {
    says: 'content put elsewhere, and then replaced there, is deleted',
    held: true,
    act: side => {
      const paths = names('docs', 0, 30)
      const puts = paths.map((path, i): Operation => {
        return { kind: 'put', path: `src/new${i}`, before: undefined, after: file(`docs ${i}`), basis: path }
      })
      const over = paths.map((_, i): Operation => {
        return { kind: 'put', path: `src/new${i}`, before: file(`docs ${i}`), after: file('') }
      })
      return [...side.apply(puts), ...side.apply(over), ...side.apply(paths.map(path => side.remove(path)))]
    },
  },
  {
    says: 'what was made a moment ago goes without asking',
    held: false,
    act: side => {
      const held = side.apply([side.remove('docs/f0')])
      for (let i = 0; i < 40; i++) {
        const path = `docs/temporary${i}`
        held.push(...side.apply([{ kind: 'put', path, before: undefined, after: file(path) }]))
        held.push(...side.apply([side.remove(path)]))
      }
      return held
    },
  },
  {
    says: 'what comes back is deleted no more',
    held: false,
    act: side => {
      const held: string[] = []
      for (const path of [...names('docs', 0, 14), ...names('docs', 14, 28)]) {
        held.push(...side.apply([side.remove(path)]))
        held.push(...side.apply([{ kind: 'put', path, before: undefined, after: file('back') }]))
      }
      return held
    },
  },
]

describe('the guard on deletes of the side where they would happen', () => {
  for (const { says, held, act } of rows) {
    it(says, () => assert.equal(act(filled()).length > 0, held))
  }

  it('holds what it held though the other side asks again after a pause', () => {
    const side = filled()
    side.apply(side.removal('docs'))
    for (let i = 0; i < 5; i++) {
      side.clock.advance(60_000)
      assert.equal(side.apply(side.removal('docs')).length, 31)
    }
    assert.deepEqual(side.apply([side.remove('src/f0')]), [], 'another delete passes')
  })

  it('holds it under the name it has by now', () => {
    const side = filled()
    side.apply(side.removal('docs'))
    side.apply([{ kind: 'move', from: 'docs', path: 'papers', before: folder() }])
    side.clock.advance(60_000)
    assert.equal(side.apply([side.remove('papers/f0')]).length, 1)
  })

  it('lets it pass once approved, and asks again for what comes later', () => {
    const side = filled()
    side.apply(side.removal('docs'))
    side.guard.approve()
    side.clock.advance(30_000)
    assert.deepEqual(side.apply(side.removal('docs')), [])
    side.clock.advance(60_000)
    assert.equal(side.apply(side.removal('src')).length, 31)
  })

  it('a yes that nobody made use of is over after a minute', () => {
    const side = filled()
    side.guard.approve()
    side.clock.advance(60_000)
    assert.equal(side.apply(side.removal('docs')).length, 31)
  })

  it('tells of a hold once, with how many paths and the first of them', () => {
    const side = filled()
    side.apply(side.removal('docs'))
    side.apply(side.removal('docs'))
    side.clock.advance(60_000)
    side.apply(side.removal('docs'))
    side.clock.advance(60_000)
    assert.deepEqual(side.told, [
      {
        why: 'deletes 31 of 62 entries of the root'.replace(
          '31 of 62 entries of the root',
          '30 of 30 entries of "docs"',
        ),
        count: 31,
        first: side
          .removal('docs')
          .slice(0, 5)
          .map(({ path }) => path),
      },
    ])
    side.guard.approve()
    side.apply(side.removal('docs'))
    side.clock.advance(60_000)
    assert.equal(side.told.length, 1)
  })
})
