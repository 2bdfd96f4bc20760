import { SyncError } from '../../core/errors.ts'
import { claimOf, isSameClaim } from '../../core/hub.ts'
import { requireConfig } from '../../daemon/config-reader.ts'
import { homeId } from '../../daemon/home-id.ts'
import { valueOf } from '../../daemon/host-question.ts'
import { ownClaim } from '../../daemon/hub-record.ts'
import { placesOn, wayTo } from '../../daemon/other-host.ts'
import type { Check } from '../../doctor/check.ts'
import { warning } from '../../doctor/check.ts'
import { dsyncThere } from '../../relay/dsync-there.ts'
import type { Surroundings } from '../surroundings.ts'

/** How long the other host may take to find its way back here (ms): longer than ssh there takes to give up. */
const backMs = 45_000

/** What became of `switch-HUB` in the shells of another host. */
export interface HubThere {
  /** What this host is called there; undefined where nobody there is told of it. */
  readonly name: string | undefined
  readonly checks: readonly Check[]
}

/**
 * Tells a host whose shells are set up who its hub is, so that new ones have `switch-HUB`, and tries from there whether
 * that leads back here. Nothing of that keeps the host from being one: what does not work is a warning.
 */
export async function tellHubThere(host: string, around: Surroundings): Promise<HubThere> {
  const config = requireConfig(around.home)
  const way = wayTo(config, host, around.userHome)
  const places = way && placesOn(way, host, around.home)
  const own = await ownClaim(around)
  if (way?.kind !== 'ssh' || places === undefined || own.hub !== homeId(around.home)) {
    return { name: undefined, checks: [] }
  }
  const check = `switch-${own.name}`
  try {
    const told = await around.askHost({ ...way, name: host }, { ask: 'follow', hub: own })
    const stands = claimOf(valueOf(host, told)['hub'])
    if (!isSameClaim(stands, own)) {
      const hub = stands?.name ?? 'another host'
      const fix = `dsync hub take here, or dsync hub move HOST on ${hub}`
      return { name: undefined, checks: [warning(check, `new shells there do not have it: ${hub} is the hub`, fix)] }
    }
    const there = { name: host, way, ...places }
    await dsyncThere(there, ['switch', own.name, '--dry-run'], { around, waitMs: backMs })
    return { name: own.name, checks: [] }
  } catch (error) {
    if (!(error instanceof SyncError) || around.signal.aborted) throw error
    return { name: own.name, checks: [warning(check, error.message, error.hint)] }
  }
}
