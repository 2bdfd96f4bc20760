import { codeOf } from '../core/errors.ts'

/** What a command's exit code says. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  conflicts: 3,
  held: 4,
  unreachable: 5,
  daemonDown: 6,
  paused: 7,
  timeout: 124,
  notRun: 125,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Each exit code in words, for `--help`. */
export const exitCodeWords: readonly (readonly [ExitCode, string])[] = [
  [0, 'ok'],
  [1, 'failed'],
  [2, 'wrong usage'],
  [3, 'conflicts remain, or there is a difference'],
  [4, 'halted or held by a guard'],
  [5, 'host unreachable'],
  [6, 'daemon not running'],
  [7, 'paused'],
  [124, 'timed out'],
  [125, '`dsync run` itself failed'],
  [130, 'interrupted'],
]

const byError: Readonly<Record<string, ExitCode>> = {
  USAGE: 2,
  EXISTS: 2,
  PATH_INVALID: 2,
  ROOT_REFUSED: 2,
  HELD: 4,
  OTHER_HUB: 4,
  ROOT_MISSING: 4,
  ROOT_REPLACED: 4,
  ROOT_EMPTIED: 4,
  TRANSPORT_LOST: 5,
  AGENT_FAILED: 5,
  DAEMON_DOWN: 6,
  TIMEOUT: 124,
  INTERRUPTED: 130,
}

/** The exit code for something thrown. */
export function exitCodeOf(error: unknown): ExitCode {
  return byError[codeOf(error) ?? ''] ?? exitCodes.failed
}
