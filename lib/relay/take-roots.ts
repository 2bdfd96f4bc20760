import { SyncError } from '../core/errors.ts'
import type { HubClaim } from '../core/hub.ts'
import { claimOf, isSameClaim } from '../core/hub.ts'
import { agentSocketPath } from '../daemon/agent-socket-path.ts'
import { addPath, configWith, switchOffPath, whileEditing } from '../daemon/config-edit.ts'
import { checkTexts, readConfig, unusable } from '../daemon/config-reader.ts'
import { contractHome } from '../daemon/host-paths.ts'
import type { Asking } from '../daemon/host-question.ts'
import { valueOf } from '../daemon/host-question.ts'
import { meetHub, takeHub } from '../daemon/hub-record.ts'
import type { KitHome } from '../daemon/kit-home.ts'
import { pipeHome, rememberHost } from '../daemon/other-host.ts'
import { readPrivateFile, writePrivateFile } from '../daemon/private-file.ts'
import type { Here } from '../daemon/session-specs.ts'
import { rootKey, sessionName, sessionSpecs } from '../daemon/session-specs.ts'
import { takeOver } from '../protocol/agent-takeover.ts'
import { systemClock } from '../replica/system-clock.ts'
import type { PlannedHost, TakePlan } from './take-plan.ts'

/** Makes a session one that agreed on nothing but the two roots themselves: what is on either side is compared, nothing is deleted. */
export type AcquaintSession = (home: KitHome, session: string) => Promise<void>

/** A host that did not hear of it, and why; it hears of it when it is next reached. */
export interface Untold {
  readonly name: string
  readonly why: string
}

/**
 * Makes this home the hub of the planned roots. Until the record is written, near the end, it follows as before; from
 * then on its daemon drives them, and whatever the old hub still does ends when it, or a host, hears of the claim.
 */
export async function takeRoots(
  plan: TakePlan,
  here: Here & Asking & { readonly acquaintSession: AcquaintSession },
): Promise<{ readonly claim: HubClaim; readonly untold: readonly Untold[] }> {
  const heard = plan.hosts.flatMap(({ claim }) => claim ?? [])
  // A hub that takes again only goes above another claim: its sessions are open and its settings are its own.
  if (!plan.isHere) {
    await whileEditing(here, () => settle(plan, here))
    await acquaint(plan, here)
  }
  const claim = await takeHub(here, heard)
  await Promise.all(plan.roots.map(({ id }) => free(id, claim, here)))
  const untold = await Promise.all(plan.hosts.map(host => tell(host, claim, here)))
  return { claim, untold: untold.flatMap(each => each ?? []) }
}

/** Writes the settings that the plan asks for; every other line of them stays, also one of `paths.txt` that nobody drives. */
function settle(plan: TakePlan, { home, userHome }: Here): void {
  let text = readPrivateFile(home.config) ?? ''
  if (readConfig(home).config?.name !== plan.name) text = configWith(text, ['name'], plan.name)
  for (const { name, config } of plan.hosts) {
    if (config === undefined) continue
    const value = config.pipe === undefined ? config : { pipe: contractHome(config.pipe, userHome) }
    text = configWith(text, ['hosts', name], value)
  }
  for (const { root, config } of plan.roots) if (config !== undefined) text = configWith(text, ['roots', root], config)
  const { problems } = checkTexts(home, { config: text })
  if (problems.length > 0) throw unusable(problems)
  for (const { name, way, places, facts } of plan.hosts) {
    if (way?.kind !== 'ssh' || places === undefined) continue
    rememberHost(home, name, { ...places, target: way.target, ...(facts !== undefined && { homeId: facts.homeId }) })
  }
  writePrivateFile(home.config, text)
  for (const line of plan.off) switchOffPath(home, line)
  const lines = new Set(readConfig(home).config?.paths.map(line => rootKey(line, userHome)))
  for (const { root, config } of plan.roots) if (config !== undefined && !lines.has(root)) addPath(home, root)
}

async function acquaint(plan: TakePlan, here: Here & { readonly acquaintSession: AcquaintSession }): Promise<void> {
  const { config } = readConfig(here.home)
  if (config === undefined) return
  const { specs } = sessionSpecs(config, { ...here, host: plan.name }, new Set())
  for (const { id, beta } of specs) await here.acquaintSession(here.home, sessionName(id, beta.host))
}

/** An agent here that waits for the old hub lets go of its root. One that stands still is waited for by our daemon. */
async function free(root: string, claim: HubClaim, { home }: Here): Promise<void> {
  const path = agentSocketPath(home, root, '/tmp')
  if (path === undefined) return
  const request = { root, path: '', options: {}, hub: claim }
  const taken = await takeOver(path, { build: '', epoch: 0, request }, systemClock)
  if (taken.state === 'go') taken.socket.destroy()
}

/** Lets a host hear of the claim. */
async function tell(host: PlannedHost, claim: HubClaim, here: Here & Asking): Promise<Untold | undefined> {
  const { name, way, state, why = 'nobody knows how to reach it from here' } = host
  if (way === undefined || state !== 'reached') return { name, why }
  try {
    const stands = await standing(way, { name, claim }, here)
    return isSameClaim(stands, claim) ? undefined : { name, why: `it follows ${stands?.name ?? 'nobody'}` }
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return { name, why: error.message }
  }
}

async function standing(
  way: NonNullable<PlannedHost['way']>,
  { name, claim }: { readonly name: string; readonly claim: HubClaim },
  here: Asking,
): Promise<HubClaim | undefined> {
  if (way.kind === 'pipe')
    return await meetHub({ home: pipeHome(way.directory), userHome: way.directory, host: name }, claim)
  return claimOf(valueOf(name, await here.askHost({ ...way, name }, { ask: 'follow', hub: claim }))['hub'])
}
