import { setTimeout } from 'node:timers/promises'
import { SyncError } from '../../core/errors.ts'
import type { HubClaim } from '../../core/hub.ts'
import { claimOf, isSameClaim } from '../../core/hub.ts'
import { requireConfig } from '../../daemon/config-reader.ts'
import { isRecord } from '../../daemon/host-question.ts'
import { unknownHost } from '../../daemon/host-registration.ts'
import { meetHub, readHub } from '../../daemon/hub-record.ts'
import { placesOn, wayTo } from '../../daemon/other-host.ts'
import { rosterOf } from '../../daemon/roster.ts'
import type { HostWithKit } from '../../relay/dsync-there.ts'
import { dsyncThere } from '../../relay/dsync-there.ts'
import type { BarrierState } from '../../sync/session-handle.ts'
import type { Arguments } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { reloadDaemon } from '../daemon-reload.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { hubLine, isHere } from './hub.ts'
import { barrier, barrierLines } from './sync.ts'

/** How long the other host may take to look at all hosts, and to become the hub (ms). */
const thereMs = 120_000

/** How long the other host may not yet know of what was set up here a moment ago (ms), and how often it is asked. */
const knowsMs = 15_000
const againMs = 1000

/** Hands the role of the hub to another host: it has to reach all the others, and what is on the way arrives first. */
export async function move(given: Arguments, around: Surroundings): Promise<Outcome> {
  const before = requireOwn(around)
  const host = hostOf(given.operands[0] ?? '', around)
  const ssh = given.texts('ssh').flatMap(each => ['--ssh', each])
  await refuseUnready(host, ssh, around)
  if (given.has('dry-run')) {
    return {
      exit: exitCodes.ok,
      json: { hub: { ...before, isHere: true }, to: host.name, dryRun: true },
      lines: () => [`Would make ${escape(host.name)} the hub. It reaches every host of the roots.`],
    }
  }
  await confirm(`Make ${host.name} the hub?`, given, around)
  await agree(given, around)
  const { hub } = await dsyncThere(host, ['hub', 'take', '--yes', ...ssh], { around, waitMs: thereMs })
  const claim = claimOf(hub)
  if (claim === undefined) throw new SyncError('PROTOCOL', `Cannot read what ${host.name} says: it names no hub`)
  const stands = await meetHub(around, claim)
  if (!isSameClaim(stands, claim))
    throw new SyncError('REFUSED', `${host.name} took the roots, and so did ${stands.name}`)
  await reloadDaemon(around)
  return {
    exit: exitCodes.ok,
    json: { hub: { ...claim, isHere: false }, to: host.name },
    lines: paint => [`${paint.green('moved')}  The hub is ${hubLine(claim, around)}`, '  → dsync status'],
  }
}

function requireOwn(around: Surroundings): HubClaim {
  const hub = readHub(around.home)
  if (hub === undefined) {
    throw new SyncError('NOT_FOUND', 'Cannot move the hub: there is none, no root is set up', {
      hint: 'dsync roots add DIR',
    })
  }
  if (isHere(hub, around)) return hub
  throw new SyncError('REFUSED', `Cannot move the hub from here: it is ${hub.name}`, {
    hint: `dsync hub move on ${hub.name}, or dsync hub take here`,
  })
}

function hostOf(name: string, around: Surroundings): HostWithKit {
  const config = requireConfig(around.home)
  const way = wayTo(config, name, around.userHome)
  const places = way && placesOn(way, name, around.home)
  if (way === undefined) throw unknownHost(config, name)
  if (places === undefined)
    throw new SyncError('USAGE', `Cannot tell where things lie on ${name}`, { hint: `dsync hosts check ${name}` })
  return { name, way, ...places }
}

/** Throws what keeps the other host from driving every root with every host, before anything is changed. */
async function refuseUnready(host: HostWithKit, ssh: readonly string[], around: Surroundings): Promise<void> {
  const config = requireConfig(around.home)
  const wanted = rosterOf(config, { ...around, host: config.name ?? around.host }).roots
  const oneWay = wanted.find(({ settings: { mode = 'two-way' } }) => mode !== 'two-way')
  if (oneWay !== undefined) {
    const root = Object.values(oneWay.places)[0] ?? ''
    throw new SyncError('REFUSED', `Cannot move the hub: ${root} is one-way, which counts for this hub alone`)
  }
  const elsewhere = wanted.find(({ places }) => places[host.name] === undefined)
  if (elsewhere !== undefined) {
    const root = Object.values(elsewhere.places)[0] ?? ''
    throw new SyncError('REFUSED', `Cannot move the hub to ${host.name}: ${root} is not on it`, {
      hint: `dsync roots add ${root} --on ${host.name}`,
    })
  }
  const until = performance.now() + knowsMs
  for (;;) {
    const { hosts, roots } = await dsyncThere(host, ['hub', 'take', '--dry-run', ...ssh], { around, waitMs: thereMs })
    const [missing] = wanted.filter(
      ({ id, places }) => !isKnown(roots, { id, hosts: Object.keys(places), name: host.name }),
    )
    const [away] = records(hosts).filter(({ state }) => state !== 'reached')
    if (missing === undefined && away === undefined) return
    // A host that cannot be reached from there will not be by itself; what was set up here is told there within seconds.
    if (away !== undefined || performance.now() > until) throw unready(host.name, { missing: missing?.id, away })
    await setTimeout(againMs, undefined, { signal: around.signal })
  }
}

function isKnown(
  roots: unknown,
  { id, hosts, name }: { readonly id: string; readonly hosts: readonly string[]; readonly name: string },
): boolean {
  const row = records(roots).find(each => each['id'] === id)
  const on = row?.['on']
  if (row === undefined || row['left'] !== undefined || !Array.isArray(on)) return false
  return hosts.every(each => each === name || on.includes(each))
}

function unready(
  name: string,
  {
    missing,
    away,
  }: { readonly missing: string | undefined; readonly away: Readonly<Record<string, unknown>> | undefined },
): SyncError {
  if (away === undefined) {
    return new SyncError(
      'REFUSED',
      `Cannot move the hub to ${name}: it does not know of every root and host yet (${missing})`,
      {
        hint: 'dsync sync, then again',
      },
    )
  }
  const { name: other, why, hint } = away
  return new SyncError(
    'TRANSPORT_LOST',
    `Cannot move the hub to ${name}: from there ${String(other)} is not reached: ${String(why)}`,
    {
      hint: typeof hint === 'string' ? `on ${name}: ${hint}` : `dsync hub move ${name} --ssh ${String(other)}=TARGET`,
    },
  )
}

/** How a wait may end before the hub goes: what is open then is so at the next hub, too. */
const enough: ReadonlySet<BarrierState> = new Set(['synced', 'conflicts', 'problems'])

/** Waits until all hosts agree: what is left when the hub goes would be a conflict, or a deletion undone. */
async function agree(given: Arguments, around: Surroundings): Promise<void> {
  const roots = await barrier(around, { verify: false }, given)
  const behind = roots.filter(({ state }) => !enough.has(state))
  if (behind.length === 0) return
  const { paintErrors, err } = around.terminal
  const view = { paint: paintErrors, userHome: around.userHome }
  if (!given.has('json')) err(`${behind.flatMap(each => barrierLines(each, view)).join('\n')}\n`)
  throw new SyncError('REFUSED', 'Did not move the hub: not every host has everything', {
    hint: 'see to that, or dsync hub take on the other host',
  })
}

function records(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}
