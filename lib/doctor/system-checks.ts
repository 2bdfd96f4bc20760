import type { Survey } from '../remote/survey.ts'
import { placeNamed } from '../remote/survey.ts'
import type { Check } from './check.ts'
import { failed, note, ok, warning } from './check.ts'
import { timeOf, wordOf } from './figures.ts'

/** Platforms for which there are native calls and a runtime to bring. */
const known = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']

/** The machine, whatever dsync is to do on it. */
export function platformCheck({ system, mac }: Survey): Check {
  const { platform, libc, name } = system
  const says = [platform, libc, mac?.version === undefined ? undefined : `macOS ${mac.version}`].flatMap(
    each => each ?? [],
  )
  const found = says.join(', ')
  if (name !== 'linux' && name !== 'darwin') {
    return failed('platform', `${found}: dsync works on Linux and macOS`, 'Use another machine, or WSL on Windows')
  }
  if (!known.includes(platform)) {
    return warning('platform', `${found}: no native calls and no Node of ours for it; files are replaced in two steps`)
  }
  if (libc === 'musl') {
    return warning(
      'platform',
      `${found}: no Node of ours for it`,
      'Install Node 20 or later with the package manager of the system',
    )
  }
  if (mac?.isTranslated === true) return note('platform', `${found}: an Intel program on Apple's processor, slower`)
  return ok('platform', found)
}

export function shellCheck({ user }: Survey): Check {
  if (/\/(?:rbash|rksh|rzsh|nologin|false|git-shell)$/.test(user.shell)) {
    return warning('login shell', `${user.shell}: it is restricted`, 'chsh -s /bin/sh')
  }
  return user.shell === '' ? note('login shell', 'SHELL is not set') : ok('login shell', user.shell)
}

/** Where dsync keeps its own files: its home if there is one, else the user's. */
export function homeCheck(survey: Survey): Check {
  const kit = placeNamed(survey, 'kit')
  const home = placeNamed(survey, 'home')
  const place = kit?.trial === undefined ? home : kit
  const path = place?.path ?? survey.user.home
  if (place?.trial === undefined) return warning('home', `Whether ${path} can be written was not to be found out`)
  if (!place.trial.isWritten) {
    const full = place.freeBytes === 0 || place.freeInodes === 0
    return full
      ? failed('home', `${path} cannot be written: its disk is full`, 'Make room on that disk')
      : failed(
          'home',
          `${path} cannot be written`,
          `ls -ld ${wordOf(path)}; it must be yours, on a disk that may be written`,
        )
  }
  if (place.trial.isRun) return ok('home', path)
  const meaning = `${path} is on a disk where nothing may be run (noexec)`
  return usableRuntimes(survey).length > 0
    ? note('home', `${meaning}: no runtime can be brought there, and the one found is used`)
    : failed('home', `${meaning}, and no runtime is found`, 'Install Node 20 or later outside the home')
}

export function temporaryCheck(survey: Survey): Check {
  const place = placeNamed(survey, 'tmp')
  if (place?.trial === undefined) return note('temporary files', 'Where they lie was not to be found out')
  if (!place.trial.isWritten) {
    return warning('temporary files', `${place.path} cannot be written`, 'Set TMPDIR to a directory that can')
  }
  return place.trial.isRun
    ? ok('temporary files', place.path)
    : note('temporary files', `${place.path}: nothing may be run there (noexec); dsync runs nothing from it`)
}

/** A clock that is further off than this (ms) makes versions look older or newer than they are. */
const clockLimitMs = 2000

/** Of another machine, against ours. */
export function clockCheck({ clock, system }: Survey): Check {
  if (clock === undefined) return note('clock', 'It could not be read: ages of versions there may mislead')
  const { offsetMs, errorMs } = clock
  const off = Math.abs(offsetMs)
  if (off - errorMs <= clockLimitMs)
    return ok('clock', `the same, give or take ${timeOf(Math.max(1000, off + errorMs))}`)
  const fix = system.name === 'darwin' ? 'sudo sntp -sS time.apple.com' : 'sudo timedatectl set-ntp true'
  const way = offsetMs > 0 ? 'ahead' : 'behind'
  const meaning = `${timeOf(off)} ${way}: "newest" may choose the wrong version, and times of conflict copies mislead`
  return warning('clock', meaning, `${fix}, on the one that is wrong`)
}

export function localeCheck({ environment }: Survey): Check {
  const { charmap, locale } = environment
  const set = locale === '' ? 'none is set' : locale
  if (charmap === undefined) return note('locale', `${set}: what it stands for was not to be found out`)
  if (/^utf-?8$/i.test(charmap)) return ok('locale', `${set} (UTF-8)`)
  return note(
    'locale',
    `${set} (${charmap}): names travel as they are, but programs there show those outside ASCII wrongly`,
    'export LC_ALL=C.UTF-8',
  )
}

export function umaskCheck({ user: { umask } }: Survey): Check {
  if (umask === undefined) return note('umask', 'It was not to be found out')
  const text = umask.toString(8).padStart(3, '0')
  if ((umask & 0o700) !== 0) {
    return warning('umask', `${text}: files that you make there are not even yours to use`, 'umask 022 in your profile')
  }
  if ((umask & 0o002) === 0) {
    return warning('umask', `${text}: everybody may write what you make`, 'umask 022 in your profile')
  }
  return ok('umask', text)
}

/** What a daemon with some large roots needs: a descriptor for each directory at work, connection and database. */
const openFilesLimit = 1024

export function openFilesCheck({ environment: { openFiles } }: Survey): Check {
  if (openFiles === undefined) return ok('open files', 'as many as are wanted')
  if (openFiles >= openFilesLimit) return ok('open files', `${openFiles} at once`)
  return warning('open files', `only ${openFiles} at once: large roots need more`, 'ulimit -n 4096')
}

/** What can run the agent there: Node 20 or later, Deno 2. */
export function usableRuntimes(survey: Survey): Survey['runtimes'] {
  return survey.runtimes.filter(({ kind, version }) => Number.parseInt(version, 10) >= (kind === 'node' ? 20 : 2))
}

/** Of the other host: an agent needs less than the commands do. */
export function runtimeCheck(survey: Survey): Check {
  const [first, ...others] = usableRuntimes(survey)
  if (first !== undefined) {
    const more = others.length === 0 ? '' : `, and ${others.length} more`
    return ok('runtime', `${runtimeText(first)}${more}`)
  }
  const old = survey.runtimes.map(runtimeText).join(', ')
  const found = old === '' ? 'there is none' : `too old: ${old}`
  return known.includes(survey.system.platform) && survey.system.libc !== 'musl'
    ? note('runtime', `${found}; dsync brings its own`)
    : failed('runtime', `${found}, and there is none of ours for it`, 'Install Node 20 or later there')
}

export function runtimeText({ kind, version, path }: Survey['runtimes'][number]): string {
  return `${kind === 'node' ? 'Node' : 'Deno'} ${version} at ${path}`
}
