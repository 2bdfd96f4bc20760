import { systemClock } from '../lib/replica/system-clock.ts'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../lib/core/errors.ts'
import type { AskHost } from '../lib/daemon/host-question.ts'
import type { TakeSurvey } from '../lib/doctor/examination.ts'
import { askAgent } from '../lib/remote/ask-agent.ts'
import { retireWords } from '../lib/remote/shared-connections.ts'
import type { SshLinkOptions } from '../lib/remote/ssh-link.ts'
import { sshLink } from '../lib/remote/ssh-link.ts'
import { takeSurvey } from '../lib/remote/take-survey.ts'
import { agentFolders } from './agent-folders.ts'
import { agentLoader } from './agent-loader.ts'
import { packageVersion } from './surroundings.ts'

/** What every link to another machine has in common. */
export type SshSurroundings = Pick<
  SshLinkOptions,
  'environment' | 'clock' | 'agents' | 'loader' | 'sockets' | 'version'
>

/** @param sockets directory for the sockets of shared connections, 0700; undefined: each command connects by itself */
export function sshSurroundings(sockets: string | undefined): SshSurroundings {
  const loader = agentLoader.toString()
  return {
    environment: process.env,
    clock: systemClock,
    agents: agentFolders,
    loader,
    sockets,
    version: packageVersion(),
  }
}

/** How long a shared connection may take to hear that it is not needed any more (ms). */
const stopMs = 2000

/** Lets shared connections end once nobody uses them, instead of waiting for somebody for a minute. */
export function stopShared(sockets: string | undefined): void {
  if (sockets === undefined) return
  for (const name of readdirSync(sockets)) {
    spawnSync('ssh', [...retireWords(join(sockets, name))], { timeout: stopMs, stdio: 'ignore' })
  }
}

/** Asks the agents of other machines. */
export function hostAsker(around: SshSurroundings): AskHost {
  return async (host, question) => {
    const link = sshLink({ ...around, ...host, host: host.name, mode: 'answer' })
    try {
      return await askAgent(link, question, systemClock)
    } catch (error) {
      // A shared connection may be dead without knowing it: the link's second attempt does without.
      if (around.sockets === undefined || codeOf(error) !== 'TIMEOUT') throw error
      return await askAgent(link, question, systemClock)
    }
  }
}

/** Looks machines over: this one in this process's environment if no other is given. */
export function surveyor({ environment, clock, sockets }: SshSurroundings, signal: AbortSignal): TakeSurvey {
  return async ({ way, environment: other = environment, places }) => {
    const common = { environment: other, clock, places, signal }
    if (way === undefined) return await takeSurvey(common)
    try {
      return await takeSurvey({ ...common, ssh: { ...way, sockets } })
    } catch (error) {
      if (sockets === undefined || codeOf(error) !== 'TIMEOUT') throw error
      return await takeSurvey({ ...common, ssh: { ...way, sockets: undefined } })
    }
  }
}
