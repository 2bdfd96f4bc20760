import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { edits } from './edits.ts'
import type { Figures, Report } from './figures.ts'
import { figuresOf, shown, spread } from './figures.ts'
import { Observer } from './observer.ts'
import { memoryOf, processorMs } from './processes.ts'
import type { Stage } from './stage.ts'
import { filePath, uniqueContent } from './tree.ts'
import { until } from './until.ts'

const floorScript = fileURLToPath(new URL('./floor.ts', import.meta.url))

/** What all measurements are told. */
export interface Around {
  readonly report: Report
  readonly runs: number
  readonly editCount: number
}

/** Twenty files of ten directories that lie apart. */
export function spreadPaths(files: number): string[] {
  const step = Math.max(20, Math.floor(files / 10 / 20) * 20)
  return Array.from({ length: 10 }, (_, directory) => [
    filePath((directory * step) % files),
    filePath(((directory * step) % files) + 1),
  ]).flat()
}

/** The bare floor, measured as edits are. */
export async function measureFloor(stage: Stage, { report, editCount }: Around): Promise<Figures> {
  const [from, to] = [join(stage.beside, 'floor-a'), join(stage.beside, 'floor-b')]
  const paths = Array.from({ length: 20 }, (_, index) => `file-${index}.txt`)
  for (const side of [from, to]) {
    mkdirSync(side, { recursive: true })
    for (const path of paths) writeFileSync(join(side, path), 'before')
  }
  const child = spawn(process.execPath, [floorScript, from, to], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    await new Promise(resolve => child.stdout.once('data', resolve))
    const figures = figuresOf(await edits({ from, to, paths, count: editCount }))
    report.add({
      what: 'floor: watch, read, pipe, write, rename; no safety',
      unit: 'ms',
      value: figures.median,
      note: editNote(figures),
    })
    return figures
  } finally {
    const ended = new Promise(resolve => child.once('close', resolve))
    child.stdin.end()
    await ended
  }
}

function editNote({ p99, least, most, count }: Figures): string {
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
  const count = 1000
  const taken: number[] = []
  let blocks = ''
  for (let run = 0; run < runs; run++) {
    const name = `new-${run}`
    mkdirSync(join(stage.alpha, name))
    await stage.sync()
    const observer = new Observer()
    const contents = Array.from(
      { length: count },
      (_, index) => [`file-${index}.txt`, uniqueContent(name, 1000)] as const,
    )
    try {
      observer.watch(join(stage.beta, name))
      blocks = await stage.blocksDuring(async () => {
        const seen = contents.map(([file, content]) => observer.sees(join(stage.beta, name, file), content))
        const begun = performance.now()
        for (const [file, content] of contents) writeFileSync(join(stage.alpha, name, file), content)
        taken.push((Math.max(...(await Promise.all(seen))) - begun) / 1000)
      })
    } finally {
      observer.close()
    }
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
  makeDirectory(join(stage.alpha, 'renamed', names[0] as string), count)
  await stage.sync()
  const taken: number[] = []
  let blocks = ''
  for (let run = 0; run < runs; run++) {
    const [from, to] = [names[run % 2] as string, names[(run + 1) % 2] as string]
    blocks = await stage.blocksDuring(async () => {
      const begun = performance.now()
      renameSync(join(stage.alpha, 'renamed', from), join(stage.alpha, 'renamed', to))
      await until(
        'the directory has its new name',
        () => entries(join(stage.beta, 'renamed', to)) === count && entries(join(stage.beta, 'renamed', from)) < 0,
        60_000,
        1,
      )
      taken.push((performance.now() - begun) / 1000)
    })
    await stage.sync()
  }
  rmSync(join(stage.alpha, 'renamed'), { recursive: true })
  const figures = figuresOf(taken)
  report.add({
    what: `directory of ${count.toLocaleString('en')} files renamed`,
    unit: 's',
    value: figures.median,
    ...aim,
    note: `${spread(figures)}; ${blocks}`,
  })
}

/** How many names a directory holds; -1 when there is none. */
function entries(directory: string): number {
  try {
    return readdirSync(directory).length
  } catch {
    return -1
  }
}

/** One flat directory of small files. */
export function makeDirectory(at: string, files: number): void {
  mkdirSync(at, { recursive: true })
  for (let index = 0; index < files; index++)
    writeFileSync(join(at, `file-${index}.txt`), uniqueContent(String(index), 200))
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
