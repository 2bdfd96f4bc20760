/** What a program did. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process of a host. `command` is its command line, or the title it gave itself. */
export interface HostProcess {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

export interface RunOptions {
  /** Who runs it; default `dev`. Only hosts of their own have another user than ours. */
  readonly as?: 'dev' | 'root'
  /** What it reads. */
  readonly input?: string | Uint8Array
  /** How long it may take (ms); default a minute. */
  readonly limitMs?: number
}

/**
 * How a network is cut. `drop`: packets vanish both ways, connections stay and hang. `unplug`: the same for open
 * connections, and new ones are refused or find no host.
 */
export type Cut = 'drop' | 'unplug'

/** What `node` is on the PATH of logins: ours, the one of Debian 12, only `deno`, or nothing of the kind. */
export type Runtime = 'node' | 'node18' | 'deno' | 'none'

/** The first process of a host in a container: a script that starts sshd, or systemd with logind and sshd. */
export type Init = 'script' | 'systemd'

/** Processes of logins, as `kill` takes them: all of sshd but its listener. */
export const logins = /^sshd: (?!.*\[listener\])/

/** A machine to log in to. All but `reloadSshd`, `stopSshd` and `startSshd` works while its network is cut, too. */
export interface SshHost {
  /** The ssh target: an alias in the configuration of its set. */
  readonly name: string
  /** Home directory of its user, absolute, there. */
  readonly home: string
  /** The same directory as this machine sees it: for looking on and for playing its user, whose number is `uid`. */
  readonly homeHere: string
  /** The number of its user, on this machine too. */
  readonly uid: number
  /** True when it has a file system, users, processes and an address of its own; else it shares this machine's. */
  readonly isolated: boolean
  /** Runs a script by /bin/sh in the home, not over ssh. Throws when it ends with anything but 0. */
  run(script: string, options?: RunOptions): Promise<string>
  /** Writes a file with its parents. Paths are relative to the home or absolute. */
  write(path: string, content: string | Uint8Array): Promise<void>
  read(path: string): Promise<Buffer>
  /** What lies below a path: `directory`, `file MODE SHA256` or `link TARGET` by relative path, sorted. */
  tree(path: string): Promise<Readonly<Record<string, string>>>
  /** Processes of this host: sshd, its logins and all that was started in them. */
  processes(): Promise<readonly HostProcess[]>
  /** Sends a signal (default KILL) to processes whose command matches, by number; returns which. */
  kill(pattern: RegExp, signal?: NodeJS.Signals): Promise<readonly number[]>
  cutNetwork(how: Cut): Promise<void>
  healNetwork(): Promise<void>
  /** Sets the login shell: a name such as `fish`, or a path. */
  setShell(shell: string): Promise<void>
  /** Chooses what runs scripts there. Only for isolated hosts. */
  setRuntime(runtime: Runtime): Promise<void>
  /** Puts settings before those of sshd (the first value stands) and returns when they are in force for new logins. */
  reloadSshd(settings: string): Promise<void>
  /** Ends sshd with every login, as a stopped machine would. */
  stopSshd(): Promise<void>
  startSshd(): Promise<void>
  /** Ends everything that runs there at once and starts it again, as a power cut does. What is on its disk stays. */
  restart(): Promise<void>
  /** What sshd logged. */
  log(): Promise<string>
}

export type ProviderName = 'docker' | 'loopback'

/** Hosts that know each other, and what a client needs to reach them. */
export interface HostSet {
  readonly provider: ProviderName
  readonly hosts: readonly SshHost[]
  /** A configuration for `ssh -F` with an alias for each host; it asks nobody anything but host keys of unknown hosts. */
  readonly config: string
  readonly knownHosts: string
  readonly identity: string
  /** A folder for the front of PATH: its `ssh` uses the configuration. */
  readonly bin: string
  /** The host with an index; throws when there are fewer. */
  host(index: number): SshHost
  /** Runs `ssh HOST WORDS` in batch mode with this configuration, at most `limitMs` (default 20 s; then code null). */
  ssh(host: SshHost, words: readonly string[], options?: SshOptions): Promise<Ran>
  close(): Promise<void>
}

export interface SshOptions {
  readonly limitMs?: number
  /** Options before the host, as `-o NAME=VALUE` takes them. */
  readonly settings?: readonly string[]
  readonly input?: string | Uint8Array
}
