import type { Source } from './source.ts'

/** From the top down; a room may import from itself and from rooms below. Rooms of one line do not know each other. */
export const layers: readonly (readonly string[])[] = [
  ['scripts'],
  ['lib/cli'],
  ['lib/doctor', 'lib/handoff', 'lib/projects', 'lib/env', 'lib/database', 'lib/git', 'lib/relay'],
  ['lib/service'],
  ['lib/kit'],
  ['lib/daemon'],
  ['lib/sync'],
  ['lib/remote'],
  ['lib/protocol'],
  ['lib/replica'],
  ['lib/ports'],
  ['lib/core'],
]

interface Room {
  readonly name: string
  readonly level: number
}

const rooms: readonly Room[] = layers.flatMap((names, level) => names.map(name => ({ name, level })))

function roomOf(path: string): Room | undefined {
  return rooms.find(({ name }) => path.startsWith(`${name}/`))
}

/** Imports point down, types too, and out of `lib/core` there is no way at all. */
export function layering({ path, imports }: Source): string[] {
  const room = roomOf(path)
  if (room === undefined) return path.startsWith('lib/') ? ['it lies in no layer'] : []
  const wrong: string[] = []
  for (const { specifier, target } of imports) {
    if (target === undefined) {
      if (room.name === 'lib/core') wrong.push(`lib/core imports '${specifier}'`)
      continue
    }
    const to = roomOf(target)
    if (to === undefined) wrong.push(`${room.name} imports '${specifier}', which is in no layer`)
    else if (to !== room && to.level <= room.level) wrong.push(`${room.name} imports '${specifier}' from ${to.name}`)
  }
  return wrong
}

/** Files that import each other in a circle, types counted. */
export function cycles(sources: readonly Source[]): string[] {
  const known = new Map(sources.map(each => [each.path, each]))
  const left = new Set<string>()
  const found = new Set<string>()
  const visit = (path: string, above: readonly string[]): void => {
    if (above.includes(path)) found.add([...above.slice(above.indexOf(path)), path].join(' → '))
    const file = known.get(path)
    if (file === undefined || left.has(path) || above.includes(path)) return
    for (const { target } of file.imports) if (target !== undefined) visit(target, [...above, path])
    left.add(path)
  }
  for (const { path } of sources) visit(path, [])
  return [...found]
}
