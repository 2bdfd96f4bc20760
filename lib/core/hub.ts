import { SyncError } from './errors.ts'

/** Who drives the roots of a host, by what that host knows or a hub says of itself. */
export interface HubClaim {
  /** Id of the home whose daemon it is: 32 hexadecimal characters. */
  readonly hub: string
  /** What its host is called. */
  readonly name: string
  /** Rises with every hand-over and every `take`: of two claims the higher counts, for good. */
  readonly epoch: number
  /** Since when (ms since 1970), by that host's clock. */
  readonly at: number
}

/** Above this nothing is claimed any more (32 bits). */
export const hubEpochLimit = 0xffffffff

/**
 * What a host that knows one hub makes of another's claim. `known`: the one it knows · `follow`: a later one, or the
 * first, which counts from now on · `refuse`: the one it knows stands. Equal epochs never replace each other: two homes
 * that were set up as hubs of one another wait for a person.
 */
export function judgeClaim(known: HubClaim | undefined, claim: HubClaim): 'known' | 'follow' | 'refuse' {
  if (known === undefined || claim.epoch > known.epoch) return 'follow'
  return claim.hub === known.hub && claim.epoch === known.epoch ? 'known' : 'refuse'
}

export function isSameClaim(a: HubClaim | undefined, b: HubClaim | undefined): boolean {
  return a?.hub === b?.hub && a?.epoch === b?.epoch
}

/** Two homes that took the same roots apart from each other: neither claim ever gives way to the other. */
export function isRival(own: HubClaim, other: HubClaim): boolean {
  return other.epoch === own.epoch && other.hub !== own.hub
}

/** A claim in what another program wrote; undefined when it is none. */
export function claimOf(value: unknown): HubClaim | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { hub, name, epoch, at } = value as Readonly<Record<string, unknown>>
  if (typeof hub !== 'string' || !/^[0-9a-f]{32}$/.test(hub)) return undefined
  if (typeof name !== 'string' || name === '' || name.length > 255) return undefined
  if (typeof epoch !== 'number' || epoch !== epoch >>> 0 || epoch === 0) return undefined
  if (typeof at !== 'number' || !(Math.abs(at) <= 8.64e15)) return undefined
  return { hub, name, epoch, at }
}

/** OTHER_HUB: another hub drives the roots of a host. Whoever has to follow it will hear that at once; else a person decides. */
export function otherHub(stands: HubClaim, own?: HubClaim): SyncError {
  if (own !== undefined && isRival(own, stands)) {
    const why = `${stands.name} and ${own.name} took the roots apart from each other (epoch ${own.epoch})`
    return new SyncError('OTHER_HUB', `Cannot drive its roots: ${why}`, {
      verdict: 'halt',
      hint: `dsync hub take here, or on ${stands.name}`,
    })
  }
  const since = new Date(stands.at).toISOString().slice(0, 16).replace('T', ' ')
  return new SyncError(
    'OTHER_HUB',
    `Cannot drive its roots: ${stands.name} is their hub since ${since} UTC (epoch ${stands.epoch})`,
    {
      verdict: judgeClaim(own, stands) === 'follow' ? 'retry' : 'halt',
      hint: `dsync hub take here, or dsync hub move HOST on ${stands.name}`,
    },
  )
}
