import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { countText, latencyText } from '../../lib/cli/quantities.ts'
import type { Edit } from './edit.ts'
import { byRename, link, put, remove, rename, runnable } from './edit.ts'
import { arrival, expect, spread } from '../stage/observer.ts'
import { anySource, contentOf, firstDifference, noise, writeProject } from '../stage/project.ts'
import type { Scene } from './scene.ts'
import { pause, show } from './scene.ts'
import type { Figure } from './screen.ts'

/** Registers both sides, starts the daemon, and waits for the first sync. */
export async function firstSync(scene: Scene): Promise<Figure> {
  const { stage, screen } = scene
  writeProject(stage.here)
  await show(scene, ['hosts', 'add', 'twin', '--pipe', 'twin'])
  await show(scene, ['roots', 'add', 'here/project', '--at', 'twin=~/project'])
  const from = performance.now()
  await show(scene, ['start'])
  await show(scene, ['sync'])
  const ms = performance.now() - from
  const entries = requireEqual(scene)
  screen.seen(`the twin holds the same ${entries}, compared byte for byte`)
  return { what: `start and first sync of ${entries}`, figure: latencyText(ms) }
}

/** Edits of both sides in turn, each timed until it is on the other side. */
export async function liveEdits(scene: Scene): Promise<Figure> {
  const sides = bothWays(scene)
  const shown: Edit[] = [
    put('new file', 'src/search/rank.ts', 'export const rank = 1\n'),
    put('edit', 'src/app/part-1.ts', 'export const edited = true\n'),
    put('edit', 'README.md', '# A small project, edited\n'),
    put('file in a new folder', 'src/orders/order.ts', 'export const order = {}\n'),
    put('saved by rename', 'src/web/part-2.ts', 'export const saved = true\n', byRename),
    rename('docs/page-1.md', 'docs/start.md'),
    runnable('src/app/part-3.ts'),
    link('docs/latest.md', 'page-20.md'),
    put('1 MB replaced', 'pictures/7.bin', noise(100, 1_000_000)),
    remove('docs/page-2.md'),
  ]
  const times: number[] = []
  for (const [i, edit] of shown.entries()) {
    const side = sides[i % 2 === 0 ? 'out' : 'back']
    const ms = await timed(edit, side, scene)
    scene.screen.event(side.says, edit.says, edit.path, ms)
    times.push(ms)
    await pause(scene)
  }
  const { median, slowest } = spread(times)
  return { what: `${times.length} changes of every kind, both ways`, figure: figureOf(median, slowest) }
}

/** One edit after the other from one side, for a fair median. */
export async function manyEdits(scene: Scene, way: 'out' | 'back'): Promise<Figure> {
  const side = bothWays(scene)[way]
  const first = way === 'out' ? 40 : 100
  const times: number[] = []
  for (let i = 0; i < timedEdits; i++) {
    times.push(await timed(put('edit', anySource(first + i), `export const at = ${i} // ${way}\n`), side, scene))
  }
  const { median, slowest } = spread(times)
  scene.screen.seen(`${side.says.trim()}: ${timedEdits} more edits, ${figureOf(median, slowest)}`)
  return { what: `an edit, ${side.says.trim()}`, figure: figureOf(median, slowest) }
}

const timedEdits = 50
const burstFiles = 1000

/** A thousand new files at once. */
export async function burst(scene: Scene): Promise<Figure> {
  const { stage, screen, signal } = scene
  const from = performance.now()
  for (let folder = 0; folder < 10; folder++) {
    mkdirSync(join(stage.here, `import/${folder}`), { recursive: true })
    for (let i = 0; i < burstFiles / 10; i++) {
      writeFileSync(join(stage.here, `import/${folder}/${i}.json`), `{ "folder": ${folder}, "number": ${i} }\n`)
    }
  }
  const written = performance.now() - from
  const look = (): boolean => filesBelow(join(stage.there, 'import')) === burstFiles
  const ms = await arrival(look, { what: `${burstFiles} files`, from, signal })
  const entries = requireEqual(scene)
  screen.event('here → twin', 'written', `in ${latencyText(written)}, all there after`, ms)
  screen.seen(`both sides hold the same ${entries}`)
  return { what: '1,000 new files at once', figure: latencyText(ms) }
}

/** The directory of those files gets another name, on the twin. */
export async function renameDirectory(scene: Scene): Promise<Figure> {
  const { stage, screen, signal } = scene
  const one = join(stage.here, 'import/5/50.json')
  const before = lstatSync(one).ino
  const from = performance.now()
  renameSync(join(stage.there, 'import'), join(stage.there, 'imported'))
  const look = (): boolean =>
    !existsSync(join(stage.here, 'import')) && filesBelow(join(stage.here, 'imported')) === burstFiles
  const ms = await arrival(look, { what: 'the renamed directory', from, signal })
  const moved = lstatSync(join(stage.here, 'imported/5/50.json')).ino === before
  requireEqual(scene)
  screen.event('twin → here', 'directory renamed', 'import → imported', ms)
  screen.seen(moved ? 'its 1,000 files were moved, none was sent again' : 'its 1,000 files are there, sent again')
  return { what: 'a directory of 1,000 files renamed', figure: latencyText(ms) }
}

/** A side that edits and a side that receives. */
interface Way {
  readonly says: string
  readonly from: string
  readonly to: string
}

function bothWays({ stage: { here, there } }: Scene): Readonly<Record<'out' | 'back', Way>> {
  return {
    out: { says: 'here → twin', from: here, to: there },
    back: { says: 'twin → here', from: there, to: here },
  }
}

/** From the moment one side begins to save until the other holds it whole (ms). */
async function timed(edit: Edit, way: Way, { signal }: Scene): Promise<number> {
  const from = performance.now()
  edit.make(way.from)
  return await arrival(() => edit.arrived(way.to), { what: `${edit.says} of ${edit.path}`, from, signal })
}

function figureOf(median: number, slowest: number): string {
  return `median ${latencyText(median)}, slowest ${latencyText(slowest)}`
}

/** Throws unless both sides are equal, byte for byte. Says how much they hold. */
export function requireEqual({ stage: { here, there } }: Scene): string {
  const difference = firstDifference(here, there)
  expect(difference === undefined, `both sides are not equal: ${difference}`)
  return countText(contentOf(here).size, 'entry', 'entries')
}

function filesBelow(directory: string): number {
  if (!existsSync(directory)) return 0
  return readdirSync(directory, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).length
}
