import type { RunningRuntime } from '../daemon/running-runtime.ts'
import type { Survey } from '../remote/survey.ts'
import { probeSeconds } from '../remote/survey-script.ts'
import type { Check } from './check.ts'
import { note, ok, warning } from './check.ts'
import { daemonRuntimeCheck } from './context-checks.ts'
import type { SurveyedRoot } from './disk-checks.ts'
import { diskChecks, homeDiskChecks, rootChecks } from './disk-checks.ts'
import { fileChecks } from './file-checks.ts'
import { macChecks } from './mac-checks.ts'
import { gitCheck, hashingCheck, pathCheck, rsyncCheck, sharingCheck, sshCheck, tmuxCheck } from './program-checks.ts'
import {
  clockCheck,
  homeCheck,
  localeCheck,
  openFilesCheck,
  platformCheck,
  runtimeCheck,
  shellCheck,
  temporaryCheck,
  umaskCheck,
} from './system-checks.ts'
import { watchChecks } from './watch-checks.ts'

export interface AboutHost {
  readonly roots: readonly SurveyedRoot[]
  /** The roots are watched by now. */
  readonly isWatching: boolean
}

export interface AboutHere extends AboutHost {
  /** Some host is reached by ssh. */
  readonly needsSsh: boolean
  /** Where the sockets of shared connections lie: see `sshSocketsPlace`. */
  readonly sockets: string | undefined
  /** What runs this command, and its version. */
  readonly runtime: RunningRuntime
  readonly version: string
}

export interface AboutOther extends AboutHost {
  /** The version of dsync here. */
  readonly version: string
  /** What it is called here. */
  readonly host: string
}

/** All rows of this host, as a person's shell finds it. */
export function hereChecks(
  survey: Survey,
  { roots, isWatching, needsSsh, sockets, runtime, version }: AboutHere,
): Check[] {
  return [
    ...unfinishedChecks(survey),
    platformCheck(survey),
    ownVersionCheck(survey, version),
    daemonRuntimeCheck(runtime, 'runtime'),
    homeCheck(survey),
    temporaryCheck(survey),
    ...placeChecks(survey, roots),
    ...watchChecks(survey, roots, isWatching),
    sshCheck(survey, needsSsh),
    ...(needsSsh ? [sharingCheck(sockets)] : []),
    rsyncCheck(survey, false),
    ...toolChecks(survey),
    openFilesCheck(survey),
    ...macChecks(survey, rootPaths(survey)),
  ]
}

/** All rows of another machine, as a command over ssh finds it. */
export function otherChecks(survey: Survey, { roots, isWatching, version, host }: AboutOther): Check[] {
  return [
    ok('login', loginText(survey)),
    ...unfinishedChecks(survey),
    shellCheck(survey),
    platformCheck(survey),
    runtimeCheck(survey),
    ...versionChecks(survey, version, host),
    homeCheck(survey),
    temporaryCheck(survey),
    ...placeChecks(survey, roots),
    ...watchChecks(survey, roots, isWatching),
    rsyncCheck(survey),
    ...toolChecks(survey),
    hashingCheck(survey),
    clockCheck(survey),
    ...macChecks(survey, rootPaths(survey)),
  ]
}

/** All rows of a directory that plays a host: what this machine is like is said with this host. */
export function directoryChecks(survey: Survey, roots: readonly SurveyedRoot[]): Check[] {
  return [...unfinishedChecks(survey), homeCheck(survey), ...placeChecks(survey, roots), ...fileChecks(survey)]
}

/**
 * What must be so before another machine becomes a host, and what is good to have. A row that failed stands in the way.
 * Nothing has been put there yet.
 */
export function admissionChecks(survey: Survey): Check[] {
  return [
    ...unfinishedChecks(survey),
    platformCheck(survey),
    shellCheck(survey),
    homeCheck(survey),
    runtimeCheck(survey),
    ...diskChecks(survey, []),
    ...homeDiskChecks(survey),
    temporaryCheck(survey),
    rsyncCheck(survey),
    ...watchChecks(survey, [], false),
    hashingCheck(survey),
    clockCheck(survey),
  ]
}

function placeChecks(survey: Survey, roots: readonly SurveyedRoot[]): Check[] {
  return [...diskChecks(survey, roots), ...homeDiskChecks(survey), ...roots.flatMap(root => rootChecks(survey, root))]
}

function toolChecks(survey: Survey): Check[] {
  return [
    gitCheck(survey),
    tmuxCheck(survey),
    pathCheck(survey),
    localeCheck(survey),
    umaskCheck(survey),
    ...fileChecks(survey),
  ]
}

/** Something that hangs is worth knowing: it hangs for dsync too. Counting all that is in a large root just takes long. */
function unfinishedChecks({ unfinished }: Survey): Check[] {
  const hanging = unfinished.filter(probe => !/^(?:inside|extras) /.test(probe))
  if (hanging.length === 0) return []
  const names = hanging.map(probe => `\`${probe}\``).join(', ')
  return [warning('answers', `no answer within ${probeSeconds} s from ${names}: what is below says nothing about that`)]
}

function loginText({ clock, user }: Survey): string {
  const who = user.name === undefined ? '' : ` as ${user.name}`
  return clock === undefined
    ? `by key${who}`
    : `by key${who}, ${Math.max(1, Math.round(clock.roundTripMs))} ms there and back`
}

function ownVersionCheck({ kit }: Survey, version: string): Check {
  const { release, version: installed } = kit
  if (release === undefined) return ok('version', `dsync ${version}, from where it was built: none is installed`)
  if (installed === version) return ok('version', `dsync ${version}, release ${release}`)
  return note(
    'version',
    `this command is dsync ${version}, and ${installed ?? release} is installed`,
    'command -v dsync',
  )
}

function versionChecks({ kit }: Survey, version: string, host: string): Check[] {
  if (kit.version === undefined) return []
  if (kit.version === version) return [ok('version', `dsync ${version}, as here`)]
  const meaning = `dsync ${kit.version} is installed there, ${version} here: commands typed there are of the other one`
  return [warning('version', meaning, `dsync hosts update ${host}`)]
}

function rootPaths({ places }: Survey): string[] {
  return places.flatMap(({ name, path }) => (name.startsWith('root.') ? [path] : []))
}
