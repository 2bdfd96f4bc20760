import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PromptStatus } from '../../lib/daemon/prompt-text.ts'
import { promptLine, promptText } from '../../lib/daemon/prompt-text.ts'

type Session = PromptStatus['sessions'][number]

const calm: Session = {
  root: '/r',
  host: 'mac00',
  transport: 'ssh',
  state: 'watching',
  since: 0,
  entries: {},
  queued: 0,
  inFlight: 0,
  bytesQueued: 0,
  conflicts: 0,
  problems: { total: 0, first: [] },
  holds: [],
  notices: { total: 0, first: [] },
  mode: 'two-way',
  untaken: { total: 0, first: [] },
  sides: {},
}
const hold = { guard: 'mass-delete', side: 'beta', why: 'much goes', paths: { total: 2, first: ['x'] } } as const

/** What is so, beside sessions that are in sync, and what the prompt says of it. */
const rows: readonly (readonly [sessions: readonly Partial<Session>[], says: string, more?: Partial<PromptStatus>])[] =
  [
    [[], ''],
    [[{}], ''],
    [[{ state: 'syncing', queued: 4 }, { state: 'scanning' }, { state: 'connecting' }, { state: 'first-sync' }], ''],
    [[{ conflicts: 1 }], '1 conflict'],
    [[{ conflicts: 1 }, { conflicts: 2 }], '3 conflicts'],
    [[{ holds: [hold] }], 'held'],
    [[{ state: 'halted', holds: [hold] }], 'held'],
    [[{ state: 'halted', why: 'gone' }], 'halted'],
    [[{ problems: { total: 2, first: [] } }], '2 problems'],
    [[{ state: 'paused' }, { state: 'paused' }], 'paused'],
    [[{ state: 'disconnected' }], 'mac00 away'],
    [[{ state: 'connecting', why: 'no route' }, { state: 'disconnected' }], 'mac00 away'],
    [[{ state: 'disconnected' }, { state: 'disconnected', host: 'pi' }], '2 hosts away'],
    [[{ state: 'disconnected', host: '$(x)\u001B[2J' }], '__x___2J away'],
    [[], '1 root not open', { failed: [{ root: '/r', host: 'pi', why: 'x' }] }],
    [[], 'settings', { config: [{ file: 'config.json', message: 'x' }] }],
    [[], 'log', { logDropped: 3 }],
    [
      [{ state: 'disconnected' }, { holds: [hold], conflicts: 1, problems: { total: 1, first: [] } }],
      'held, 1 conflict, 1 problem, mac00 away',
    ],
  ]

describe('what a prompt says of the daemon', () => {
  for (const [sessions, says, more] of rows) {
    it(says === '' ? `nothing: ${sessions.map(({ state = 'watching' }) => state).join(', ')}` : says, () => {
      const status = { sessions: sessions.map(each => ({ ...calm, ...each })), failed: [], config: [], logDropped: 0 }
      const text = promptText({ ...status, ...more })
      assert.equal(text, says)
      assert.match(text, /^[A-Za-z0-9 ,._-]*$/)
    })
  }
  it('is one line with the time and the process', () => {
    assert.equal(promptLine(12.9, 7, 'held'), '12 7 held\n')
  })
})
