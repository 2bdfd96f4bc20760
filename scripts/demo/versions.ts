import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { exitCodes } from '../../lib/cli/exit-codes.ts'
import { latencyText } from '../../lib/cli/quantities.ts'
import type { ConflictInfo } from '../../lib/sync/session-handle.ts'
import { arrival, expect } from '../stage/observer.ts'
import type { Scene } from './scene.ts'
import { pause, show } from './scene.ts'
import type { Figure } from './screen.ts'
import { requireEqual } from './steps.ts'

const contested = 'docs/page-3.md'

/** How often to try to save on both sides at once: a busy machine may carry one version over in between. */
const attempts = 5

/** Both sides edit one file at once. Both versions stay, each side keeps a copy of the other's, a person decides. */
export async function conflict(scene: Scene): Promise<Figure> {
  const { stage, screen, signal } = scene
  const [here, there] = [join(stage.here, contested), join(stage.there, contested)]
  const { mine, theirs } = await saveAtOnce(scene)
  await show(scene, ['sync'], exitCodes.conflicts)
  screen.seen(`exit code ${exitCodes.conflicts}: nothing was overwritten`)
  await pause(scene)
  await show(scene, ['conflicts'])
  const { conflicts } = (await stage.json('conflicts')) as { conflicts: readonly ConflictInfo[] }
  const [found] = conflicts
  expect(conflicts.length === 1 && found?.path === contested, `${conflicts.length} conflicts are listed, not one`)
  const kept: readonly (readonly [string, string | undefined, string])[] = [
    ['here', here, mine],
    ['twin', there, theirs],
    ['copy here', found.sides.alpha.copy, theirs],
    ['copy on twin', found.sides.beta.copy, mine],
  ]
  for (const [where, file, text] of kept) {
    expect(file !== undefined && readFileSync(file, 'utf8') === text, `${where} is not ${JSON.stringify(text)}`)
    screen.version(where, text.trim(), relative(stage.top, file))
  }
  await pause(scene, 2)
  await show(scene, ['resolve', relative(stage.top, here), '--theirs'])
  const look = (): boolean => readFileSync(here, 'utf8') === theirs && readFileSync(there, 'utf8') === theirs
  await arrival(look, { what: 'the version that was taken', from: performance.now(), signal })
  screen.seen(`both sides hold “${theirs.trim()}”, the other version is in the trash`)
  return { what: 'a conflict', figure: 'both versions kept, a copy of each, resolved' }
}

/** Saves two versions in the same instant, until they have met. */
async function saveAtOnce({ stage }: Scene): Promise<{ readonly mine: string; readonly theirs: string }> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const end = '\n'.repeat(attempt)
    const [mine, theirs] = [`We ship on Monday.${end}`, `We ship on Friday.${end}`]
    const [one, other] = [join(stage.top, 'tmp/one'), join(stage.top, 'tmp/other')]
    writeFileSync(one, mine)
    writeFileSync(other, theirs)
    renameSync(one, join(stage.here, contested))
    renameSync(other, join(stage.there, contested))
    if ((await stage.dsync('sync')).code === exitCodes.conflicts) return { mine, theirs }
  }
  throw new Error(`both sides saved at once ${attempts} times, and no conflict was listed`)
}

/** The twin deletes a file and this host loses it too; then it comes back, and the conflict's loser as well. */
export async function undo(scene: Scene): Promise<Figure> {
  const { stage, screen, signal } = scene
  const lost = 'pictures/9.bin'
  const [here, there] = [join(stage.here, lost), join(stage.there, lost)]
  const content = readFileSync(here)
  let from = performance.now()
  rmSync(there)
  const gone = await arrival(() => !existsSync(here), { what: `the deletion of ${lost}`, from, signal })
  screen.event('twin → here', 'delete', lost, gone)
  from = performance.now()
  await show(scene, ['undo', relative(stage.top, here)])
  const isBack = (file: string): boolean => existsSync(file) && readFileSync(file).equals(content)
  const ms = await arrival(() => isBack(here) && isBack(there), { what: `${lost} on both sides`, from, signal })
  screen.seen('it is back on both sides, byte for byte')
  await pause(scene)
  await show(scene, ['undo', relative(stage.top, join(stage.here, contested))])
  const files = [join(stage.here, contested), join(stage.there, contested)]
  const look = (): boolean => files.every(file => readFileSync(file, 'utf8').startsWith('We ship on Monday.'))
  await arrival(look, { what: 'the version that lost', from: performance.now(), signal })
  screen.seen('both sides hold “We ship on Monday.”, which had lost')
  return { what: 'a deletion undone, on both sides', figure: latencyText(ms) }
}

/** Nothing is under way, and both sides are equal. */
export async function atRest(scene: Scene): Promise<Figure> {
  await show(scene, ['sync'])
  await show(scene, ['status'])
  return { what: 'both sides in the end', figure: `${requireEqual(scene)}, equal byte for byte` }
}
