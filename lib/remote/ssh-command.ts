import { checkTarget } from './ssh-target.ts'

/** How `ssh` is run. */
export interface SshOptions {
  /** The program: `ssh`, or the path of one. */
  readonly program: string
  /** An alias, `user@host` or `ssh://…`: see `checkTarget`. */
  readonly target: string
  /** A configuration file instead of the user's own (`ssh -F`). */
  readonly configFile: string | undefined
  /** Directory of sockets by which commands share one connection; undefined: a connection of its own. */
  readonly sockets: string | undefined
}

/** How long connecting may take (s), and a connection may be silent before it counts as lost (s × times). */
const connectSeconds = 15
const aliveSeconds = 5
const aliveTimes = 3

/** A shared connection stays this long after its last user has gone (s). */
const persistSeconds = 60

/** One word that every login shell takes for a command: what to do is told on stdin. */
const remoteCommand = 'sh'

/** The command that runs `sh` on another host with our bytes as its stdin. */
export function sshCommand(options: SshOptions): readonly [program: string, ...rest: string[]] {
  return [...sshReach(options), remoteCommand]
}

/**
 * The command that reaches another host and asks nobody anything; what is run there follows it. The user's configuration
 * decides how the host is reached; what it may add for people at terminals is switched off.
 */
export function sshReach(options: SshOptions): readonly [program: string, ...rest: string[]] {
  const { program, target, configFile, sockets } = options
  const settings = [
    'BatchMode=yes',
    `ConnectTimeout=${connectSeconds}`,
    `ServerAliveInterval=${aliveSeconds}`,
    `ServerAliveCountMax=${aliveTimes}`,
    'ForwardAgent=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'RemoteCommand=none',
    'RequestTTY=no',
    'EscapeChar=none',
    'LogLevel=ERROR',
    ...(sockets === undefined
      ? ['ControlMaster=no', 'ControlPath=none']
      : ['ControlMaster=auto', `ControlPath=${escapePercent(sockets)}/%C`, `ControlPersist=${persistSeconds}`]),
  ]
  return [
    program,
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...settings.flatMap(setting => ['-o', setting]),
    '-T',
    '--',
    checkTarget(target),
  ]
}

/** ssh reads `%` in a socket's path as the beginning of a token, and white space as its end. */
function escapePercent(path: string): string {
  return path.replaceAll('%', '%%')
}
