import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { codeOf } from '../../lib/core/errors.ts'
import type { HostProcess } from './host.ts'
import { marker } from './loopback-files.ts'
import { processLines } from './script-files.ts'

/** Live processes of a loopback host: those with its mark, and those below its sshd, which hide their environment. */
export function loopbackProcesses(folder: string, sshd: number | undefined): readonly HostProcess[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const all = processLines(stdout).filter(({ command }) => !command.endsWith('<defunct>'))
  const ours = new Set<number>(sshd === undefined ? [] : [sshd])
  // Children follow their parents but for numbers that were used again: until nothing is added.
  for (let size = -1; size < ours.size;) {
    size = ours.size
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid)
  }
  return all.filter(({ pid }) => ours.has(pid) || marked(pid, folder))
}

function marked(pid: number, folder: string): boolean {
  const mark = `${marker}=${folder}`
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-E', '-o', 'command=', '-p', `${pid}`], { encoding: 'utf8' })
    return stdout.split(/\s/).includes(mark)
  }
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark)
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(codeOf(error) ?? '')) return false
    throw error
  }
}

/** Sends a signal to processes; those that ended meanwhile need none. */
export function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch (error) {
      if (codeOf(error) !== 'ESRCH') throw error
    }
  }
}
