import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes } from '../../lib/cli/exit-codes.ts'
import { SyncError } from '../../lib/core/errors.ts'
import { requireConfig } from '../../lib/daemon/config-reader.ts'
import { hostRow } from '../../lib/daemon/host-registration.ts'
import type { HostPlaces } from '../../lib/daemon/other-host.ts'
import { placesOn, wayTo } from '../../lib/daemon/other-host.ts'
import { readPrivateFile, writePrivateFile } from '../../lib/daemon/private-file.ts'
import { processState } from '../../lib/daemon/process-identity.ts'
import { findRoot } from '../../lib/daemon/session-specs.ts'
import { bootId } from '../../lib/replica/disk/boot-id.ts'
import { answerOf, runDsync } from '../stage/command.ts'
import type { ProcessFacts } from '../surroundings.ts'
import { clear, recordFile, settingsFiles, sideThere, textOf } from './clear.ts'
import type { Dsync } from './ground.ts'
import { Ground } from './ground.ts'
import type { HostRecord, RunRecord, SettingsTexts } from './record.ts'
import { localSide } from './side.ts'

export interface Opened {
  readonly ground: Ground
  /** Ends what only this process has open; what lies on the disks is for `clear`. */
  readonly close: () => void
}

/** Told of everything that is about to be made, before it is. */
export type Note = (record: RunRecord) => void

/**
 * Makes a root between this host and another, in the home and with the daemon that are in use. Throws USAGE for a host
 * that is unknown, DAEMON_DOWN, TRANSPORT_LOST.
 */
export async function openHostGround(
  host: string,
  facts: ProcessFacts,
  { signal, note }: { readonly signal: AbortSignal; readonly note: Note },
): Promise<Opened> {
  const { home, userHome } = facts
  const dsync: Dsync = words =>
    runDsync(words, { cwd: userHome, environment: { ...process.env, DSYNC_HOME: home.directory }, signal })
  await refuseUnready(host, facts, dsync)
  const name = `.dsync-test-${randomBytes(4).toString('hex')}`
  const textNow = (name: keyof SettingsTexts): string | null => readPrivateFile(settingsFiles(home)[name]) ?? null
  let record: HostRecord = {
    kind: 'host',
    home: home.directory,
    host,
    root: join(userHome, name),
    folder: `~/${name}`,
    pid: process.pid,
    boot: bootId(),
    before: { config: textNow('config'), paths: textNow('paths'), paused: textNow('paused') },
  }
  const keep = (more: Partial<HostRecord>): void => {
    record = { ...record, ...more }
    writePrivateFile(recordFile(home, record), `${JSON.stringify(record)}\n`)
    note(record)
  }
  keep({})
  const there = await sideThere(record, home, facts)
  try {
    const here = await localSide(requireConfig(home).name ?? facts.host, record.root)
    const places = placesThere(host, facts)
    const servedThere = (await textOf(there, join(places.kitHome, 'roots.json'))) !== undefined
    keep({ there: { root: join(places.userHome, name), kitHome: places.kitHome }, servedThere })
    await Promise.all([here.do({ do: 'begin' }), there.do({ do: 'begin' })])
    const ground = new Ground({ here, there }, record.root, { dsync, signal })
    await ground.must(0, 'roots', 'add', record.root, '--on', host)
    keep({ id: idOf(record.root, facts) })
    await ground.synced(0, record.root)
    return { ground, close: () => there.close() }
  } catch (error) {
    there.close()
    throw error
  }
}

/** Takes away what runs left whose processes were ended, and could not do it themselves. Returns what is left. */
export async function clearLeftovers(facts: ProcessFacts): Promise<{ readonly runs: number; readonly left: string[] }> {
  const left: string[] = []
  let runs = 0
  for (const name of namesIn(facts.home.state)) {
    if (!/^dtest-\d+\.json$/.test(name)) continue
    const text = readPrivateFile(join(facts.home.state, name))
    const record = text === undefined ? undefined : (JSON.parse(text) as HostRecord)
    if (record === undefined || (record.boot === bootId() && processState(record.pid).alive)) continue
    runs += 1
    left.push(...(await clear(record, facts)))
  }
  return { runs, left }
}

async function refuseUnready(host: string, { home, userHome }: ProcessFacts, dsync: Dsync): Promise<void> {
  hostRow(requireConfig(home), host, { userHome })
  const status = await dsync(['status', '--json'])
  if (status.code === exitCodes.daemonDown) {
    throw new SyncError('DAEMON_DOWN', 'The daemon is not running', { hint: 'dsync start' })
  }
  const words = ['hosts', 'check', host]
  const answer = answerOf(words, await dsync([...words, '--json'])) as {
    readonly hosts?: readonly {
      readonly reachable: boolean
      readonly problems: readonly { readonly message: string }[]
    }[]
  }
  const [row] = answer.hosts ?? []
  if (row?.reachable === true) return
  throw new SyncError('TRANSPORT_LOST', `Cannot reach ${host}: ${row?.problems[0]?.message ?? 'no reason is known'}`, {
    hint: `dsync hosts check ${host}`,
  })
}

function placesThere(host: string, { home, userHome }: ProcessFacts): HostPlaces {
  const way = wayTo(requireConfig(home), host, userHome)
  const places = way === undefined ? undefined : placesOn(way, host, home)
  if (places === undefined)
    throw new SyncError('NOT_FOUND', `Nothing is known of ${host}`, { hint: 'dsync hosts check' })
  return places
}

function idOf(root: string, { home, userHome }: ProcessFacts): string {
  const found = findRoot(requireConfig(home), root, userHome)
  if (found === undefined) throw new Error(`${root} is not in the settings`)
  return found.root.id
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
