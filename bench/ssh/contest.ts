import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { makeDirectory, newFiles, filesIn, renamed } from '../changes.ts'
import { edits } from '../edits.ts'
import type { Figures } from '../figures.ts'
import { figuresOf, shown, spread } from '../figures.ts'
import { floorOf } from '../floor-figures.ts'
import { editNote, spreadPaths } from '../measurements.ts'
import { memoryOf, processorMs } from '../processes.ts'
import { until } from '../until.ts'
import type { Comparison, Row } from './comparison.ts'
import type { Ground } from './ground.ts'
import { changeLarge, newLarge, prepareLarge } from './large-file.ts'
import type { Peer, PeerName } from './peer.ts'

/** One peer on its ground, with a tree of so many files on both sides. */
export interface Contest {
  readonly name: PeerName
  readonly peer: Peer
  readonly ground: Ground
  readonly files: number
  readonly comparison: Comparison
  readonly runs: number
  readonly editCount: number
}

/** Edits of one direction end after so long, when there are ten (ms). */
const editsMs = 20_000
const leastEdits = 10
const quietMs = 8000
const idleMs = 10_000
const arriveMs = 120_000

/** A short pause, so that what was seen to arrive is settled in the peer's own books as well. */
const settleMs = 1500

function add({ comparison, name }: Contest, row: Row, value: number, note: string): void {
  comparison.add(row, name, value, note)
}

function tree({ files }: Contest): string {
  return `${files.toLocaleString('en')} files`
}

/** The floor over ssh, and edits of both sides. */
export async function measureEdits(contest: Contest): Promise<void> {
  const { ground, files, editCount, name } = contest
  const floor = name === 'dsync' ? await measureFloor(contest) : undefined
  for (const [from, to, direction] of [
    [ground.from, ground.to, '→'],
    [ground.to, ground.from, '←'],
  ] as const) {
    let deadline: number | undefined
    const enough = (taken: readonly number[]): boolean => {
      deadline ??= performance.now() + editsMs
      return taken.length >= leastEdits && performance.now() > deadline
    }
    const taken = await edits({ from, to, paths: spreadPaths(files), count: editCount, limitMs: arriveMs, enough })
    const figures = figuresOf(taken)
    const rows = editRows(contest, direction)
    if (floor !== undefined) addFloor(contest, direction, floor)
    add(contest, rows.median, figures.median, editNote(figures))
    add(contest, rows.p99, figures.p99, editNote(figures))
  }
}

function editRows(contest: Contest, direction: string): { readonly median: Row; readonly p99: Row } {
  const what = `edit ${direction} visible, ${tree(contest)}`
  return {
    median: { what: `${what}, median`, unit: 'ms', aim: 5 },
    p99: { what: `${what}, p99`, unit: 'ms', aim: 25 },
  }
}

export async function measureFloor({ ground, editCount }: Contest): Promise<Figures> {
  const sides = { from: join(ground.beside, 'floor'), to: join(ground.host.homeHere, 'floor') }
  return await floorOf(sides, [...ground.ssh, ground.host.name], editCount)
}

function addFloor(contest: Contest, direction: string, floor: Figures): void {
  const { median, p99 } = editRows(contest, direction)
  const note = 'watch, read, ssh, write, rename; no safety'
  contest.comparison.add(median, 'floor', floor.median, `${note}; ${editNote(floor)}`)
  contest.comparison.add(p99, 'floor', floor.p99, note)
}

/** A thousand new files in a directory that is there. */
export async function measureNew(contest: Contest): Promise<void> {
  const { from, to } = contest.ground
  const taken: number[] = []
  for (let run = 0; run < contest.runs; run++) {
    const sides = { from: join(from, `new-${run}`), to: join(to, `new-${run}`) }
    mkdirSync(sides.from)
    await until('the directory of new files is there', () => existsSync(sides.to), arriveMs)
    await after(settleMs)
    taken.push(await newFiles(sides))
  }
  const figures = figuresOf(taken)
  add(contest, { what: '1,000 new files', unit: 's', aim: 0.25 }, figures.median, spread(figures))
}

/** A directory of a thousand files gets another name, and back. */
export async function measureRename(contest: Contest): Promise<void> {
  const { from, to } = contest.ground
  const [count, names] = [1000, ['wide-a', 'wide-b']] as const
  const sides = { from: join(from, 'renamed'), to: join(to, 'renamed') }
  makeDirectory(join(sides.from, names[0]), count)
  await until('the directory is there', () => filesIn(join(sides.to, names[0])) === count, arriveMs)
  const taken: number[] = []
  for (let run = 0; run < contest.runs; run++) {
    const [before, next] = run % 2 === 0 ? names : ([names[1], names[0]] as const)
    await after(settleMs)
    taken.push(await renamed(sides, { count, before, after: next }))
  }
  const figures = figuresOf(taken)
  const row = { what: 'directory of 1,000 files renamed', unit: 's', aim: 0.05 } as const
  add(contest, row, figures.median, spread(figures))
}

/** Memory and processor time of all processes, host by host, when nothing is to be done. */
export async function measureRest(contest: Contest): Promise<void> {
  const { peer, files } = contest
  await after(quietMs)
  const all = await peer.running()
  const before = all.map(({ pid }) => processorMs(pid))
  await after(idleMs)
  for (const host of ['here', 'there'] as const) {
    const found = all.flatMap(({ name, pid, at }, index) =>
      at === host ? [{ name, mb: memoryOf(pid).rss, ms: processorMs(pid) - (before[index] ?? 0) }] : [],
    )
    const each = found.map(({ name, mb }) => `${name} ${shown(mb)}`).join(' + ')
    const memory: Row = {
      what: `memory ${host}, ${tree(contest)}`,
      unit: 'MB',
      ...(files === 100_000 && { aim: 150 }),
    }
    const idle: Row = { what: `idle processor time ${host}, ${tree(contest)}`, unit: '%', aim: 0 }
    const usedMs = total(found.map(({ ms }) => ms))
    add(contest, memory, total(found.map(({ mb }) => mb)), `resident: ${each}`)
    add(contest, idle, (100 * usedMs) / idleMs, `${usedMs} ms in 10 s, counted in tens`)
  }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** A large new file with small edits meanwhile, and a few bytes changed in it. */
export async function measureLarge(contest: Contest, bytes: number): Promise<void> {
  const { ground, peer, files } = contest
  const size = `${shown(bytes / 2 ** 20)} MiB`
  await prepareLarge(ground, peer)
  await after(settleMs)
  const { seconds, meanwhile } = await newLarge(ground, peer, { bytes, paths: spreadPaths(files) })
  add(contest, { what: `new file of ${size}`, unit: 's', aim: { timesRsync: 1.1 } }, seconds, 'flushed')
  if (meanwhile.length > 0) {
    const figures = figuresOf(meanwhile)
    const note = `${figures.count} edits began meanwhile, the first took ${shown(meanwhile[0] ?? Number.NaN)} ms`
    add(contest, { what: 'edits while it travels, median', unit: 'ms', aim: 50 }, figures.median, note)
    add(contest, { what: 'edits while it travels, longest', unit: 'ms', aim: 50 }, figures.most, note)
  }
  await after(settleMs)
  const changed = await changeLarge(ground, peer, bytes)
  add(contest, { what: '20 bytes changed in it', unit: 's', aim: { timesRsync: 1.1 } }, changed, 'flushed')
}
