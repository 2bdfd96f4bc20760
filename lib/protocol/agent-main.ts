import type { Readable, Writable } from 'node:stream'
import { SyncError } from '../core/errors.ts'
import type { HubClaim } from '../core/hub.ts'
import type { Link } from '../ports/link.ts'
import type { HolderOptions } from './agent-holder.ts'
import { AgentHolder } from './agent-holder.ts'
import { relay } from './agent-relay.ts'
import type { RootRequest } from './handshake.ts'
import { takeOver } from './agent-takeover.ts'
import type { HeardHub } from './hear-hub.ts'
import { hearHub } from './hear-hub.ts'
import type { Clock } from '../ports/clock.ts'
import type { GreetedLink, ServeOptions } from './serve-replica.ts'
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
  /** Has this host hear a hub's claim; returns the one that stands when it is another, and undefined when it counts. */
  meet?(request: RootRequest): Promise<HubClaim | undefined>
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
  const greeted = (): GreetedLink => ({ link, epoch, first: hub.take() })
  if (request === undefined || socketPath === undefined) {
    const { why } = await serveHub(greeted(), serving).ended
    if (request !== undefined) serving.told?.(request, undefined)
    return why
  }
  const met = await meeting(keeping, request)
  if (met instanceof SyncError) return refuse(greeted(), clock, met)
  if (met !== undefined) return (await serveHub(greeted(), { ...serving, elsewhere: met }).ended).why
  const taken = await takeOver(socketPath, { build: keeping.build, epoch, request }, clock)
  switch (taken.state) {
    case 'free':
      return new AgentHolder(greeted(), { ...serving, ...keeping, socketPath, request }).ended
    case 'go':
      link.release()
      return relay({ stdin, stdout, agent: taken.socket, toAgent: hub.take(), toHub: taken.rest, clock })
    case 'refused': {
      const why = `Cannot serve ${request.path}: ${taken.why}`
      return refuse(greeted(), clock, new SyncError('BUSY', why, { verdict: 'retry' }))
    }
  }
}

async function refuse(greeted: GreetedLink, clock: Clock, error: SyncError): Promise<string> {
  const openRoot = (): never => {
    throw error
  }
  return (await serveHub(greeted, { clock, openRoot }).ended).why
}

async function meeting(keeping: Keeping, request: RootRequest): Promise<HubClaim | SyncError | undefined> {
  try {
    return await keeping.meet?.(request)
  } catch (error) {
    if (error instanceof SyncError) return error
    throw error
  }
}

function introduced(link: Link, { clock }: ServeOptions): Promise<HeardHub | string> {
  return new Promise(resolve => hearHub(link, { clock, came: resolve, over: resolve }))
}
