import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { SyncError, codeOf } from '../../lib/core/errors.ts'
import { whileEditing } from '../../lib/daemon/config-edit.ts'
import { requireConfig } from '../../lib/daemon/config-reader.ts'
import { kitHome } from '../../lib/daemon/kit-home.ts'
import type { KitHome } from '../../lib/daemon/kit-home.ts'
import { wayTo } from '../../lib/daemon/other-host.ts'
import { readPrivateFile, removePrivateFile, writePrivateFile } from '../../lib/daemon/private-file.ts'
import { findRoot } from '../../lib/daemon/session-specs.ts'
import { exitCodes } from '../../lib/cli/exit-codes.ts'
import type { ProcessFacts } from '../surroundings.ts'
import { runDsync } from '../stage/command.ts'
import { Stage } from '../stage/stage.ts'
import type { HostRecord, RunRecord, SettingsTexts } from './record.ts'
import type { Side } from './side.ts'
import { localSide, remoteSide } from './side.ts'

/** Takes away all that a run has made, on both hosts. May be done again. Returns what is left, in words. */
export async function clear(record: RunRecord, facts: ProcessFacts): Promise<string[]> {
  if (record.kind === 'host') return await clearHosts(record, facts)
  const { left } = await new Stage(new AbortController().signal, record.top).close()
  return [...left]
}

/** Where the record of a run over a home that is in use lies, in case that all who would clear end with the machine. */
export function recordFile(home: KitHome, record: HostRecord): string {
  return join(home.state, `dtest-${record.pid}.json`)
}

async function clearHosts(record: HostRecord, facts: ProcessFacts): Promise<string[]> {
  refuseForeign(record)
  const left: string[] = []
  const home = kitHome(record.home)
  const dsync = async (...words: string[]): Promise<string | undefined> => {
    const environment = { ...process.env, DSYNC_HOME: record.home }
    const { code, output } = await runDsync(words, { cwd: record.home, environment })
    return code === exitCodes.ok ? undefined : `dsync ${words.join(' ')}: ${output.trim()}`
  }
  await waitForEdits(home, facts)
  const found = (): string | undefined => findRoot(requireConfig(home), record.root, facts.userHome)?.root.id
  const id = record.id ?? found()
  if (found() !== undefined) {
    for (const words of [
      ['reset', record.root, '--yes'],
      ['roots', 'remove', record.root],
    ]) {
      const failed = await dsync(...words)
      if (failed !== undefined) left.push(failed)
    }
  }
  // What is still a root must keep its files: that its directory is gone would be one more thing to tell a person.
  if (found() !== undefined) return left
  await restoreSettings(record, home, facts)
  const here = await localSide('here', record.root)
  const own = id === undefined ? [] : placesOf(record.home, id)
  left.push(...(await clearPaths(here, [record.root, ...own])))
  left.push(...(await clearThere({ ...record, ...(id === undefined ? {} : { id }) }, home, facts)))
  if (left.length === 0) removePrivateFile(recordFile(home, record))
  return left
}

/** Where a home keeps what belongs to one root alone: content and trash, its sessions, and what its hub told. */
function placesOf(home: string, id: string): readonly string[] {
  return [join(home, 'work', id), join(home, 'state', id), join(home, 'state/told', `${id}.json`)]
}

/** Whatever a record says, nothing is removed that is not called as a run calls it. */
function refuseForeign(record: HostRecord): void {
  const { home, root, there, id } = record
  const isOwn = [root, ...(there === undefined ? [] : [there.root])].every(path =>
    /\/\.dsync-test-[0-9a-f]{8}$/.test(path),
  )
  if (isOwn && (id === undefined || /^[0-9a-f]{32}$/.test(id))) return
  throw new SyncError('REFUSED', `Cannot clear ${root}: no run of dtest made it`, {
    hint: `Remove ${recordFile(kitHome(home), record)}, which says so`,
  })
}

/** Somebody's `roots add` may be under way that was ours. */
async function waitForEdits(home: KitHome, { host }: ProcessFacts): Promise<void> {
  try {
    await whileEditing({ home, host }, () => undefined)
  } catch (error) {
    if (codeOf(error) !== 'BUSY') throw error
  }
}

/** A file that nobody has changed since gets back the bytes that it had. */
async function restoreSettings(record: HostRecord, home: KitHome, facts: ProcessFacts): Promise<void> {
  const { before } = record
  await whileEditing({ home, host: facts.host }, () => {
    for (const name of ['config', 'paths', 'paused'] as const) {
      const file = settingsFiles(home)[name]
      const now = readPrivateFile(file) ?? null
      if (now === before[name] || !isOnlyOurs(now, name, record)) continue
      if (before[name] === null) removePrivateFile(file)
      else writePrivateFile(file, before[name])
    }
  })
}

/** Whether a text is what is left of the settings once our root was taken out of them again, and no more. */
function isOnlyOurs(now: string | null, name: keyof SettingsTexts, { before }: HostRecord): boolean {
  const bare = (text: string | null): string => (text ?? '').replaceAll(/\s/g, '')
  if (before[name] !== null) return bare(now) === bare(before[name])
  // What dsync writes where there is nothing to say: comments alone, or an empty list.
  return ['', '[]'].includes(bare(now?.replaceAll(/^#.*$/gm, '') ?? null))
}

/** The files whose bytes are to be as before. */
export function settingsFiles({ config, paths, state }: KitHome): Readonly<Record<keyof SettingsTexts, string>> {
  return { config, paths, paused: join(state, 'paused.json') }
}

async function clearThere(record: HostRecord, home: KitHome, facts: ProcessFacts): Promise<string[]> {
  if (record.there === undefined) return []
  const { root, kitHome: kit } = record.there
  try {
    const side = await sideThere(record, home, facts)
    try {
      const served = join(kit, 'roots.json')
      const isOurs = record.servedThere === false && (await textOf(side, served))?.trim() === '[]'
      const work = record.id === undefined ? [] : placesOf(kit, record.id)
      const left = await clearPaths(side, [root, ...work, ...(isOurs ? [served] : [])])
      return left.map(path => `${path} on ${record.host}`)
    } finally {
      side.close()
    }
  } catch (error) {
    return [`${root} on ${record.host}: ${error instanceof Error ? error.message : String(error)}`]
  }
}

/** How a folder of the other host is worked in. */
export async function sideThere(
  { host, folder }: Pick<HostRecord, 'host' | 'folder'>,
  home: KitHome,
  { userHome }: ProcessFacts,
): Promise<Side> {
  const way = wayTo(requireConfig(home), host, userHome)
  if (way === undefined) throw new Error(`${host} is not known any more`)
  if (way.kind === 'pipe') return await localSide(host, join(way.directory, folder.slice(2)))
  return await remoteSide({ name: host, ssh: way, folder })
}

export async function textOf(side: Side, file: string): Promise<string | undefined> {
  try {
    return (await side.do({ do: 'read', file })) as string
  } catch (error) {
    if (error instanceof Error && error.message.includes('ENOENT')) return undefined
    throw error
  }
}

/** How often and for how long to look whether something has come back (ms): who had the files open may just be closing. */
const lookMs = 150
const looks = 20

/** Clears paths until they stay away. Returns those that do not. */
async function clearPaths(side: Side, paths: readonly string[]): Promise<string[]> {
  let left: string[] = []
  let calm = 0
  for (let look = 0; look < looks && calm < 2; look++) {
    const seen = await side.do({ do: 'which', paths })
    left = (await side.do({ do: 'clear', paths })) as string[]
    calm = (seen as string[]).length === 0 ? calm + 1 : 0
    if (calm < 2) await after(lookMs)
  }
  return left
}
