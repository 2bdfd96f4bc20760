import { remoteCommandLine } from '../remote/command-line.ts'
import { sshRunCommand } from '../remote/ssh-command.ts'
import type { PlaceThere } from './verbs.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A program as this machine starts it. */
export interface StartedHere {
  readonly command: readonly [program: string, ...rest: string[]]
  readonly directory?: string
  readonly environment: Environment
}

export interface ThereOptions {
  readonly environment: Environment
  readonly isTerminal: boolean
  /** It is the person's own login: see `SshRun`. */
  readonly isLogin?: boolean
  /** Where ssh writes what it has to say itself: see `runEnd`. */
  readonly log: string
}

/** How a program is run on another host, in a directory of it. @param words the program and its arguments */
export function programThere(
  { way, directory, userHome }: Pick<PlaceThere, 'way' | 'directory' | 'userHome'>,
  words: readonly string[],
  { environment, isTerminal, isLogin = false, log }: ThereOptions,
): StartedHere {
  if (way.kind === 'ssh') {
    const line = remoteCommandLine(directory, words)
    return { command: sshRunCommand(way, { line, isTerminal, isLogin, log }), environment }
  }
  const [program = '', ...rest] = words
  // What runs there belongs to that home, and so does a dsync that it runs.
  const own = { ...environment, HOME: userHome, PWD: directory, DSYNC_HOME: undefined }
  return { command: [program, ...rest], directory, environment: own }
}
