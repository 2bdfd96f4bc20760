import { setTimeout } from 'node:timers/promises'
import { SyncError } from '../core/errors.ts'
import type { HubClaim } from '../core/hub.ts'
import { claimOf, hubEpochLimit, judgeClaim } from '../core/hub.ts'
import { noConfig } from './config.ts'
import { readConfig } from './config-reader.ts'
import { homeId } from './home-id.ts'
import { expandHome } from './host-paths.ts'
import type { KitHome } from './kit-home.ts'
import { takeLock } from './lock.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { thisProcess } from './process-identity.ts'
import type { ServedRoot } from './served-roots.ts'
import { serveRoot } from './served-roots.ts'
import type { Here } from './session-specs.ts'
import { findRoot } from './session-specs.ts'
import { parsedJson } from './parsed-json.ts'

/** How long a change of the record waits for another one (ms), and how often it looks. A change takes some milliseconds. */
const waitMs = 3000
const lookMs = 10

/** Where a home keeps the record: `state/hub.json`, 0600. */
export function hubFile(home: KitHome): string {
  return `${home.state}/hub.json`
}

/** The hub of this host's roots; undefined while there was none yet. Throws STORE_DAMAGED when the record is not what was written. */
export function readHub(home: KitHome): HubClaim | undefined {
  const text = readPrivateFile(hubFile(home))
  if (text === undefined) return undefined
  const claim = claimOf(parsedJson(text))
  if (claim !== undefined) return claim
  throw new SyncError('STORE_DAMAGED', `Cannot read ${hubFile(home)}: it is not a record of a hub`, {
    verdict: 'halt',
    hint: 'dsync hub take',
  })
}

/** Whether this home drives its roots, as far as it knows. Without a record anybody may. */
export function isFollower(home: KitHome): boolean {
  const known = readHub(home)
  return known !== undefined && known.hub !== homeId(home)
}

/**
 * Hears a claim, recording it when it counts. A home with roots of its own and no record yet is their hub. Whoever
 * follows lets its own roots be served to the hub from then on.
 * @returns the claim that stands then
 */
export function meetHub(here: Here, claim: HubClaim): Promise<HubClaim> {
  const { home, host } = here
  return whileRecording(home, host, () => {
    const known = readHub(home) ?? (ownRoots(here).length > 0 ? claimAt(home, host, 1) : undefined)
    if (judgeClaim(known, claim) === 'follow') {
      if (claim.hub !== homeId(home)) for (const root of ownRoots(here)) serveRoot(home, root)
      write(home, claim)
      return claim
    }
    if (known === undefined) throw new SyncError('INVARIANT', 'A first claim was refused', { verdict: 'bug' })
    if (readHub(home) === undefined) write(home, known)
    return known
  })
}

/** What this home says of itself to other hosts: the record, made for itself when there is none. */
export function ownClaim({ home, host }: Here): Promise<HubClaim> {
  return whileRecording(home, host, () => {
    const known = readHub(home)
    if (known !== undefined) return known
    const own = claimAt(home, host, 1)
    write(home, own)
    return own
  })
}

/** Makes this home the hub, above every claim that it or `heard` knows. Also heals a record that cannot be read. */
export function takeHub({ home, host }: Here, heard: readonly HubClaim[] = []): Promise<HubClaim> {
  return whileRecording(home, host, () => {
    const known = readOrNothing(home)
    const highest = Math.max(0, known?.epoch ?? 0, ...heard.map(claim => claim.epoch))
    if (highest >= hubEpochLimit) {
      throw new SyncError('REFUSED', `Cannot take the roots: epoch ${highest} is the last there can be`)
    }
    const own = claimAt(home, host, highest + 1)
    write(home, own)
    return own
  })
}

function claimAt(home: KitHome, host: string, epoch: number): HubClaim {
  return { hub: homeId(home), name: readConfig(home).config?.name ?? host, epoch, at: Date.now() }
}

/** The roots of this home's own settings that are switched on. */
function ownRoots({ home, userHome }: Here): ServedRoot[] {
  const config = readConfig(home).config ?? noConfig
  return config.paths.flatMap(line => {
    const root = findRoot(config, line, userHome)?.root
    return root === undefined || root.on.length === 0 ? [] : [{ id: root.id, path: expandHome(line, userHome) }]
  })
}

function readOrNothing(home: KitHome): HubClaim | undefined {
  try {
    return readHub(home)
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return undefined
  }
}

function write(home: KitHome, { hub, name, epoch, at }: HubClaim): void {
  writePrivateFile(hubFile(home), `${JSON.stringify({ hub, name, epoch, at })}\n`)
}

/** Agents, the daemon and commands change it: what was read is what is replaced. */
async function whileRecording<T>(home: KitHome, host: string, change: () => T): Promise<T> {
  const deadline = Date.now() + waitMs
  let lock = takeLock(home.run, 'hub', thisProcess(host))
  while (!lock.taken && Date.now() < deadline) {
    await setTimeout(lookMs)
    lock = takeLock(home.run, 'hub', thisProcess(host))
  }
  if (!lock.taken) {
    throw new SyncError('BUSY', `Cannot record the hub: process ${lock.holder.pid} is doing it`, {
      verdict: 'retry',
      hint: `If nothing is, remove ${lock.path}`,
    })
  }
  try {
    return change()
  } finally {
    lock.release()
  }
}
