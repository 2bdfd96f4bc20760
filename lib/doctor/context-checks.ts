import type { RunningRuntime } from '../daemon/running-runtime.ts'
import type { DaemonContext } from '../daemon/verbs.ts'
import type { Survey } from '../remote/survey.ts'
import type { Check } from './check.ts'
import { note, ok, warning } from './check.ts'
import { wordOf } from './figures.ts'
import { openFilesCheck } from './system-checks.ts'

/** Programs that the daemon starts. */
const started = ['ssh', 'rsync', 'git']

/**
 * What differs between a person's shell and the daemon, a row each: the daemon may have been started by a service, which
 * reads no profile.
 * @param shell a survey of the shell's surroundings on the same machine
 * @param linked whether every host that is reached by ssh is reached now
 */
export function contextChecks(shell: Survey, { survey: daemon, runtime }: DaemonContext, linked: boolean): Check[] {
  return [
    daemonRuntimeCheck(runtime),
    daemonPathCheck(shell, daemon),
    daemonAgentCheck(shell, daemon, linked),
    daemonLocaleCheck(shell, daemon),
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

function daemonPathCheck(shell: Survey, daemon: Survey): Check {
  const missed = started.filter(
    name => shell.programs[name]?.isOnPath === true && daemon.programs[name]?.isOnPath !== true,
  )
  const other = started.filter(name => {
    const [here, there] = [shell.programs[name], daemon.programs[name]]
    return here !== undefined && there?.isOnPath === true && here.isOnPath && here.path !== there.path
  })
  const fix = envFix(daemon, 'PATH', shell.environment.path.join(':'))
  if (missed.length > 0)
    return warning('daemon: PATH', `it does not find ${missed.join(', ')}, which your shell does`, fix)
  if (other.length > 0) {
    const which = other.map(name => `${name} at ${daemon.programs[name]?.path ?? ''}`).join(', ')
    return note('daemon: PATH', `it uses ${which}; your shell another`, fix)
  }
  return ok('daemon: PATH', 'it finds the programs that your shell finds')
}

function daemonAgentCheck(shell: Survey, daemon: Survey, linked: boolean): Check {
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
  if (linked) return note(check, `${found}, your shell's has keys; every host is reached without`)
  return warning(check, `${found}; your shell's has keys`, envFix(daemon, 'SSH_AUTH_SOCK', here.socket))
}

function daemonLocaleCheck(shell: Survey, daemon: Survey): Check {
  const isUtf8 = (survey: Survey): boolean => /^utf-?8$/i.test(survey.environment.charmap ?? '')
  if (isUtf8(daemon) || !isUtf8(shell)) return ok('daemon: locale', isUtf8(daemon) ? 'UTF-8' : 'as in your shell')
  const meaning = 'not UTF-8, as in your shell: commands after a sync show names outside ASCII wrongly'
  return note('daemon: locale', meaning, envFix(daemon, 'LC_ALL', shell.environment.locale))
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

/** A line for the file that adds to the daemon's environment. */
function envFix({ kit }: Survey, name: string, value: string): string {
  return `echo ${wordOf(`${name}=${value}`)} >> ${wordOf(`${kit.home}/env`)} && chmod 600 ${wordOf(`${kit.home}/env`)} && dsync restart`
}
