import assert from 'node:assert/strict'
import { holdsOnlyUntracked, isObstacle } from '../../lib/core/carry.ts'
import type { Entry } from '../../lib/core/entry.ts'
import { isDirectory, isSynced } from '../../lib/core/entry.ts'
import type { Operation } from '../../lib/core/operation.ts'
import { isFile } from '../../lib/core/operation.ts'
import { parentOf } from '../../lib/core/path.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { at, children, shallow, withEntry, withMove, withShallow } from '../../lib/core/tree.ts'
import { show, untracked } from './build.ts'

/**
 * The tree after the operations were carried out in order, as a replica would: it asserts that each finds what it names,
 * that a parent stands before its child, and that what goes is empty but for untracked entries, which stay.
 */
export function applyOperations(tree: Tree, operations: readonly Operation[]): Tree {
  return operations.reduce(applyOperation, tree)
}

function applyOperation(tree: Tree, operation: Operation): Tree {
  const { path } = operation
  assert.notEqual(path, '', 'no operation is about the root')
  assert.ok(isDirectory(at(tree, parentOf(path))), `the parent of ${path} is a directory`)
  const current = at(tree, path)
  switch (operation.kind) {
    case 'put':
      expectBefore(operation, current)
      if (operation.basis !== undefined) {
        const basis = at(tree, operation.basis)
        assert.ok(
          isFile(basis) && isFile(operation.after) && basis.digest === operation.after.digest,
          `${operation.basis} is a basis for ${path}`,
        )
      }
      return withShallow(tree, path, operation.after)
    case 'remove':
      expectBefore(operation, current)
      for (const [name, entry] of children(current)) {
        assert.ok(isLeftAlone(entry), `${path}/${name} is gone before its directory`)
      }
      return withEntry(tree, path, [...children(current)].length > 0 ? untracked('kept') : undefined)
    case 'move':
      assert.deepEqual(
        show(isDirectory(at(tree, operation.from)) ? shallow(at(tree, operation.from) as Entry) : undefined),
        show(operation.before),
      )
      assert.equal(current, undefined, `${path} is free for ${operation.from}`)
      return withMove(tree, operation.from, path)
  }
}

function isLeftAlone(entry: Entry): boolean {
  return entry.kind === 'untracked' || (isDirectory(entry) && holdsOnlyUntracked(entry))
}

function expectBefore(operation: Exclude<Operation, { kind: 'move' }>, current: Entry | undefined): void {
  const { path, before } = operation
  if (operation.kind === 'put' && before === undefined && current?.kind === 'untracked') {
    assert.ok(!isObstacle(current, operation.after), `nothing is put on the untracked entry at ${path}`)
    return
  }
  assert.deepEqual(show(current && shallow(current)), show(before), `what stands at ${path}`)
  if (operation.kind === 'put' && before !== undefined) {
    assert.equal(isDirectory(before), isDirectory(operation.after), `${path} is removed before it becomes another kind`)
  }
  assert.ok(current === undefined || isSynced(current))
}
