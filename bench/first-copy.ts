import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sides } from './changes.ts'
import type { Report } from './figures.ts'
import { figuresOf, spread } from './figures.ts'
import { flushedSeconds } from './flushed.ts'
import { Stage } from './stage.ts'
import type { TreeShape } from './tree.ts'
import { filePath, makeTree } from './tree.ts'

const comparedMs = 10 * 60_000

/** Programs that copy a tree, each as a command for two directories. */
const peers = {
  'rsync -a': (from: string, to: string) => ['rsync', '-a', `${from}/`, `${to}/`],
  'cp -a': (from: string, to: string) => ['cp', '-a', `${from}/.`, to],
}

/** Seconds each program that is installed takes to copy the tree. */
async function peerSeconds(stage: Stage): Promise<ReadonlyMap<string, number>> {
  const taken = new Map<string, number>()
  for (const [name, command] of Object.entries(peers)) {
    const to = join(stage.beside, name.replaceAll(' ', ''))
    const [program, ...rest] = command(stage.alpha, to) as [string, ...string[]]
    let failed = false
    spawnSync('mkdir', ['-p', to])
    const seconds = await flushedSeconds(stage.beside, () => {
      failed = spawnSync(program, rest, { timeout: comparedMs }).status !== 0
    })
    if (!failed) taken.set(name, seconds)
  }
  return taken
}

/** Copies a tree to the other host and, in the same minute, with other programs. Leaves the last stage for others. */
export async function firstCopy(
  kit: string,
  shape: TreeShape,
  options: { readonly runs: number; readonly report: Report; readonly compare: boolean },
): Promise<Stage> {
  const { runs, report, compare } = options
  const ours: number[] = []
  const theirs = new Map<string, number[]>()
  for (let run = 1; ; run++) {
    const stage = new Stage(kit)
    try {
      await makeTree(stage.alpha, shape)
      if (compare)
        for (const [name, seconds] of await peerSeconds(stage)) theirs.set(name, [...(theirs.get(name) ?? []), seconds])
      await stage.start()
      ours.push(await flushedSeconds(stage.alpha, () => stage.addRoot()))
      checkCopied({ from: stage.alpha, to: stage.beta }, shape.files)
    } catch (error) {
      await stage.close()
      throw error
    }
    if (run === runs) {
      addLines(report, { files: shape.files, ours, theirs })
      return stage
    }
    await stage.close()
  }
}

function addLines(
  report: Report,
  found: { files: number; ours: readonly number[]; theirs: ReadonlyMap<string, readonly number[]> },
): void {
  const { files, ours, theirs } = found
  const what = `first copy of ${files.toLocaleString('en')} files`
  const own = figuresOf(ours)
  const rsync = theirs.get('rsync -a')
  report.add({ what, unit: 's', value: own.median, ...(rsync && { aim: figuresOf(rsync).median }), note: spread(own) })
  for (const [name, values] of theirs) {
    const figures = figuresOf(values)
    report.add({ what: `… by ${name}`, unit: 's', value: figures.median, note: spread(figures) })
    report.add({ what: `… dsync to ${name}`, unit: '×', value: own.median / figures.median, note: 'both flushed' })
  }
}

/** A copy that is quick because it is not there would be a lie: a hundred thousand files are compared. */
export function checkCopied({ from, to }: Sides, files: number): void {
  for (let index = 0; index < files; index += Math.ceil(files / 100_000)) {
    const path = filePath(index)
    if (!readFileSync(join(from, path)).equals(readFileSync(join(to, path)))) throw new Error(`${path} was not copied`)
  }
}
