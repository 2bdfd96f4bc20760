import { systemClock } from '../lib/replica/system-clock.ts'
import type { AskHost } from '../lib/daemon/host-question.ts'
import { askAgent } from '../lib/remote/ask-agent.ts'
import type { SshLinkOptions } from '../lib/remote/ssh-link.ts'
import { sshLink } from '../lib/remote/ssh-link.ts'
import { agentFolders } from './agent-folders.ts'
import { agentLoader } from './agent-loader.ts'

/** What every link to another machine has in common. */
export type SshSurroundings = Pick<SshLinkOptions, 'environment' | 'clock' | 'agents' | 'loader' | 'sockets'>

/** @param sockets directory for the sockets of shared connections, 0700; undefined: each command connects by itself */
export function sshSurroundings(sockets: string | undefined): SshSurroundings {
  return { environment: process.env, clock: systemClock, agents: agentFolders, loader: agentLoader.toString(), sockets }
}

/** Asks the agents of other machines. */
export function hostAsker(around: SshSurroundings): AskHost {
  return (host, question) =>
    askAgent(sshLink({ ...around, ...host, host: host.name, mode: 'answer' }), question, systemClock)
}
