import { SyncError } from '../core/errors.ts'
import type { HubClaim } from '../core/hub.ts'
import { claimOf } from '../core/hub.ts'
import { frameBytesLimit } from '../core/limits.ts'
import { bulkWindowBytes } from './bounds.ts'
import type { Codec } from './codec.ts'
import { choice, list, location, moment, name, optional, record, text, union, whole, words } from './codec.ts'
import { violation } from './violation.ts'

/** How frames may be compressed; what a later version adds, an older one never picks. */
const compression = choice('deflate')

/** What each end takes; the other stays within it. */
interface Limits {
  readonly frameBytes: number
  readonly windowBytes: number
}

export const ourLimits: Limits = { frameBytes: frameBytesLimit, windowBytes: bulkWindowBytes }

const limits: Codec<Limits> = record({ frameBytes: whole(), windowBytes: whole() })

/** Which root an agent shall serve, and how. */
export interface RootRequest {
  /** Its id, the same on every host. */
  readonly root: string
  /** Where it lies on the agent's host, absolute: the agent compares it with its own list. */
  readonly path: string
  /** Settings of the root, by name. */
  readonly options: Readonly<Record<string, string>>
  /** Who asks: the agent's host serves the hub that it follows, and no other. */
  readonly hub?: HubClaim | undefined
}

const settings = list(record({ name: words, value: text }), 64)

const options: Codec<Readonly<Record<string, string>>> = {
  encode: value => settings.encode(Object.entries(value).map(([key, each]) => ({ name: key, value: each }))),
  decode: wire => Object.fromEntries(settings.decode(wire).map(each => [each.name, each.value])),
}

const claimFields = record({ hub: words, name: words, epoch: whole(), at: moment })

const claim: Codec<HubClaim> = {
  encode: claimFields.encode,
  decode: wire => {
    const found = claimOf(claimFields.decode(wire))
    if (found === undefined) throw violation('it sent what is no claim of a hub')
    return found
  },
}

const requestFields = record({ root: name, path: location, options, hub: optional(claim) })

const rootRequest: Codec<RootRequest> = {
  encode: ({ hub, ...request }) => requestFields.encode({ ...request, hub }),
  decode: wire => {
    const { hub, ...request } = requestFields.decode(wire)
    return { ...request, ...(hub !== undefined && { hub }) }
  },
}

/** The first frame each way: limits and compressions offered, and settled. */
export type Settling =
  | {
      readonly type: 'hello'
      readonly limits: Limits
      readonly compressions: readonly string[]
      readonly open: RootRequest
    }
  | { readonly type: 'welcome'; readonly limits: Limits; readonly compression: 'deflate' }
  /** Instead of a welcome: the hub that the agent's host follows. */
  | { readonly type: 'elsewhere'; readonly hub: HubClaim }

/** The limit a root's settings put on what either end sends (bytes a second), if they put one. Throws PROTOCOL. */
export function bandwidthOf({ options }: RootRequest): number | undefined {
  const said = options['bandwidth']
  if (said === undefined) return undefined
  if (!/^[1-9]\d{0,14}$/.test(said)) throw violation('it named a bandwidth that is no number')
  return Number(said)
}

export const settling: Codec<Settling> = union('type', {
  hello: record({ limits, compressions: list(words, 16), open: rootRequest }),
  welcome: record({ limits, compression }),
  elsewhere: record({ hub: claim }),
})

/** Throws VERSION when the two ends have no limits or compression in common. */
export function settle(settled: Exclude<Settling, { readonly type: 'elsewhere' }>): void {
  const { frameBytes, windowBytes } = settled.limits
  const offered = settled.type === 'hello' ? settled.compressions : [settled.compression]
  if (frameBytes >= ourLimits.frameBytes && windowBytes >= ourLimits.windowBytes && offered.includes('deflate')) return
  throw new SyncError('VERSION', 'Cannot talk to the other end: its limits are not those of this version', {
    verdict: 'halt',
  })
}
