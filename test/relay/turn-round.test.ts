import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { codeOf } from '../../lib/core/errors.ts'
import type { Pair, RelayedVerb } from '../../lib/relay/turn-round.ts'
import { isRelayed, turnAnswer, turnLogEvent, turnParameters } from '../../lib/relay/turn-round.ts'

const pair: Pair = {
  hub: 'laptop',
  there: 'mac00',
  roots: [
    { hub: '/home/ann/code', there: '/Users/ann/code' },
    { hub: '/srv/notes', there: '/Users/ann/notes' },
  ],
}

/** The same two hosts, seen from the other one. */
const back: Pair = {
  hub: pair.there,
  there: pair.hub,
  roots: pair.roots.map(({ hub, there }) => ({ hub: there, there: hub })),
}

interface Asked {
  readonly says: string
  readonly verb: RelayedVerb
  readonly there: object
  readonly hub: object | 'nowhere'
}

const asked: readonly Asked[] = [
  { says: 'nothing given is everything', verb: 'status', there: {}, hub: {} },
  {
    says: 'a path by where its root lies at the hub',
    verb: 'barrier',
    there: { paths: ['/Users/ann/code/a/b.txt'], timeoutMs: 1000, verify: false },
    hub: { paths: ['/home/ann/code/a/b.txt'], timeoutMs: 1000, verify: false },
  },
  { says: 'the root itself', verb: 'queue', there: { paths: ['/Users/ann/notes'] }, hub: { paths: ['/srv/notes'] } },
  {
    says: 'the spelling that lies in a root, of several',
    verb: 'why',
    there: { paths: ['/Volumes/x/code/a', '/Users/ann/code/a'] },
    hub: { paths: ['/home/ann/code/a'] },
  },
  { says: 'a path in no root', verb: 'conflicts', there: { paths: ['/etc/passwd'] }, hub: 'nowhere' },
  {
    says: 'a sibling that begins like a root',
    verb: 'conflicts',
    there: { paths: ['/Users/ann/code2'] },
    hub: 'nowhere',
  },
  { says: 'a path of the hub', verb: 'trash', there: { paths: ['/home/ann/code'], limit: 5 }, hub: 'nowhere' },
  { says: 'paths that are no texts', verb: 'queue', there: { paths: [1, {}] }, hub: 'nowhere' },
  { says: 'paths that are no list', verb: 'queue', there: { paths: '/Users/ann/code' }, hub: 'nowhere' },
  { says: 'mine is theirs at the hub', verb: 'resolve', there: { take: 'mine' }, hub: { take: 'theirs' } },
  { says: "theirs is the hub's own", verb: 'override', there: { take: 'theirs' }, hub: { take: 'mine' } },
  { says: 'newest is newest', verb: 'resolve', there: { take: 'newest' }, hub: { take: 'newest' } },
  {
    says: 'a host by its name is that host',
    verb: 'resolve',
    there: { take: { host: 'mac00' } },
    hub: { take: { host: 'mac00' } },
  },
  { says: 'the other end of a session', verb: 'pause', there: { host: 'laptop' }, hub: { host: 'mac00' } },
  { says: 'the host of a trash', verb: 'trash', there: { host: 'laptop' }, hub: { host: 'laptop' } },
  {
    says: 'marks of what was shown',
    verb: 'override',
    there: { marks: [{ root: '/Users/ann/code', host: 'laptop', mark: 'm' }] },
    hub: { marks: [{ root: '/home/ann/code', host: 'mac00', mark: 'm' }] },
  },
  {
    says: 'marks of sessions that are not theirs',
    verb: 'override',
    there: { marks: [{ root: '/etc', host: 'other', mark: 'm' }, 7] },
    hub: { marks: [{ root: '', host: '', mark: 'm' }, 7] },
  },
  { says: 'a wait without end', verb: 'barrier', there: { timeoutMs: 1e300 }, hub: { timeoutMs: 86_400_000 } },
  { says: 'what is no object', verb: 'status', there: [], hub: {} },
]

const session = {
  root: '/home/ann/code',
  host: 'mac00',
  state: 'watching',
  entries: { alpha: 3, beta: 4 },
  mode: 'send',
  problems: { total: 1, first: [{ path: 'p', side: 'alpha', why: 'EACCES' }] },
  holds: [{ guard: 'mass-delete', side: 'beta', why: 'much goes', paths: { total: 0, first: [] } }],
  sides: { alpha: { host: 'ann-laptop', bootId: '1' }, beta: { host: 'mac00.local', bootId: '2' } },
}

interface Told {
  readonly says: string
  readonly verb: RelayedVerb
  readonly hub: unknown
  readonly there: unknown
}

const told: readonly Told[] = [
  {
    says: 'a status',
    verb: 'status',
    hub: { sessions: [session], failed: [{ root: '/srv/notes', host: 'mac00', why: 'no' }] },
    there: {
      sessions: [
        {
          ...session,
          root: '/Users/ann/code',
          host: 'laptop',
          entries: { alpha: 4, beta: 3 },
          mode: 'receive',
          problems: { total: 1, first: [{ path: 'p', side: 'beta', why: 'EACCES' }] },
          holds: [{ ...session.holds[0], side: 'alpha' }],
          sides: { alpha: session.sides.beta, beta: session.sides.alpha },
        },
      ],
      failed: [{ root: '/Users/ann/notes', host: 'laptop', why: 'no' }],
    },
  },
  {
    says: 'a conflict, its copies where they lie',
    verb: 'conflicts',
    hub: {
      conflicts: [
        {
          root: '/srv/notes',
          host: 'mac00',
          path: 'a',
          hosts: { alpha: 'laptop', beta: 'mac00' },
          sides: { alpha: { kind: 'file', mode: 420, copy: '/srv/copy' }, beta: { kind: 'absent' } },
        },
      ],
    },
    there: {
      conflicts: [
        {
          root: '/Users/ann/notes',
          host: 'laptop',
          path: 'a',
          hosts: { alpha: 'mac00', beta: 'laptop' },
          sides: { alpha: { kind: 'absent' }, beta: { kind: 'file', mode: 420, copy: '/srv/copy' } },
        },
      ],
    },
  },
  {
    says: 'the texts of both versions',
    verb: 'versions',
    hub: { versions: [{ texts: { alpha: 'QQ==', beta: 'Qg==' } }] },
    there: { versions: [{ texts: { alpha: 'Qg==', beta: 'QQ==' } }] },
  },
  {
    says: 'the trash names the host where it lies',
    verb: 'trash',
    hub: { trash: [{ root: '/srv/notes', host: 'mac00', path: 'a' }], unreachable: [{ host: 'mac00', why: 'x' }] },
    there: {
      trash: [{ root: '/Users/ann/notes', host: 'mac00', path: 'a' }],
      unreachable: [{ host: 'mac00', why: 'x' }],
    },
  },
  {
    says: 'so does what came back from it',
    verb: 'undo',
    hub: { undone: [{ root: '/srv/notes', host: 'laptop', path: 'a' }] },
    there: { undone: [{ root: '/Users/ann/notes', host: 'laptop', path: 'a' }] },
  },
  {
    says: 'from where to where an override goes',
    verb: 'foresee',
    hub: { roots: [{ root: '/srv/notes', host: 'mac00', path: '', from: 'laptop', to: 'mac00', state: 'ready' }] },
    there: {
      roots: [{ root: '/Users/ann/notes', host: 'laptop', path: '', from: 'laptop', to: 'mac00', state: 'ready' }],
    },
  },
  {
    says: 'where something waits to go',
    verb: 'why',
    hub: { waiting: [{ path: 'a', to: 'alpha', why: 'sending' }] },
    there: { waiting: [{ path: 'a', to: 'beta', why: 'sending' }] },
  },
  {
    says: 'the roots there are',
    verb: 'why',
    hub: { why: [], roots: ['/srv/notes', '/home/ann/code'] },
    there: { why: [], roots: ['/Users/ann/notes', '/Users/ann/code'] },
  },
  {
    says: 'who won a conflict, in a row of the history',
    verb: 'history',
    hub: { history: [{ at: 1, root: '/srv/notes', path: 'a', what: 'resolved', on: 'laptop', why: 'took alpha' }] },
    there: {
      history: [{ at: 1, root: '/Users/ann/notes', path: 'a', what: 'resolved', on: 'laptop', why: 'took beta' }],
    },
  },
  { says: 'progress', verb: 'barrier', hub: { queued: 2, inFlight: 1 }, there: { queued: 2, inFlight: 1 } },
]

describe('what is asked on the other host', () => {
  for (const { says, verb, there, hub } of asked) {
    it(says, () => assert.deepEqual(turnParameters(verb, there, pair), hub))
  }

  it('may not name a session with a third host', () => {
    assert.throws(
      () => turnParameters('pause', { host: 'third' }, pair),
      error => codeOf(error) === 'USAGE',
    )
    assert.throws(
      () => turnParameters('pause', { host: 'mac00' }, pair),
      error => codeOf(error) === 'USAGE',
    )
  })

  for (const path of [
    '/Users/ann/code/../../../etc/passwd',
    '/Users/ann/code/./a',
    '/Users/ann/code/a//b',
    '/Users/ann/code/a\0',
  ]) {
    it(`may not lead out of a root: ${JSON.stringify(path)}`, () => {
      assert.throws(
        () => turnParameters('undo', { paths: [path] }, pair),
        error => codeOf(error) === 'PATH_INVALID',
      )
    })
  }

  for (const verb of ['stop', 'reload', 'reset', 'rules', 'where', '', 'constructor', '__proto__', 'STATUS']) {
    it(`is not ${JSON.stringify(verb)}`, () => assert.equal(isRelayed(verb), false))
  }
})

describe('what the hub says', () => {
  for (const { says, verb, hub, there } of told) {
    it(says, () => {
      assert.deepEqual(turnAnswer(verb, hub, pair), there)
      assert.deepEqual(turnAnswer(verb, there, back), hub)
    })
  }

  it('is itself again when it is turned twice', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        assert.deepEqual(turnAnswer('status', turnAnswer('status', value, pair), back), value)
      }),
    )
  })

  it('of the log is only what happened in its own sessions', () => {
    const event = {
      at: 1,
      level: 'info',
      event: 'resolved',
      root: '/srv/notes',
      host: 'mac00',
      path: 'a',
      take: 'alpha',
    }
    assert.deepEqual(turnLogEvent(event, pair), { ...event, root: '/Users/ann/notes', host: 'laptop', take: 'beta' })
    assert.equal(turnLogEvent({ ...event, host: 'third' }, pair), undefined)
    assert.equal(turnLogEvent({ ...event, root: '/srv/secret' }, pair), undefined)
    assert.equal(turnLogEvent({ at: 1, level: 'info', event: 'started', pid: 7 }, pair), undefined)
    assert.equal(turnLogEvent('text', pair), undefined)
  })
})
