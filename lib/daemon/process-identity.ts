import { spawnSync } from 'node:child_process'
import { codeOf } from '../core/errors.ts'
import { bootId } from '../replica/disk/boot-id.ts'
import { kernelText } from '../replica/disk/kernel-text.ts'

/** A process that cannot be taken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in whatever words this system has; absent where that cannot be known. */
  readonly start?: string
  /** Changes at every start of the system. */
  readonly boot: string
  readonly host: string
}

/** What is known of a process number now. */
export type ProcessState = { readonly alive: false } | { readonly alive: true; readonly start?: string }

export function thisProcess(host: string): ProcessIdentity {
  const state = processState(process.pid)
  const start = state.alive ? state.start : undefined
  return { pid: process.pid, boot: bootId(), host, ...(start === undefined ? {} : { start }) }
}

/** Whether a process runs, and since when. One that ended and was not collected yet counts as ended. */
export function processState(pid: number): ProcessState {
  if (process.platform === 'linux') {
    const state = linuxState(pid)
    if (state !== undefined) return state
  }
  if (!answersSignal(pid)) return { alive: false }
  const start = run('/bin/ps', ['-o', 'lstart=', '-p', String(pid)])
  return start === undefined ? { alive: true } : { alive: true, start }
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot (proc_pid_stat(5)). The name before it may hold spaces and ')'. */
function linuxState(pid: number): ProcessState | undefined {
  let text: string
  try {
    text = kernelText(`/proc/${pid}/stat`)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return { alive: false }
    return undefined
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, start] = [fields[0], fields[19]]
  if (state === 'Z' || state === 'X') return { alive: false }
  return start === undefined ? { alive: true } : { alive: true, start }
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
    if (codeOf(error) === 'EPERM') return true
    throw error
  }
}

function run(program: string, words: readonly string[]): string | undefined {
  const result = spawnSync(program, words, { encoding: 'utf8', env: { LC_ALL: 'C' }, timeout: 5000 })
  return result.status === 0 ? result.stdout.trim() : undefined
}
