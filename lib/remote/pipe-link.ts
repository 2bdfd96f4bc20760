import type { LinkEnd, OpenLink } from '../ports/link.ts'
import type { ChildEnd, ChildLinkOptions } from './child-link.ts'
import { ChildLink } from './child-link.ts'

/**
 * Runs an agent as a child process of this machine. Its death is told with its exit code or signal and the end of its
 * stderr. Closing the link ends the agent, and no other process.
 */
export function pipeLink(options: Omit<ChildLinkOptions, 'ended'>): OpenLink {
  return () => new ChildLink({ ...options, ended: agentEnd })
}

function agentEnd({ pid, code, signal, startError, stderr }: ChildEnd): LinkEnd {
  if (startError !== undefined) return { code: 'AGENT_FAILED', why: `Cannot start the agent: ${startError}` }
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`
  const why = `The agent (process ${pid}) ${how}${stderr === '' ? '' : `; it said: ${stderr}`}`
  return { code: signal === null ? 'AGENT_FAILED' : 'TRANSPORT_LOST', why }
}
