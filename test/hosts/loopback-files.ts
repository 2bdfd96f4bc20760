import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quoted } from './script-files.ts'

/** The variable that all processes of a loopback host have in their environment, with the host's folder. */
export const marker = 'DSYNC_TEST_HOST'

/** The folders and files of one loopback host. */
export class LoopbackFiles {
  /** All of it. */
  readonly folder: string
  readonly home: string
  readonly config: string
  readonly settings: string
  readonly hostKey: string
  readonly log: string
  readonly pid: string
  readonly login: string
  /** The home of the account's own shell, which only starts the shell of the test. */
  readonly outside: string

  constructor(base: string, name: string) {
    this.folder = join(base, name)
    this.home = join(this.folder, 'home')
    this.outside = join(this.folder, 'outside')
    this.config = join(this.folder, 'sshd_config')
    this.settings = join(this.folder, 'sshd_settings')
    this.hostKey = join(this.folder, 'ssh_host_ed25519_key')
    this.log = join(this.folder, 'sshd.log')
    this.pid = join(this.folder, 'sshd.pid')
    this.login = join(this.folder, 'login')
  }

  /** Writes what sshd needs but the host key. */
  write(key: string, port: number): void {
    mkdirSync(this.home, { recursive: true })
    mkdirSync(this.outside)
    writeFileSync(this.settings, '')
    writeFileSync(this.log, '')
    writeFileSync(join(this.folder, 'authorized_keys'), `${key}\n`)
    writeFileSync(this.config, sshdConfig(this, port))
  }

  /** Writes the program that every login runs: it makes the host's home and shell those of the login. */
  writeLogin(shell: string, path: string): void {
    writeFileSync(this.login, loginScript(this, shell, path))
    chmodSync(this.login, 0o755)
  }
}

/** An sshd that runs as whoever starts it, for that account alone. */
export function sshdConfig(files: LoopbackFiles, port: number): string {
  return [
    // What a test sets comes first, and the first value stands.
    `Include ${files.settings}`,
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${files.hostKey}`,
    `PidFile ${files.pid}`,
    `AuthorizedKeysFile ${join(files.folder, 'authorized_keys')}`,
    // Folders for temporary files are writable for all above ours.
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'UsePAM no',
    'UseDNS no',
    'PrintMotd no',
    'MaxStartups 100',
    `ForceCommand ${files.login}`,
    // The account's shell runs the login; SHLVL keeps bash from reading rc files for it.
    `SetEnv HOME=${files.outside} SHLVL=1 ${marker}=${files.folder}`,
    '',
  ].join('\n')
}

/** The login of a host whose account is shared: a home, a shell and a PATH of its own. */
export function loginScript(files: LoopbackFiles, shell: string, path: string): string {
  return [
    '#!/bin/sh',
    `HOME=${quoted(files.home)} SHELL=${quoted(shell)} PATH=${quoted(path)}`,
    'export HOME SHELL PATH',
    'unset SHLVL ENV BASH_ENV OLDPWD',
    'cd "$HOME" || exit',
    'if [ -z "${SSH_ORIGINAL_COMMAND+set}" ]; then exec "$SHELL" -l; fi',
    'command=$SSH_ORIGINAL_COMMAND',
    'unset SSH_ORIGINAL_COMMAND',
    'exec "$SHELL" -c "$command"',
    '',
  ].join('\n')
}
