import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { ReplicaEvent } from '../../lib/core/messages.ts'
import type { Tree } from '../../lib/core/tree.ts'
import { emptyTree } from '../../lib/core/tree.ts'
import type { Clock } from '../../lib/ports/clock.ts'
import type { OutgoingLink } from '../../lib/ports/link.ts'
import type { Replica } from '../../lib/ports/replica.ts'
import type { RootRequest } from '../../lib/protocol/handshake.ts'
import { connectReplica } from '../../lib/protocol/remote-replica.ts'
import { serveReplica } from '../../lib/protocol/serve-replica.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import type { LinkPair, PairOptions } from './memory-link.ts'
import { linkPair } from './memory-link.ts'
import type { ScriptedReplica } from './scripted-replica.ts'

export const request: RootRequest = { root: 'r1', path: '/home/dev/projects', options: { watcher: 'auto' } }

/** What a listener heard, and a way to wait for more of it. */
export class Events {
  readonly all: ReplicaEvent[] = []
  #waiting: (() => void)[] = []

  readonly listener = (event: ReplicaEvent): void => {
    this.all.push(event)
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** The first event of a type after the first `after` events; within five seconds, and unless the replica closes before. */
  async next<T extends ReplicaEvent['type']>(type: T, after = 0): Promise<Extract<ReplicaEvent, { readonly type: T }>> {
    const found = await this.first([type, 'closed'], after)
    const isIt = (event: ReplicaEvent): event is Extract<ReplicaEvent, { readonly type: T }> => event.type === type
    if (isIt(found)) return found
    throw new Error(`No ${type}, but it closed: ${JSON.stringify(found)}`)
  }

  /** The first event of any of these types after the first `after` events; within five seconds. */
  async first(types: readonly ReplicaEvent['type'][], after = 0): Promise<ReplicaEvent> {
    for (let from = after; ;) {
      const found = this.all.slice(from).find(event => types.includes(event.type))
      if (found !== undefined) return found
      from = Math.max(from, this.all.length)
      await this.#more(types.join(' or '))
    }
  }

  #more(type: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const heard = this.all.map(event => (event.type === 'closed' ? event.why : event.type)).join(', ')
        reject(new Error(`No ${type} within 5 s; heard: ${heard}`))
      }, 5000)
      this.#waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** The tree of the last event that had one. */
  tree(): Tree {
    const last = this.all.findLast(event => 'tree' in event)
    assert.ok(last !== undefined && 'tree' in last)
    return last.tree
  }
}

export interface Connected {
  readonly replica: Replica
  readonly events: Events
  readonly pair: LinkPair
  /** Why the serving end ended. */
  readonly ended: Promise<string>
}

export interface ConnectionOptions extends PairOptions {
  readonly baseline?: Tree
  readonly clock?: Clock
  readonly ready?: boolean
  /** Puts something between the two ends. */
  readonly wrap?: (link: OutgoingLink) => OutgoingLink
}

/** A scripted replica served over a wire in memory, and the hub's end of it. */
export function connected(t: TestContext, served: ScriptedReplica, options: ConnectionOptions = {}): Connected {
  const { baseline = emptyTree, clock = systemClock, ready = true, wrap = link => link } = options
  const pair = linkPair(options)
  const { ended } = serveReplica(pair.agent, { clock, openRoot: () => served.opener(ready) })
  const events = new Events()
  const replica = connectReplica(() => wrap(pair.hub), { clock, request, epoch: 7 })(() => baseline, events.listener)
  t.after(async () => {
    await replica.close()
    pair.agent.close()
    await ended
  })
  return { replica, events, pair, ended }
}
