import { rsyncAbilities } from '../remote/rsync-abilities.ts'
import type { ProgramFacts, Survey } from '../remote/survey.ts'
import type { Check } from './check.ts'
import { failed, note, ok, warning } from './check.ts'
import { wordOf } from './figures.ts'

/** What sends of a large file only what changed. @param isThere on another host, where dsync names it by its path */
export function rsyncCheck({ programs, system }: Survey, isThere = true): Check {
  const rsync = programs['rsync']
  const install = system.name === 'darwin' ? 'brew install rsync' : 'Install rsync with the package manager there'
  if (rsync === undefined)
    return note('rsync', 'not found: large files go whole, in pieces over the one connection', install)
  const found = `${versionText('rsync', rsync)} at ${rsync.path}`
  const abilities = rsyncAbilities(rsync.version ?? '')
  if (abilities === undefined)
    return note('rsync', `${found}: not one that dsync can use; large files go whole`, install)
  if (!rsync.isOnPath && !isThere)
    return note('rsync', `${found}, which is not on PATH: it is not used`, pathFix(rsync))
  if (/^openrsync\b/.test(rsync.version ?? '')) {
    return note('rsync', `openrsync at ${rsync.path}: large files with unusual names go without it`, install)
  }
  return ok('rsync', found)
}

export function gitCheck(survey: Survey): Check {
  return plainProgram(survey, 'git', 'not found: dsync works without it; `dsync diff` shows less')
}

export function tmuxCheck(survey: Survey): Check {
  return plainProgram(survey, 'tmux', 'not found: nothing of dsync needs it')
}

/** Of this host. @param isNeeded some host is reached by it */
export function sshCheck({ programs }: Survey, isNeeded: boolean): Check {
  const ssh = programs['ssh']
  if (ssh === undefined) {
    const meaning = 'not found'
    return isNeeded
      ? failed('ssh', `${meaning}: other hosts are reached by it`, 'Install the client of OpenSSH')
      : note('ssh', `${meaning}: no host here is reached by it`)
  }
  const version = /^OpenSSH_(\d+)\.(\d+)/.exec(ssh.version ?? '')
  const found = `${version?.[0].replace('_', ' ') ?? ssh.version ?? 'unknown version'} at ${ssh.path}`
  if (version === null) return note('ssh', `${found}: dsync knows OpenSSH`)
  const isOld = Number(version[1]) * 100 + Number(version[2]) < 703
  return isOld
    ? warning('ssh', `${found}: before 7.3, which dsync was not made for`, 'Install a newer OpenSSH')
    : ok('ssh', found)
}

/** Whether commands to one host share a connection. @param sockets where its sockets lie; undefined: nowhere */
export function sharingCheck(sockets: string | undefined): Check {
  return sockets === undefined
    ? note(
        'ssh connections',
        'each command connects by itself, which takes longer: a path for sockets may have 100 bytes',
        'Choose a shorter DSYNC_HOME, or set TMPDIR to a short path',
      )
    : ok('ssh connections', `shared by commands to one host, through ${sockets}`)
}

/** Of another host: what is sent there is checked by one of these. */
export function hashingCheck({ programs }: Survey): Check {
  const found = ['sha256sum', 'shasum', 'openssl'].find(name => programs[name] !== undefined)
  return found === undefined
    ? warning(
        'hashing',
        'no sha256sum, shasum or openssl: a runtime brought there could not be checked',
        'Install coreutils there',
      )
    : ok('hashing', `${found} at ${programs[found]?.path ?? ''}`)
}

/** Programs that a login at a terminal may know and a command over ssh, or a service, does not. */
export function pathCheck({ programs, environment }: Survey): Check {
  const off = Object.entries(programs).filter(([, { isOnPath }]) => !isOnPath)
  const [first] = off
  if (environment.path.length === 0) return warning('PATH', 'It is empty', 'Set PATH where the login shell begins')
  if (first === undefined) return ok('PATH', `${environment.path.length} directories; every program is found by it`)
  const names = off.map(([name]) => name).join(', ')
  return note(
    'PATH',
    `${environment.path.join(':')}: ${names} ${off.length === 1 ? 'is' : 'are'} not on it`,
    pathFix(first[1]),
  )
}

function plainProgram({ programs }: Survey, name: string, without: string): Check {
  const program = programs[name]
  return program === undefined ? note(name, without) : ok(name, `${versionText(name, program)} at ${program.path}`)
}

function versionText(name: string, { version = '' }: ProgramFacts): string {
  const number = /\d+(?:\.\d+)+[a-z]?/.exec(version)?.[0]
  return number === undefined ? name : `${name} ${number}`
}

function pathFix({ path }: ProgramFacts): string {
  return `export PATH=${wordOf(path.slice(0, path.lastIndexOf('/')))}:$PATH, in ~/.profile, ~/.zshenv or what your login shell reads first`
}
