import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Operation } from '../../lib/core/operation.ts'
import { respelled, tasksOf } from '../../lib/core/session/task.ts'
import { directory } from '../../lib/core/tree.ts'
import { file } from './build.ts'

const put = (path: string): Operation => ({ kind: 'put', path, before: undefined, after: file(path) })
const remove = (path: string): Operation => ({ kind: 'remove', path, before: file(path) })

function tasks(operations: readonly Operation[]): string[] {
  return tasksOf(respelled(operations), ({ path }) => ({ path, agrees: true }), 0).map(task =>
    task.operations.map(({ kind, path }) => `${kind} ${path}`).join(', '),
  )
}

it('what goes under one spelling goes with what comes under another', () => {
  const operations = [put('a/PLAIN'), put('b'), put('caf\u00e9'), remove('a/plain'), remove('cafe\u0301'), remove('B2')]
  assert.deepEqual(tasks(operations), [
    'remove a/plain, put a/PLAIN',
    'put b',
    'remove cafe\u0301, put caf\u00e9',
    'remove B2',
  ])
})

it('nothing else is put in another order, and directories are not', () => {
  const made: Operation = { kind: 'put', path: 'D', before: undefined, after: directory(0o755) }
  const gone: Operation = { kind: 'remove', path: 'd', before: directory(0o755) }
  assert.deepEqual(tasks([made, put('x'), remove('y'), gone]), ['put D', 'put x', 'remove y', 'remove d'])
})
