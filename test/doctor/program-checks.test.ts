import { describe } from 'node:test'
import {
  gitCheck,
  hashingCheck,
  pathCheck,
  rsyncCheck,
  sharingCheck,
  sshCheck,
  tmuxCheck,
} from '../../lib/doctor/program-checks.ts'
import type { Row } from './check-rows.ts'
import { testRows } from './check-rows.ts'

const rows: readonly Row[] = [
  { says: 'rsync', check: survey => rsyncCheck(survey), result: 'ok', meaning: /^rsync 3\.2\.7 at/ },
  {
    says: 'no rsync',
    check: rsyncCheck,
    changes: { 'program rsync': undefined },
    result: 'note',
    fix: /Install rsync/,
  },
  { says: 'openrsync', check: rsyncCheck, mac: true, result: 'note', meaning: /^openrsync/, fix: /brew/ },
  {
    says: 'an rsync from before the flood',
    check: rsyncCheck,
    changes: { 'version rsync ': 'rsync  version 2.5.7' },
    result: 'note',
    meaning: /not one that dsync can use/,
  },
  {
    says: 'an rsync that is not on PATH',
    check: survey => rsyncCheck(survey, false),
    changes: { 'program rsync ': '/opt/homebrew/bin/rsync' },
    result: 'note',
    fix: /^export PATH=\/opt\/homebrew\/bin:\$PATH/,
  },
  {
    says: 'an rsync there that is not on PATH',
    check: rsyncCheck,
    changes: { 'program rsync ': '/opt/homebrew/bin/rsync' },
    result: 'ok',
    meaning: /^rsync 3\.2\.7 at \/opt\/homebrew/,
  },
  { says: 'git', check: gitCheck, result: 'ok', meaning: /^git 2\.39\.5 at/ },
  { says: 'no git', check: gitCheck, changes: { 'program git': undefined }, result: 'note' },
  { says: 'tmux', check: tmuxCheck, result: 'ok', meaning: /^tmux 3\.3a at/ },
  { says: 'no tmux', check: tmuxCheck, mac: true, result: 'note' },
  { says: 'ssh', check: survey => sshCheck(survey, true), result: 'ok', meaning: /^OpenSSH 9\.2 at/ },
  { says: 'no ssh', check: survey => sshCheck(survey, true), changes: { 'program ssh': undefined }, result: 'failed' },
  {
    says: 'no ssh where none is needed',
    check: survey => sshCheck(survey, false),
    changes: { 'program ssh': undefined },
    result: 'note',
  },
  {
    says: 'an old ssh',
    check: survey => sshCheck(survey, true),
    changes: { 'version ssh ': 'OpenSSH_6.6.1p1, OpenSSL 1.0.1e' },
    result: 'warning',
  },
  {
    says: 'another ssh',
    check: survey => sshCheck(survey, true),
    changes: { 'version ssh ': 'Dropbear v2022.83' },
    result: 'note',
  },
  { says: 'a shared connection', check: () => sharingCheck('/run/x'), result: 'ok', meaning: /\/run\/x$/ },
  { says: 'none', check: () => sharingCheck(undefined), result: 'note', fix: /shorter DSYNC_HOME/ },
  { says: 'a hash', check: hashingCheck, result: 'ok' },
  { says: 'another hash', check: hashingCheck, mac: true, result: 'ok', meaning: /^shasum/ },
  { says: 'no hash', check: hashingCheck, changes: { 'program sha256sum': undefined }, result: 'warning' },
  { says: 'PATH', check: pathCheck, result: 'ok' },
  { says: 'no PATH', check: pathCheck, changes: { 'path ': undefined }, result: 'warning' },
  { says: 'Homebrew, which is not on PATH', check: pathCheck, mac: true, result: 'note', meaning: /git is not on it$/ },
]

describe('what programs there are', () => {
  testRows(rows)
})
