import { spawn } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { SshOptions } from './ssh-command.ts'
import { sshCheck } from './ssh-command.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** How long a shared connection may take to hear that nobody new comes (ms). */
const retireMs = 2_000

/** Whether an attempt to reach a host goes over a connection that is there already. */
export interface SharedCheck {
  /** False once it is known that none is; true also while whoever holds it does not answer. */
  readonly mayBeShared: () => boolean
  readonly end: () => void
}

/** Asks about the connection to one host; starts no program where nobody shares anything. */
export function checkShared(options: SshOptions & { readonly environment: Environment }): SharedCheck {
  const { sockets, environment } = options
  if (socketsIn(sockets).length === 0) return { mayBeShared: () => false, end: () => {} }
  const [program, ...words] = sshCheck(options)
  const child = spawn(program, words, { env: environment, stdio: 'ignore', shell: false })
  let isNone = false
  child.on('error', () => (isNone = true))
  child.on('exit', code => (isNone = code !== 0))
  return { mayBeShared: () => !isNone, end: () => child.kill('SIGKILL') }
}

/**
 * Lets nobody new share the connections that are there: those who use one keep it, and it ends with the last of them.
 * One that does not even hear that is dead or hangs, and loses its socket. The next command makes a new one.
 */
export function retireShared({
  sockets,
  program,
  environment,
  clock,
}: Pick<SshOptions, 'sockets' | 'program'> & {
  readonly environment: Environment
  readonly clock: Clock
}): void {
  for (const path of socketsIn(sockets)) {
    const child = spawn(program, [...retireWords(path)], { env: environment, stdio: 'ignore', shell: false })
    const cancel = clock.after(retireMs, () => child.kill('SIGKILL'))
    const over = (code: number | null): void => {
      cancel()
      if (code !== 0) rmSync(path, { force: true })
    }
    child.on('error', () => over(null))
    child.on('exit', over)
  }
}

function socketsIn(directory: string | undefined): string[] {
  if (directory === undefined) return []
  try {
    return readdirSync(directory).map(name => join(directory, name))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** What ssh is told about a connection that is known by its socket; the host is a word that is not looked at. */
export function retireWords(socket: string): readonly string[] {
  return ['-F', 'none', '-o', `ControlPath=${socket.replaceAll('%', '%%')}`, '-O', 'stop', '--', 'any']
}
