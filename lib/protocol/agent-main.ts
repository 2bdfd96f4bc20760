import type { Readable, Writable } from 'node:stream'
import type { ServeOptions } from './serve-replica.ts'
import { serveReplica } from './serve-replica.ts'
import { stdioLink } from './stdio-link.ts'

export interface AgentOptions extends ServeOptions {
  readonly stdin: Readable
  readonly stdout: Writable
}

/**
 * The agent's whole life: serves one root to the hub on stdin and stdout, until the hub hangs up or either end fails.
 * Nothing but frames may be written to stdout meanwhile.
 * @returns why it ended, in words for the agent's own stderr. The replica is closed by then.
 */
export function runAgent(options: AgentOptions): Promise<string> {
  const { stdin, stdout, ...serving } = options
  return serveReplica(stdioLink(stdin, stdout), serving).ended
}
