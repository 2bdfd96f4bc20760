import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './until.ts'

/** Memory of a process (MB): resident, and with shared pages counted by their share. */
export interface Memory {
  readonly rss: number
  readonly pss: number
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const figure = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN) / 1024
  return { rss: figure('Rss'), pss: figure('Pss') }
}

/** Processor time a process has used, in all its threads (ms). */
export function processorMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // utime and stime are fields 14 and 15 of proc(5), in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10
}

export function childrenOf(parent: number): number[] {
  return readdirSync('/proc').flatMap(name => {
    const pid = Number(name)
    if (!Number.isInteger(pid)) return []
    return parentOf(pid) === parent ? [pid] : []
  })
}

function parentOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/**
 * Watches the event loops of processes that were started with `loop-delay.mjs`, and costs them nothing before and
 * after.
 * @returns the longest block of each (ms), in the order of `pids`
 */
export async function longestBlocks(
  pids: readonly number[],
  into: string,
  phase: () => Promise<void>,
): Promise<number[]> {
  for (const pid of pids) await signalled(pid, into)
  try {
    await phase()
  } finally {
    for (const pid of pids) await signalled(pid, into)
  }
  return pids.map(pid => (JSON.parse(readFileSync(answerOf(pid, into), 'utf8')) as { longestMs: number }).longestMs)
}

async function signalled(pid: number, into: string): Promise<void> {
  const before = turnOf(pid, into)
  process.kill(pid, 'SIGUSR2')
  await until(`process ${pid} answers about its event loop`, () => turnOf(pid, into) > before, 60_000)
}

function turnOf(pid: number, into: string): number {
  const file = answerOf(pid, into)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { turn: number }).turn : 0
}

function answerOf(pid: number, into: string): string {
  return join(into, `${pid}.json`)
}
