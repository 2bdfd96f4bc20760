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
  return reach(options, ['-o', 'RequestTTY=no', '-T'], noForwarding)
}

/** The command that ends with 0 when a host is reached over a shared connection that is there already; it makes none. */
export function sshCheck(options: SshOptions): readonly [program: string, ...rest: string[]] {
  return reach(options, ['-O', 'check'], noForwarding)
}

/** What people's settings may add to a connection, and a program that nobody types to does not need. */
const noForwarding = [
  'ForwardAgent=no',
  'ForwardX11=no',
  'ClearAllForwardings=yes',
  'PermitLocalCommand=no',
  'EscapeChar=none',
]

/** How a program that a person named is run over ssh. */
export interface SshRun {
  /** For the login shell there. */
  readonly line: string
  /** Both ends are terminals: give the program one too, through which Ctrl-C reaches it. */
  readonly isTerminal: boolean
  /** It is the person's own login: what their settings forward is forwarded, and `~.` ends a connection that hangs. */
  readonly isLogin?: boolean
  /** Where ssh writes what it has to say itself, and that an exit code came: see `runEnd`. Absolute. */
  readonly log: string
}

/** The command that runs such a program over a connection of its own, with our stdin, stdout and stderr as its own. */
export function sshRunCommand(
  options: Omit<SshOptions, 'sockets'>,
  { line, isTerminal, isLogin, log }: SshRun,
): readonly [program: string, ...rest: string[]] {
  const terminal = isTerminal ? ['-o', 'RequestTTY=yes', '-t'] : ['-o', 'RequestTTY=no', '-T']
  // OpenSSH before 8.5 does not know LogVerbose.
  const settings = ['IgnoreUnknown=LogVerbose', `LogVerbose=*:${exitCodeLogger}():*`]
  const logging = ['-E', log, ...settings.flatMap(setting => ['-o', setting])]
  const own = isLogin === true ? [] : noForwarding
  return [...reach({ ...options, sockets: undefined }, [...logging, ...terminal], own), line]
}

/** The function of OpenSSH's client that logs that the exit code of a remote program came (clientloop.c). */
export const exitCodeLogger = 'client_input_channel_req'

function reach(
  options: SshOptions,
  more: readonly string[],
  own: readonly string[],
): readonly [program: string, ...rest: string[]] {
  const { program, target, configFile, sockets } = options
  const settings = [
    'BatchMode=yes',
    `ConnectTimeout=${connectSeconds}`,
    `ServerAliveInterval=${aliveSeconds}`,
    `ServerAliveCountMax=${aliveTimes}`,
    'RemoteCommand=none',
    ...own,
    'LogLevel=ERROR',
    ...(sockets === undefined
      ? ['ControlMaster=no', 'ControlPath=none']
      : ['ControlMaster=auto', `ControlPath=${escapePercent(sockets)}/%C`, `ControlPersist=${persistSeconds}`]),
  ]
  return [
    program,
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...settings.flatMap(setting => ['-o', setting]),
    ...more,
    '--',
    checkTarget(target),
  ]
}

/** ssh reads `%` in a socket's path as the beginning of a token, and white space as its end. */
function escapePercent(path: string): string {
  return path.replaceAll('%', '%%')
}
