import { execFile } from 'node:child_process'
import { SyncError, codeOf } from '../core/errors.ts'
import type { RunTool } from './supervisor.ts'

/** How long a program of the system may take (ms): `systemctl stop` waits for the daemon. */
const toolMs = 90_000

/** Runs programs of the system with an environment, their output in no particular language. */
export function toolRunner(environment: Readonly<Record<string, string | undefined>>): RunTool {
  const env = { ...environment, LC_ALL: 'C', SYSTEMD_PAGER: '', SYSTEMD_COLORS: '0' }
  return ([program, ...words], input) =>
    new Promise((resolve, reject) => {
      const child = execFile(
        program,
        words,
        { env, timeout: toolMs, maxBuffer: 4 * 1024 * 1024 },
        (error, stdout, stderr) => {
          if (error === null) return resolve({ code: 0, stdout, stderr })
          if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr })
          if (codeOf(error) === 'ENOENT') return resolve(undefined)
          const why = error.killed === true ? `it has not answered for ${toolMs / 1000} s` : error.message
          reject(
            new SyncError('REFUSED', `Cannot run ${program}: ${why}`, {
              hint: `${program} ${words.join(' ')}`,
              cause: error,
            }),
          )
        },
      )
      // It may end without reading what it is given.
      child.stdin?.on('error', () => {})
      child.stdin?.end(input)
    })
}

/** What a tool says when it refuses, in one line: its last, which is the most telling. */
export function saidBy({
  stdout,
  stderr,
  code,
}: {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}): string {
  const lines = `${stdout}\n${stderr}`
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  return lines.at(-1) ?? `it ended with ${code}`
}
