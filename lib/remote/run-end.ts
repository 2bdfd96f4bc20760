import type { LinkEnd } from '../ports/link.ts'
import type { ChildEnd } from './child-link.ts'
import type { SshOptions } from './ssh-command.ts'
import { exitCodeLogger } from './ssh-command.ts'
import { sshFailure } from './ssh-failure.ts'

/** ssh's own failures have this exit code, and so may any program. */
const sshFailed = 255

/**
 * What the end of an `ssh` that ran a program means: the program's exit code, or why it is not known.
 * @param log what ssh wrote where `sshRunCommand` told it to
 */
export function runEnd(
  ssh: Pick<SshOptions, 'target' | 'configFile'>,
  end: Omit<ChildEnd, 'stderr'>,
  log: string,
): number | LinkEnd {
  const lines = log.split('\n')
  const isAbout = (line: string): boolean => line.includes(exitCodeLogger)
  const came = lines.some(line => isAbout(line) && line.includes('exit-status'))
  if (end.code !== null && (end.code !== sshFailed || came)) return end.code
  return sshFailure(ssh, { ...end, stderr: lines.filter(line => !isAbout(line)).join('\n') })
}
