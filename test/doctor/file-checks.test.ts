import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileChecks } from '../../lib/doctor/file-checks.ts'
import { localNetworkHint, macChecks } from '../../lib/doctor/mac-checks.ts'
import type { Row } from './check-rows.ts'
import { file, testRows } from './check-rows.ts'
import { linuxLines, macLines, surveyWith } from './survey-lines.ts'

const rows: readonly Row[] = [
  { says: 'permissions', check: fileChecks, result: 'ok', meaning: /^4 files/ },
  { says: 'nothing there yet', check: fileChecks, changes: { 'file ': undefined }, result: 'ok', meaning: /no file/ },
  {
    says: 'settings that others may read',
    check: fileChecks,
    changes: { 'file config.json ': file('-rw-r--r--') },
    result: 'warning',
    fix: /^chmod 600 \/home\/ann\/\.dsync\/config\.json$/,
  },
  {
    says: 'settings that others may write',
    check: fileChecks,
    changes: { 'file config.json ': file('-rw-rw----') },
    result: 'failed',
    fix: /^chmod 600/,
  },
  {
    says: 'a home that others may look into',
    check: fileChecks,
    changes: { 'file . ': file('drwxr-xr-x') },
    result: 'warning',
    fix: /^chmod 700 \/home\/ann\/\.dsync$/,
  },
  {
    says: 'programs that others may change',
    check: fileChecks,
    changes: { 'file kit ': file('drwxrwxrwx') },
    result: 'failed',
    fix: /^chmod go-w/,
  },
  {
    says: 'a file of another user',
    check: fileChecks,
    changes: { 'file config.json ': file('-rw-------', 0) },
    result: 'failed',
    fix: /^sudo chown -R ann \/home\/ann\/\.dsync\/config\.json$/,
  },
  {
    says: 'a home that sshd does not trust',
    check: fileChecks,
    changes: { 'file ~/. ': file('drwxrwxr-x') },
    result: 'warning',
    fix: /^chmod go-w ~$/,
  },
  {
    says: 'a .ssh of another user',
    check: fileChecks,
    changes: { 'file ~/.ssh ': file('drwx------', 1001) },
    result: 'warning',
    fix: /^sudo chown ann ~\/\.ssh$/,
  },
  {
    says: 'a user whose name is a command',
    check: fileChecks,
    changes: { 'file ~/.ssh ': file('drwx------', 1001), 'user.name ': '$(reboot)' },
    result: 'warning',
    fix: /^sudo chown '\$\(reboot\)' ~/,
  },
  { says: 'privacy elsewhere', check: survey => macChecks(survey, []), result: [] },
  {
    says: 'privacy',
    mac: true,
    check: survey => macChecks(survey, ['/Users/ann/projects']),
    result: ['ok', 'note'],
    meaning: /after 1 min/,
  },
  {
    says: 'Documents',
    mac: true,
    check: survey => macChecks(survey, ['/Users/ann/Documents/x']),
    result: ['warning', 'note'],
    meaning: /a service cannot be asked/,
  },
  {
    says: 'full disk access',
    mac: true,
    check: survey => macChecks(survey, ['/Volumes/x']),
    changes: { 'mac.full-disk ': 'yes', 'mac.sleep ': 'sleep 0' },
    result: ['ok', 'ok'],
  },
]

describe('who may read what, and what macOS keeps closed', () => {
  testRows(rows)

  it('Local Network: only on a Mac that has it, and only without a route', () => {
    const mac = surveyWith(macLines)
    assert.match(localNetworkHint(mac, 'connect: No route to host') ?? '', /Local Network/)
    assert.equal(localNetworkHint(mac, 'Connection refused'), undefined)
    assert.equal(localNetworkHint(surveyWith(macLines, { 'mac.version ': '14.6' }), 'No route to host'), undefined)
    assert.equal(localNetworkHint(surveyWith(linuxLines), 'No route to host'), undefined)
  })
})
