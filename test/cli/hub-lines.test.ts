import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { awayLines, followedJson, followedLines } from '../../lib/cli/hub-lines.ts'
import { plain } from '../../lib/cli/paint.ts'
import { statusLines } from '../../lib/cli/status-lines.ts'
import type { DaemonStatus, Followed, HubLink } from '../../lib/daemon/verbs.ts'
import { listed } from '../../lib/sync/session-handle.ts'

const now = 1_700_000_000_000
const claim = { hub: 'a'.repeat(32), name: 'laptop', epoch: 1, at: now - 1000 }
const own: HubLink = { ...claim, isHere: true }
const there: HubLink = { ...claim, isHere: false, here: 'mac00', state: 'connected' }
const away: HubLink = { ...there, state: 'away', lastHeard: now - 3 * 60_000 }

interface Row {
  readonly says: string
  readonly followed: Followed
  readonly status: readonly string[]
  readonly below: readonly string[]
}

const meanwhile = '  → dsync conflicts, dsync trash and dsync undo work here meanwhile'

const rows: readonly Row[] = [
  { says: 'nothing where nobody drives the roots', followed: {}, status: [], below: [] },
  { says: 'nothing on the hub itself', followed: { hub: own }, status: [], below: [] },
  {
    says: 'who it is while it is there',
    followed: { hub: there, asOf: now },
    status: ['  The hub is laptop, and it is there.'],
    below: [],
  },
  {
    says: 'since when it is away',
    followed: { hub: away, asOf: now - 240_000 },
    status: [
      '  The hub is laptop, which is away and was last heard of 3 min ago; what follows was so then.',
      meanwhile,
    ],
    below: ['  away: laptop, the hub; as it told 4 min ago.'],
  },
  {
    says: 'that it was never there',
    followed: { hub: { ...there, state: 'away' } },
    status: ['  The hub is laptop, which is away and was not heard of yet; what follows was so then.', meanwhile],
    below: ['  away: laptop, the hub; nothing is known of it.'],
  },
  {
    says: 'a name that would move the cursor as what it is',
    followed: { hub: { ...there, name: 'x\x1B[2J' } },
    status: [String.raw`  The hub is x\e[2J, and it is there.`],
    below: [],
  },
]

describe('what is said of a hub elsewhere', () => {
  for (const { says, followed, status, below } of rows) {
    it(says, () => {
      assert.deepEqual(followedLines(followed, plain, now), status)
      assert.deepEqual(awayLines(followed, plain, now), below)
    })
  }

  it('is in --json what it was', () => {
    assert.deepEqual(followedJson({ hub: away, asOf: 7 }), { hub: away, asOf: 7 })
    assert.deepEqual(followedJson({}), {})
  })

  it('says once that there are two hubs, with the command that ends it', () => {
    const nothing = listed<never>([])
    const session = (host: string): DaemonStatus['sessions'][number] => ({
      ...{ root: '/home/u/projects', host, transport: 'ssh', state: 'halted', since: now, code: 'OTHER_HUB' },
      ...{ why: 'Cannot drive its roots', entries: {}, queued: 0, inFlight: 0, bytesQueued: 0, conflicts: 0 },
      ...{ problems: nothing, holds: [], notices: nothing, mode: 'two-way', untaken: nothing, sides: {} },
    })
    const hub: HubLink = { ...own, rival: { ...claim, hub: 'b'.repeat(32), name: 'mac00' } }
    const status: DaemonStatus = {
      ...{ version: '1', host: 'laptop', home: '/home/u/.dsync', pid: 1, since: now, now, failed: [], config: [] },
      ...{ logDropped: 0, crashes: [], hub, sessions: [session('mac00'), session('linux')] },
    }
    const lines = statusLines(status, { paint: plain, userHome: '/home/u', clock: now }).slice(-2)
    const what = 'mac00 and this host took the roots apart from each other (epoch 1), and neither follows the other'
    assert.deepEqual(lines, ['', `  two hubs  ${what}  → dsync hub take here, or on mac00`])
  })

  it('in a status, names no command for what only the hub could do', () => {
    const nothing = listed<never>([])
    const status: DaemonStatus = {
      ...{ version: '1', host: 'mac00-1', home: '/home/u/.dsync', pid: 0, since: now, now, failed: [], config: [] },
      ...{ logDropped: 0, crashes: [], hub: away },
      sessions: [
        {
          ...{ root: '/home/u/projects', host: 'laptop', transport: 'ssh', state: 'disconnected', since: now },
          ...{ why: 'the hub does not answer', entries: {}, queued: 0, inFlight: 0, bytesQueued: 0, conflicts: 2 },
          ...{ problems: nothing, holds: [], notices: nothing, mode: 'two-way', untaken: nothing, sides: {} },
        },
      ],
    }
    const lines = statusLines(status, { paint: plain, userHome: '/home/u', clock: now })
    assert.equal(lines[0], 'dsync on mac00, no daemon runs here (dsync start)')
    const text = lines.join('\n')
    assert.match(text, /disconnected +~\/projects with laptop: the hub does not answer *$/m)
    assert.match(text, /2 conflicts +~\/projects with laptop +→ dsync conflicts ~\/projects/)
  })
})
