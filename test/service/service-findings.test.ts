import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { serviceFindings } from '../../lib/service/service-findings.ts'

describe('what a person hears of a service', () => {
  const look = { isLoaded: true, isEnabled: true, state: 'running', pid: 5 } as const
  const calm = { kind: 'systemd', look, files: [], daemonPid: 5 } as const
  const rows = [
    ['nothing while all is well', calm, []],
    ['that its Node is gone', { ...calm, programTrouble: 'needs Node 24.12' }, ['program → dsync service install']],
    [
      'of files that are gone or changed',
      {
        ...calm,
        files: [
          { path: '/x', how: 'missing' },
          { path: '/y', how: 'changed' },
        ],
      },
      ['file → dsync service install', 'file → dsync service install'],
    ],
    ['that it is not known', { ...calm, look: { ...look, isLoaded: false } }, ['job → dsync service install']],
    [
      'that it does not come by itself',
      { ...calm, look: { ...look, isEnabled: false } },
      ['job → dsync service install'],
    ],
    ['of a daemon beside it', { ...calm, daemonPid: 6 }, ['daemon → dsync restart']],
    [
      'of one that was stopped, which is no mistake',
      { kind: 'systemd', files: [], look: { isLoaded: true, isEnabled: true, state: 'stopped' } },
      ['(daemon) → dsync start'],
    ],
    [
      'of one that fails',
      {
        kind: 'systemd',
        files: [],
        look: { isLoaded: true, isEnabled: true, state: 'waiting', lastEnd: 'it ended with 1' },
      },
      ['daemon → dsync service logs'],
    ],
    ['what a logout does', { ...calm, linger: 'no' }, ['(linger) → dsync service install --linger']],
  ] as const
  for (const [says, sight, expected] of rows) {
    it(says, () => {
      const found = serviceFindings(sight).map(
        ({ about, hint, isRemark }) => `${isRemark === true ? `(${about})` : about} → ${hint}`,
      )
      assert.deepEqual(found, expected)
    })
  }
})
