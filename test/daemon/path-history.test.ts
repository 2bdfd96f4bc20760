import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { auditBackwards } from '../../lib/daemon/audit-tail.ts'
import { Trail, rowsOfLog, withTrash } from '../../lib/daemon/path-history.ts'
import type { TrashRow } from '../../lib/daemon/verbs.ts'
import type { LogEvent } from '../../lib/ports/log.ts'
import { temporaryHome } from './temporary-home.ts'

const root = '/home/u/p'
let now = 1_000_000

/** Some events, the newest last as a log has them. */
function log(...events: readonly (readonly [string, string, Readonly<Record<string, unknown>>?])[]): LogEvent[] {
  return events.map(([event, path, details]) => ({ at: (now += 1000), level: 'info', event, root, path, ...details }))
}

function told(events: readonly LogEvent[], place: string | undefined, limit = 100) {
  const trail = new Trail(place === undefined ? undefined : [place], each => [each, each.replace('/home', '/real')])
  return rowsOfLog(events.toReversed(), trail, limit).map(({ what, path }) => `${what} ${path}`)
}

function trashed(path: string, at: number, id: string): TrashRow {
  return { id, path, at, why: 'replaced', group: 'g', root, host: 'twin', kind: 'file', size: 5 }
}

describe('the history of a path', () => {
  const events = log(
    ['ready', ''],
    ['put', 'a/x', { on: 'twin', size: 3, replaced: false }],
    ['put', 'b/x', { on: 'twin' }],
    ['move', 'c', { from: 'a', on: 'twin' }],
    ['put', 'a/x', { on: 'twin' }],
    ['put', 'c/x', { on: 'twin', replaced: true }],
    ['conflict', 'c/x'],
    ['checkpoint', 'c/x'],
    ['remove', 'c/x', { on: 'twin' }],
  )
  it('is told newest first, and follows what was moved backwards', () => {
    const whole = ['deleted c/x', 'in conflict c/x', 'replaced c/x', 'moved c', 'added a/x']
    assert.deepEqual(told(events, `${root}/c/x`), whole)
    assert.deepEqual(told(events, '/real/u/p/c/x'), whole)
    assert.deepEqual(told(events, `${root}/c`), whole)
    assert.deepEqual(told(events, `${root}/c/x`, 2), whole.slice(0, 2))
    assert.deepEqual(told(events, `${root}/b`), ['added b/x'])
    assert.deepEqual(told(events, undefined).length, 7)
  })
  it('of the place something was moved away from tells of the move, and of what came after', () => {
    assert.deepEqual(told(events, `${root}/a`), ['added a/x', 'moved c', 'added a/x'])
  })
  it('names the version in the trash that a row put there, and those no row tells of', () => {
    const put = log(['put', 'n', { on: 'twin', replaced: true, size: 9 }], ['put', 'n', { on: 'twin', replaced: true }])
    const trail = new Trail([`${root}/n`], each => [each])
    const rows = rowsOfLog(put.toReversed(), trail, 10)
    const joined = withTrash(rows, [
      trashed('n', (put[1]?.at ?? 0) - 5, 'second'),
      trashed('n', (put[0]?.at ?? 0) - 5, 'first'),
      trashed('n', 5, 'older than the log'),
    ])
    assert.deepEqual(
      joined.map(({ what, undo, size }) => [what, undo, size]),
      [
        ['replaced', 'second', 5],
        ['replaced', 'first', 9],
        ['replaced', 'older than the log', 5],
      ],
    )
  })
  it('is read from the files that were put aside too', t => {
    const { home } = temporaryHome(t)
    const path = join(home.directory, 'some.log')
    for (const [name, text] of [
      [path, 'new'],
      [`${path}.1`, 'old'],
      [`${path}.2`, 'oldest'],
    ] as const) {
      writeFileSync(
        name,
        `{"time":"2026-01-01T00:00:00.000Z","event":"${text} 1"}\n{"time":null,"event":"${text} 2"}\ntorn`,
      )
    }
    assert.deepEqual(
      [...auditBackwards(path)].map(({ event }) => event),
      ['new 2', 'new 1', 'old 2', 'old 1', 'oldest 2', 'oldest 1'],
    )
  })
})
