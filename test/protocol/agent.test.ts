import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { emptyTree } from '../../lib/core/tree.ts'
import { connectReplica } from '../../lib/protocol/remote-replica.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { pipeLink } from '../../lib/remote/pipe-link.ts'
import { Events } from './connection.ts'

const agent = fileURLToPath(new URL('../../scripts/agent.ts', import.meta.url))

describe('the agent', () => {
  it('serves no root that its own home does not list, and says so', async t => {
    const home = mkdtempSync(join(tmpdir(), 'dsync-agent-'))
    const environment = { ...process.env, HOME: home, DSYNC_HOME: join(home, '.dsync') }
    const events = new Events()
    const link = pipeLink({ command: [process.execPath, agent], environment, clock: systemClock })
    const request = { root: 'r1', path: join(home, 'projects'), options: {} }
    const replica = connectReplica(link, { clock: systemClock, request, epoch: 1 })(() => emptyTree, events.listener)
    t.after(async () => {
      await replica.close()
      rmSync(home, { recursive: true, force: true })
    })
    const closed = await events.next('closed')
    assert.deepEqual([closed.code, closed.verdict], ['ROOT_REFUSED', 'halt'], closed.why)
    assert.equal(events.all.length, 1)
  })
})
