import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { codeOf } from '../../lib/core/errors.ts'

/** The processes that a process has started, and those below them. */
export function processesBelow(pid: number): number[] {
  const parents = existsSync('/proc/self/stat') ? parentsInProc() : parentsByPs()
  const below = [pid]
  // A list that grows while it is walked: the children of children are found too.
  for (const parent of below) for (const [child, of] of parents) if (of === parent) below.push(child)
  return below.slice(1)
}

/** Field 4 of /proc/PID/stat (proc_pid_stat(5)). The name before it may hold spaces and ')'. */
function parentsInProc(): Map<number, number> {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'latin1')
      parents.set(Number(name), Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]))
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ESRCH') throw error
    }
  }
  return parents
}

function parentsByPs(): Map<number, number> {
  const { stdout } = spawnSync('/bin/ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  return new Map(
    stdout.split('\n').flatMap(line => {
      const [pid, parent] = line.trim().split(/\s+/).map(Number)
      return pid === undefined || parent === undefined ? [] : [[pid, parent]]
    }),
  )
}
