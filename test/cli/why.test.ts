import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { whySentences } from '../../lib/cli/why-sentences.ts'
import type { HistoryRow } from '../../lib/daemon/verbs.ts'
import type { PathWhy } from '../../lib/daemon/verbs.ts'
import type { ConflictInfo, EntryInfo, PathReport } from '../../lib/sync/session-handle.ts'
import { makeWorld } from './world.ts'
import { nothingWaits } from './nothing-waits.ts'

const file: EntryInfo = { kind: 'file', mode: 0o644, size: 12, digest: 'a'.repeat(64) }
const absent: EntryInfo = { kind: 'absent' }
const now = 10_000_000
const root = '/home/u/p'

const calm: PathReport = {
  agreed: file,
  sides: { alpha: file, beta: file },
  entries: { alpha: 0, beta: 0 },
  ...nothingWaits,
  isEqual: true,
}

const base: PathWhy = {
  root,
  host: 'twin',
  path: 'd/a',
  hosts: { alpha: 'here', beta: 'twin' },
  state: 'watching',
  since: now - 60_000,
  lastSyncAt: now - 5000,
  holds: [],
  ignoredBy: {},
  exemptFrom: {},
  stands: {},
}

const byDefault = { path: 'd/a', file: 'defaults', line: 29, pattern: '*.pem' }

const conflict: ConflictInfo = {
  root,
  host: 'twin',
  path: 'd/a',
  kind: 'content',
  since: now - 120_000,
  hosts: base.hosts,
  sides: { alpha: file, beta: absent },
}

const last: HistoryRow = { at: now - 3000, root, path: 'd/a', what: 'replaced', on: 'twin', undo: 'x1' }
const hold = { guard: 'mass-delete', side: 'beta', why: 'too many go', paths: { total: 1, first: ['d/a'] } } as const

interface Row {
  readonly about?: Partial<PathReport>
  readonly why?: Partial<PathWhy>
  readonly last?: HistoryRow
  readonly says: RegExp
  readonly next: readonly string[]
}

const rows: Readonly<Record<string, Row>> = {
  'in sync': {
    about: {},
    says: /^It is in sync: here and twin hold the same \(12 B 0644 aaaaaaaa\), as of 5 s ago\.$/,
    next: [],
  },
  'in sync, with what happened last': {
    about: {},
    last,
    says: /\. The last thing that happened: replaced on twin 3 s ago; dsync undo x1 brings the version before it back\.$/,
    next: [],
  },
  'in conflict': {
    about: { conflicts: [conflict] },
    says: /^It was changed on both hosts 2 min ago \(content\): here has 12 B 0644 aaaaaaaa, twin has deleted\.$/,
    next: ['dsync diff ~/p/d/a', 'dsync resolve ~/p/d/a --mine | --theirs | --newest | --both'],
  },
  held: {
    about: { holds: [hold] },
    says: /^The guard mass-delete holds it on twin: too many go\.$/,
    next: ['dsync approve ~/p'],
  },
  'a problem': {
    about: { problems: [{ path: 'd/a', side: 'alpha', why: 'EACCES' }] },
    says: /^It cannot be synced on here: permission denied \(EACCES\)\.$/,
    next: ['chmod or chown it'],
  },
  'a change of a side that only receives': {
    about: { untaken: [{ path: 'd/a', side: 'beta', how: 'changed' }] },
    says: /^It was changed on twin, which only receives: here does not take it\.$/,
    next: ['dsync push ~/p/d/a'],
  },
  'put off': {
    about: { waiting: [{ path: 'd/a', stage: 'put-off', to: 'beta', againInMs: 4000 }] },
    says: /^twin could not do it just now, and it was put off, for 4 s\.$/,
    next: ['dsync sync ~/p/d/a'],
  },
  'on its way': {
    about: { waiting: [{ path: 'd/a', stage: 'sent', to: 'beta' }] },
    says: /^A change is on its way to twin\.$/,
    next: ['dsync sync ~/p/d/a'],
  },
  'kept untracked': {
    about: { sides: { alpha: { kind: 'untracked', why: 'kept' }, beta: absent } },
    says: /^On here it is a directory kept for what is ignored in it, unknown to the other host\.$/,
    next: [],
  },
  ignored: {
    about: { sides: { alpha: absent, beta: absent } },
    why: { ignoredBy: { alpha: byDefault, beta: byDefault } },
    says: /^It is ignored by the rule \*\.pem, a default: each host keeps what it has there\.$/,
    next: [],
  },
  "in git's index of one host": {
    about: {},
    why: { exemptFrom: { alpha: { rule: byDefault }, beta: { rule: byDefault, repository: 'd' } } },
    says: /^It is in sync: .* ago\. It is not ignored by the rule \*\.pem, a default: it is in git's index of ~\/p\/d on twin\.$/,
    next: [],
  },
  'in no index any more, and not yet alike': {
    about: {},
    why: { exemptFrom: { alpha: { rule: byDefault } } },
    says: /It is not ignored by the rule \*\.pem, a default: it is, or was until lately, in git's index\.$/,
    next: [],
  },
  'ignored on one host': {
    about: { sides: { alpha: absent, beta: absent } },
    why: { ignoredBy: { beta: { path: 'd', file: 'c/.dsyncignore', line: 2, pattern: 'd/' } } },
    says: /^On twin: It lies in d, which is ignored by the rule d\/ \(c\/\.dsyncignore, line 2\)\.$/,
    next: [],
  },
  'not there': {
    about: { sides: { alpha: absent, beta: absent } },
    says: /^Nothing stands there on either host\.$/,
    next: [],
  },
  'not noticed': {
    about: { sides: { alpha: absent, beta: absent } },
    why: { stands: { beta: true } },
    says: /^Something stands there on twin that was not noticed yet\.$/,
    next: ['dsync sync ~/p/d/a --verify'],
  },
  'on one host only': {
    about: { sides: { alpha: file, beta: absent } },
    says: /^Only here has it, and nothing says why\.$/,
    next: ['dsync sync ~/p/d/a --verify'],
  },
  paused: { about: {}, why: { state: 'paused' }, says: /^The root was paused 1 min ago/, next: ['dsync resume ~/p'] },
  disconnected: {
    why: { state: 'disconnected', reason: 'no route' },
    says: /^twin has been out of reach for 1 min: no route\. Changes wait\.$/,
    next: ['dsync hosts check twin'],
  },
}

describe('dsync why', () => {
  for (const [name, row] of Object.entries(rows)) {
    it(`says of a path that is ${name} why, and what comes next`, () => {
      const why: PathWhy = { ...base, ...row.why, ...(row.about && { about: { ...calm, ...row.about } }) }
      const told = whySentences(why, { userHome: '/home/u', now, last: row.last })
      assert.match(told.says.join(' '), row.says)
      assert.deepEqual(told.next, row.next)
    })
  }
  it('asks the daemon, and knows which roots there are', async t => {
    const { run } = await makeWorld(t, { about: () => calm })
    assert.match((await run('why projects/a')).out, /^~\/projects\/a with twin\n {2}It is in sync: /)
    assert.match((await run('why projects/deep/id_rsa')).out, /\n {2}It is ignored by the rule id_rsa, a default/)
    assert.match(
      (await run('why projects/node_modules/x/y')).out,
      /\n {2}It lies in node_modules, which is ignored by the rule node_modules, a default/,
    )
    assert.equal(
      (await run('why elsewhere/a')).out,
      'It lies in no root, so it is not synced. Roots: ~/projects.\n  → dsync roots add DIR\n',
    )
  })
})
