import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import type { SshPair } from './ssh-pair.ts'

/** Processes that hold a connection for others, by the directory of their sockets. */
export function sharedConnections(pair: SshPair): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
  return stdout.split('\n').flatMap(line => {
    const [, pid] = /^ *(\d+) ssh: (.*) \[mux\]/.exec(line) ?? []
    return pid !== undefined && socketsOf(pair).some(place => line.includes(place)) ? [Number(pid)] : []
  })
}

/** Where they may lie: in the home, or where that path is too long. */
function socketsOf(pair: SshPair): readonly string[] {
  const home = `${pair.userHome}/.dsync`
  return [home, `dsync-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`]
}
