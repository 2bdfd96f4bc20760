import { spawn } from 'node:child_process'
import { codeOf } from '../core/errors.ts'
import type { StartedHere } from './program-there.ts'

/** Between asking a program to end and ending it (ms). */
const graceMs = 5000

/** What a program has printed comes within this after its end (ms). */
const leftoversMs = 1000

export interface RunOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly onOutput: (bytes: Buffer) => void
}

/** How a run ended. */
export interface RunOutcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly startError?: string
  readonly isLate: boolean
}

/** Runs a program with nobody at a terminal, ends it with all it has started when its time is over or the signal aborts. */
export function runUnattended(
  { command: [program, ...words], directory, environment }: StartedHere,
  { timeoutMs, signal, onOutput }: RunOptions,
): Promise<RunOutcome> {
  return new Promise(resolve => {
    // A process group of its own, so that it can be ended as a whole.
    const child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: directory,
      env: environment,
      detached: true,
    })
    let isLate = false
    let killer: NodeJS.Timeout | undefined
    const end = (): void => {
      send(child.pid, 'SIGTERM')
      killer ??= setTimeout(() => send(child.pid, 'SIGKILL'), graceMs)
    }
    const timer = setTimeout(() => {
      isLate = true
      end()
    }, timeoutMs)
    signal.addEventListener('abort', end, { once: true })
    const over = (outcome: Omit<RunOutcome, 'isLate'>): void => {
      clearTimeout(timer)
      clearTimeout(killer)
      signal.removeEventListener('abort', end)
      resolve({ ...outcome, isLate })
    }
    child.stdout.on('data', onOutput)
    child.stderr.on('data', onOutput)
    child.once('error', error => over({ code: null, signal: null, startError: error.message }))
    child.once('exit', (code, by) => {
      const outcome = { code, signal: by }
      // What it started may hold its output open.
      const late = setTimeout(() => over(outcome), leftoversMs)
      child.once('close', () => {
        clearTimeout(late)
        over(outcome)
      })
    })
    if (signal.aborted) end()
  })
}

function send(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}
