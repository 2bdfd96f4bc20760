import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SyncError } from '../../lib/core/errors.ts'
import { makeWorld } from './world.ts'

describe('dsync status --watch', () => {
  it('draws on the screen until the person interrupts, then leaves the last one', async t => {
    const { run, doubles } = await makeWorld(t)
    const interrupt = new AbortController()
    const drawn: string[] = []
    const ran = await run('status --watch', {
      signal: interrupt.signal,
      screen: {
        draw(lines) {
          drawn.push(lines.join('\n'))
          if (drawn.length === 1) doubles[0]?.pause()
          else interrupt.abort(new SyncError('INTERRUPTED', 'Interrupted'))
        },
        close: () => drawn.push('closed'),
      },
    })
    assert.deepEqual([ran.exit, ran.err, drawn.length, drawn[2]], [130, '', 3, 'closed'])
    assert.match(drawn[0] ?? '', /watching/)
    assert.match(drawn[1] ?? '', /paused/)
    assert.match(ran.out, /^dsync on here, up [^]*→ dsync resume ~\/projects\n$/)
  })
  for (const json of [false, true]) {
    it(`without a terminal prints a block when something changed${json ? ', as JSON' : ''}`, async t => {
      const { run, doubles, daemon } = await makeWorld(t)
      // A clock that goes on is no change.
      const [session] = doubles
      assert.ok(session !== undefined)
      const { lastSyncAt: _, ...still } = session.status()
      t.mock.method(session, 'status', () => ({ ...still, state: blocks.length > 0 ? 'paused' : 'watching' }))
      const interrupt = new AbortController()
      const blocks: string[] = []
      const ran = await run(`status -w${json ? ' --json' : ''}`, {
        signal: interrupt.signal,
        onOut(text) {
          blocks.push(text)
          if (blocks.length === 2) void daemon?.stop()
          if (blocks.length === 3) interrupt.abort(new SyncError('INTERRUPTED', 'Interrupted'))
        },
      })
      assert.equal(ran.exit, 130)
      assert.deepEqual(
        blocks.filter(block => block !== '').map(block => /watching|paused|not running/.exec(block)?.[0]),
        ['watching', 'paused', 'not running'],
      )
      if (json) for (const block of blocks.filter(each => each !== '')) assert.equal(typeof JSON.parse(block), 'object')
    })
  }
})
