import type { RunningRuntime } from '../daemon/running-runtime.ts'
import type { DaemonContext } from '../daemon/verbs.ts'
import type { Survey } from '../remote/survey.ts'
import type { Check } from './check.ts'
import { note, ok, warning } from './check.ts'
import { wordOf } from './figures.ts'
import { openFilesCheck } from './system-checks.ts'

/** Programs that the daemon starts. */
const started = ['ssh', 'rsync', 'git']

/** What a person's shell finds, and what is known besides. */
export interface BesideDaemon {
  /** A survey of the shell's surroundings on the same machine. */
  readonly shell: Survey
  /** Every host that is reached by ssh is reached now. */
  readonly isLinked: boolean
  /** The variables that the file `env` of the home sets. */
  readonly set: readonly string[]
}

/**
 * What differs between a person's shell and the daemon, a row each: the daemon may have been started by a service, which
 * reads no profile.
 */
export function contextChecks({ survey: daemon, runtime }: DaemonContext, beside: BesideDaemon): Check[] {
  return [
    daemonRuntimeCheck(runtime),
    daemonPathCheck(daemon, beside),
    daemonAgentCheck(daemon, beside),
    daemonLocaleCheck(daemon, beside),
    ...daemonLimitChecks(daemon),
  ]
}

/** Directories of version managers, which remove what nobody seems to use. */
const managed =
  /\/(?:\.nvm|\.volta|fnm|mise|asdf|\.asdf|\.nodenv|n)\/(?:.*\/)?(?:versions?|installs?|node-versions|tools|bin)\//

/** Of the daemon, or of this command: the program that runs it. */
export function daemonRuntimeCheck({ kind, path, version, exists }: RunningRuntime, check = 'daemon: runtime'): Check {
  const found = `${kind === 'node' ? 'Node' : 'Deno'} ${version} at ${path}`
  if (!exists) {
    return warning(
      check,
      `${found}, which is gone: it runs until it ends, and cannot be started again`,
      'dsync restart',
    )
  }
  return managed.test(path)
    ? note(check, `${found}: a version manager's, which an upgrade may remove`)
    : ok(check, found)
}

function daemonPathCheck(daemon: Survey, { shell, set }: BesideDaemon): Check {
  const missed = started.filter(
    name => shell.programs[name]?.isOnPath === true && daemon.programs[name]?.isOnPath !== true,
  )
  const other = started.filter(name => {
    const [here, there] = [shell.programs[name], daemon.programs[name]]
    return here !== undefined && there?.isOnPath === true && here.isOnPath && here.path !== there.path
  })
  const fix = envFix(daemon, set, ['PATH', shell.environment.path.join(':')])
  if (missed.length > 0)
    return warning('daemon: PATH', `it does not find ${missed.join(', ')}, which your shell does`, fix)
  if (other.length > 0) {
    const which = other.map(name => `${name} at ${daemon.programs[name]?.path ?? ''}`).join(', ')
    return note('daemon: PATH', `it uses ${which}; your shell another`, fix)
  }
  return ok('daemon: PATH', 'it finds the programs that your shell finds')
}

function daemonAgentCheck(daemon: Survey, { shell, isLinked, set }: BesideDaemon): Check {
  const check = 'daemon: ssh agent'
  const [here, there] = [shell.environment.agent, daemon.environment.agent]
  if (there?.state === 'keys') return ok(check, 'it has the keys of an agent')
  if (here?.state !== 'keys') return ok(check, 'neither it nor your shell has the keys of an agent')
  const found =
    there === undefined
      ? 'it knows no ssh agent'
      : there.state === 'gone'
        ? 'its ssh agent is gone'
        : 'its ssh agent has no keys'
  if (isLinked) return note(check, `${found}, your shell's has keys; every host is reached without`)
  return warning(check, `${found}; your shell's has keys`, envFix(daemon, set, ['SSH_AUTH_SOCK', here.socket]))
}

function daemonLocaleCheck(daemon: Survey, { shell, set }: BesideDaemon): Check {
  const isUtf8 = (survey: Survey): boolean => /^utf-?8$/i.test(survey.environment.charmap ?? '')
  if (isUtf8(daemon) || !isUtf8(shell)) return ok('daemon: locale', isUtf8(daemon) ? 'UTF-8' : 'as in your shell')
  const meaning = 'not UTF-8, as in your shell: commands after a sync show names outside ASCII wrongly'
  return note('daemon: locale', meaning, envFix(daemon, set, ['LC_ALL', shell.environment.locale]))
}

function daemonLimitChecks(daemon: Survey): Check[] {
  const { result, meaning } = openFilesCheck(daemon)
  if (result === 'ok') return []
  return [
    {
      check: 'daemon: open files',
      result,
      meaning,
      fix: 'Raise LimitNOFILE (systemd), SoftResourceLimits (launchd), or ulimit -n',
    },
  ]
}

/** A line for the file that adds to the daemon's environment, where each variable stands once. */
function envFix({ kit }: Survey, set: readonly string[], [name, value]: readonly [string, string]): string {
  const file = wordOf(`${kit.home}/env`)
  const line = /^[\w@%+=:,./~-]*$/.test(value) ? `${name}=${value}` : `${name}="${value}"`
  if (set.includes(name)) return `Make it ${line} in ${file}, then dsync restart`
  return `echo ${wordOf(line)} >> ${file} && chmod 600 ${file} && dsync restart`
}
