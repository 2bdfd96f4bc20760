import { rmSync } from 'node:fs'
import { childrenOf } from './processes.ts'

const processes = new Set<number>()
const folders = new Set<string>()

/** Ends a process of the bench with it, however it ends, and its children with it. Returns what takes that back. */
export function endsWithBench(pid: number): () => void {
  processes.add(pid)
  return () => void processes.delete(pid)
}

/**
 * Removes a folder with the bench, however it ends, and not before: ext4 passes over the numbers of files deleted in the
 * last minutes one by one (`recently_deleted` in its `ialloc.c`), so whoever makes files after a large delete pays for it.
 */
export function goesWithBench(folder: string): void {
  folders.add(folder)
}

process.once('exit', () => {
  for (const pid of [...processes].flatMap(each => [each, ...childrenOf(each)])) killed(pid)
  for (const folder of folders) removed(folder)
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

export function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}

/** What is being ended may still write. */
function removed(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}
