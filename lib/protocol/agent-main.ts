import type { Readable, Writable } from 'node:stream'
import { SyncError } from '../core/errors.ts'
import type { Link } from '../ports/link.ts'
import type { HolderOptions } from './agent-holder.ts'
import { AgentHolder } from './agent-holder.ts'
import { relay } from './agent-relay.ts'
import { takeOver } from './agent-takeover.ts'
import type { HeardHub } from './hear-hub.ts'
import { hearHub } from './hear-hub.ts'
import type { ServeOptions } from './serve-replica.ts'
import { serveHub, serveReplica } from './serve-replica.ts'
import { stdioLink } from './stdio-link.ts'

export interface AgentOptions extends ServeOptions {
  readonly stdin: Readable
  readonly stdout: Writable
  /** How the root is kept for a hub whose link was lost; without it the agent ends with its link. */
  readonly keeping?: Keeping
}

export interface Keeping extends Pick<HolderOptions, 'build' | 'isServed' | 'signal'> {
  /** Where the agent of a root listens; undefined where it cannot. */
  socketPath(root: string): string | undefined
}

/**
 * The agent's whole life: serves one root to the hub on stdin and stdout, or carries their bytes to the agent that has
 * the root already. Nothing but frames may be written to stdout meanwhile.
 * @returns why it ended, in words for the agent's own stderr. The replica is closed by then.
 */
export async function runAgent({ stdin, stdout, keeping, ...serving }: AgentOptions): Promise<string> {
  const link = stdioLink(stdin, stdout)
  if (keeping === undefined) return serveReplica(link, serving).ended
  const { clock } = serving
  const hub = await introduced(link, serving)
  if (typeof hub === 'string') return hub
  const { epoch, request } = hub
  const socketPath = request && keeping.socketPath(request.root)
  const greeted = (): { link: Link; epoch: number; first: Uint8Array } => ({ link, epoch, first: hub.take() })
  if (request === undefined || socketPath === undefined) {
    const { why } = await serveHub(greeted(), serving).ended
    if (request !== undefined) serving.told?.(request, undefined)
    return why
  }
  const taken = await takeOver(socketPath, { build: keeping.build, epoch, request }, clock)
  switch (taken.state) {
    case 'free':
      return new AgentHolder(greeted(), { ...serving, ...keeping, socketPath, request }).ended
    case 'go':
      link.release()
      return relay({ stdin, stdout, agent: taken.socket, toAgent: hub.take(), toHub: taken.rest, clock })
    case 'refused': {
      const openRoot = (): never => {
        throw new SyncError('BUSY', `Cannot serve ${request.path}: ${taken.why}`, { verdict: 'retry' })
      }
      return (await serveHub(greeted(), { clock, openRoot }).ended).why
    }
  }
}

function introduced(link: Link, { clock }: ServeOptions): Promise<HeardHub | string> {
  return new Promise(resolve => hearHub(link, { clock, came: resolve, over: resolve }))
}
