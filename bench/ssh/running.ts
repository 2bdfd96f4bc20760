import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { SshHost } from '../../test/hosts/host.ts'
import { childrenOf } from '../processes.ts'
import type { Running } from './peer.ts'

/** A process, what it started, and what that started. */
export function runningFrom(pid: number, at: Running['at'] = 'here'): Running[] {
  return [{ name: nameOf(pid), pid, at }, ...childrenOf(pid).flatMap(child => runningFrom(child, at))]
}

/** What runs on the other host but sshd itself, which all peers over ssh have. */
export async function runningThere(host: SshHost): Promise<Running[]> {
  const all = await host.processes()
  return all
    .filter(({ command }) => !/^(?:sshd: |\S*\/sshd )/.test(command))
    .map(({ pid }) => ({ name: nameOf(pid), pid, at: 'there' as const }))
}

function nameOf(pid: number): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return basename(words[0] ?? '')
  } catch {
    return 'gone'
  }
}
