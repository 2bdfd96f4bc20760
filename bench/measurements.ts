import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { makeDirectory, newFiles, renamed } from './changes.ts'
import { edits } from './edits.ts'
import type { Figures, Report } from './figures.ts'
import { figuresOf, shown, spread } from './figures.ts'
import { floorOf } from './floor-figures.ts'
import { memoryOf, processorMs } from './processes.ts'
import type { Stage } from './stage.ts'
import { filePath, filesInDirectory } from './tree.ts'

/** What all measurements are told. */
export interface Around {
  readonly report: Report
  readonly runs: number
  readonly editCount: number
}

/** All files of ten directories that lie apart: so many that none is saved so often that dsync puts it off. */
export function spreadPaths(files: number): string[] {
  const step = Math.max(filesInDirectory, Math.floor(files / 10 / filesInDirectory) * filesInDirectory)
  return Array.from({ length: filesInDirectory }, (_, file) =>
    Array.from({ length: 10 }, (_each, directory) => filePath((directory * step + file) % files)),
  ).flat()
}

/** The bare floor over a pipe, measured as edits are. */
export async function measureFloor(stage: Stage, { report, editCount }: Around): Promise<Figures> {
  const sides = { from: join(stage.beside, 'floor-a'), to: join(stage.beside, 'floor-b') }
  const figures = await floorOf(sides, [], editCount)
  report.add({
    what: 'floor: watch, read, pipe, write, rename; no safety',
    unit: 'ms',
    value: figures.median,
    note: editNote(figures),
  })
  return figures
}

export function editNote({ p99, least, most, count }: Figures): string {
  return `p99 ${shown(p99)}, ${shown(least)}–${shown(most)}, ${count} edits`
}

/** Edits of both sides, beside the floor. */
export async function measureEdits(
  stage: Stage,
  what: string,
  around: Around & { readonly paths: readonly string[]; readonly floor: Figures | undefined },
): Promise<void> {
  const { report, paths, editCount, floor } = around
  for (const [from, to, direction] of [
    [stage.alpha, stage.beta, '→'],
    [stage.beta, stage.alpha, '←'],
  ] as const) {
    let values: number[] = []
    const blocks = await stage.blocksDuring(async () => {
      values = await edits({ from, to, paths, count: editCount })
    })
    const figures = figuresOf(values)
    const times = floor === undefined ? '' : `, ${shown(figures.median / floor.median)} × floor`
    report.add({
      what: `edit ${direction} visible, ${what}: median`,
      unit: 'ms',
      value: figures.median,
      aim: 5,
      note: `${editNote(figures)}${times}; ${blocks}`,
    })
    report.add({
      what: `edit ${direction} visible, ${what}: p99`,
      unit: 'ms',
      value: figures.p99,
      aim: 25,
      note: editNote(figures),
    })
  }
}

/** Writes many files at once into an empty directory and waits until the last is there whole. */
export async function measureNewFiles(stage: Stage, { report, runs }: Around): Promise<void> {
  const taken: number[] = []
  let blocks = ''
  for (let run = 0; run < runs; run++) {
    const sides = { from: join(stage.alpha, `new-${run}`), to: join(stage.beta, `new-${run}`) }
    mkdirSync(sides.from)
    await stage.sync()
    blocks = await stage.blocksDuring(async () => void taken.push(await newFiles(sides)))
  }
  const figures = figuresOf(taken)
  report.add({
    what: '1,000 new files',
    unit: 's',
    value: figures.median,
    aim: 0.25,
    note: `${spread(figures)}; ${blocks}`,
  })
}

/** Renames a directory of so many files back and forth. */
export async function measureRename(stage: Stage, count: number, { report, runs }: Around): Promise<void> {
  const names = ['wide-a', 'wide-b']
  const aim = count === 1000 ? { aim: 0.05 } : {}
  makeDirectory(join(stage.alpha, `renamed-${count}`, names[0] as string), count)
  await stage.sync()
  const sides = { from: join(stage.alpha, `renamed-${count}`), to: join(stage.beta, `renamed-${count}`) }
  const taken: number[] = []
  let blocks = ''
  for (let run = 0; run < runs; run++) {
    const [before, next] = [names[run % 2] as string, names[(run + 1) % 2] as string]
    blocks = await stage.blocksDuring(async () => void taken.push(await renamed(sides, { count, before, after: next })))
    await stage.sync()
  }
  const figures = figuresOf(taken)
  report.add({
    what: `directory of ${count.toLocaleString('en')} files renamed`,
    unit: 's',
    value: figures.median,
    ...aim,
    note: `${spread(figures)}; ${blocks}`,
  })
}

const quietMs = 8000
const idleMs = 10_000

/** Memory after quiet, and the processor time of ten idle seconds. */
export async function measureRest(
  stage: Stage,
  what: string,
  { report, aim }: Around & { readonly aim: number | undefined },
): Promise<void> {
  const { daemon, agent } = stage.processes()
  await after(quietMs)
  for (const [name, pid] of [
    ['daemon', daemon],
    ['agent', agent],
  ] as const) {
    const { rss, pss } = memoryOf(pid)
    const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
    report.add({
      what: `memory of the ${name}, ${what}`,
      unit: 'MB',
      value: rss,
      ...(aim !== undefined && { aim }),
      note: `resident; by share ${shown(pss)}, at most ${shown(peak)}`,
    })
  }
  const before = [processorMs(daemon), processorMs(agent)] as const
  await after(idleMs)
  for (const [name, pid, begun] of [
    ['daemon', daemon, before[0]],
    ['agent', agent, before[1]],
  ] as const) {
    const used = processorMs(pid) - begun
    report.add({
      what: `idle processor time of the ${name}, ${what}`,
      unit: '%',
      value: (100 * used) / idleMs,
      aim: 0,
      note: `${used} ms in 10 s, counted in tens`,
    })
  }
}
