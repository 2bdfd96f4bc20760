import { IgnoreRules } from '../../lib/core/ignore-rules.ts'
import type { Side } from '../../lib/core/operation.ts'
import type { Path } from '../../lib/core/path.ts'
import { isWithin, overlaps, parentOf } from '../../lib/core/path.ts'
import { sides } from '../../lib/core/session/messages.ts'
import type { History } from './history.ts'
import { shown } from './oracle.ts'
import type { Random } from './random.ts'
import type { Found } from './user.ts'

type Snapshots = Readonly<Record<Side, ReadonlyMap<string, Found>>>

/** What a person calls the file. */
const file = '.dsyncignore'

/**
 * More is ignored, by the settings from one start to the next or by a file at once; people go on below what is ignored;
 * and it is taken back. Neither change may touch a thing: what was done meanwhile stays where it was done, and what comes
 * back only adds.
 */
export async function changeRules(history: History): Promise<void> {
  const { world, users } = history
  const random = history.random.fork('rules')
  const { patterns } = world.ignore
  const byFile = extraPatterns(history, random)
  const side = random.pick(sides)
  history.tell(`${side}: ${file}: ${byFile.join(' ')}`)
  users[side].write(file, new TextEncoder().encode(byFile.join('\n')))
  await quiet(history, 'a file that ignores more')
  await goOn(history, random, [...patterns, ...byFile])
  users[random.pick(sides)].rm(file)
  await quiet(history, 'a file that is taken away')
  const bySettings = [...patterns, ...extraPatterns(history, random)]
  history.tell(`settings: ${bySettings.join(' ')}`)
  await restart(history, bySettings, 'settings that ignore more')
  await goOn(history, random, bySettings)
  await restart(history, patterns, 'settings that are taken back')
}

function extraPatterns(history: History, random: Random): readonly string[] {
  const names = random.shuffle(history.programs('alpha').names).slice(0, 2)
  return names.map(name => random.pick([name, name, `${name}/`, `/${name}`, `${name}*`]))
}

/** Somebody removes and writes what is ignored now; not where a conflict is open, which may end by it. */
async function goOn(history: History, random: Random, patterns: readonly string[]): Promise<void> {
  const { users, world } = history
  const conflicts = world.session?.conflicts() ?? []
  const rules = new IgnoreRules({ patterns, gitignore: false }, [])
  const side = random.pick(sides)
  const ignored = [...users[side].snapshot()].filter(
    ([path, found]) =>
      found.kind === 'file' && rules.ignores(path, false) && !conflicts.some(conflict => overlaps(conflict.path, path)),
  )
  for (const [path] of random.shuffle(ignored).slice(0, 4)) {
    history.tell(`${side}: behind the rules: ${path}`)
    users[side].rm(path)
    if (random.chance(0.4)) users[side].write(path, history.programs(side).contents.next())
  }
  await quiet(history, 'what is done behind the rules')
}

async function restart(history: History, patterns: readonly string[], what: string): Promise<void> {
  const { world } = history
  const blocked = blockedPaths(history)
  world.killHub()
  world.killAgent()
  world.ignore = { patterns, gitignore: false }
  world.startHub()
  await quiet(history, what, blocked)
}

/**
 * Directories with a problem in them, the highest that only one side has: what was decided of such a one before goes on
 * once rules leave the problem alone.
 */
function blockedPaths({ world, users }: History): readonly Path[] {
  const both = sides.map(side => users[side].snapshot())
  return (world.session?.status().problems.first ?? []).flatMap(({ path }) => {
    let top: Path | undefined
    for (let above = parentOf(path); above !== ''; above = parentOf(above))
      if (top === undefined || both.some(snapshot => !snapshot.has(above))) top = above
    return top ?? []
  })
}

/** Lets everything settle: all that stood on either side stands there still. */
async function quiet(history: History, what: string, blocked = blockedPaths(history)): Promise<void> {
  const { world, users, failures } = history
  const before: Snapshots = { alpha: users.alpha.snapshot(), beta: users.beta.snapshot() }
  await world.pass(10_000)
  const { state } = await world.sync()
  if (state === 'timeout') failures.push(`rules: no end after ${what}`)
  for (const side of sides) {
    const after = users[side].snapshot()
    for (const [path, found] of before[side]) {
      if (path === file || blocked.some(each => isWithin(path, each))) continue
      const now = after.get(path)
      if (now === undefined || now.kind !== found.kind || textOf(now) !== textOf(found))
        failures.push(`rules: ${what} touched ${path} on ${side}: ${textOf(found)}, then ${textOf(now)}`)
    }
  }
}

function textOf(found: Found | undefined): string {
  return found?.kind === 'file' ? shown(found.bytes) : (found?.kind ?? 'nothing')
}
