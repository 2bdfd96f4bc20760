import { trashDays, trashYoungHours } from '../core/limits.ts'
import type { TrashItem } from '../core/messages.ts'
import { sortSteps } from './sort-steps.ts'

/** What thinning needs to know of an item. */
export interface TrashWeight extends Pick<TrashItem, 'id' | 'path' | 'at' | 'why'> {
  /** Room it takes (bytes). */
  readonly bytes: number
}

export interface Thinned {
  /** Ids of what goes. */
  readonly drop: ReadonlySet<string>
  /** What stays takes this much (bytes). */
  readonly bytes: number
  /** What may not go does not fit: nothing more may be replaced or deleted until a person makes room. */
  readonly full: boolean
}

const dayMs = 24 * 3600 * 1000
const youngMs = trashYoungHours * 3600 * 1000

/** Items looked at between two yields. */
const stepItems = 1000

/**
 * Decides what leaves the trash: everything older than 30 days; then, while the rest takes more than `bytesLimit`,
 * replaced versions of a path of which a later one is kept too, those first whose neighbour in time is nearest for
 * their age. Deletions, conflict losers and anything under 24 hours stay (promise P1). Others get a turn at each yield.
 * @param items in any order @param now ms since 1970
 */
export function* thin(
  items: Iterable<TrashWeight>,
  now: number,
  bytesLimit: number,
): Generator<void, Thinned, undefined> {
  const drop = new Set<string>()
  const paths = new Map<string, TrashWeight[]>()
  let bytes = 0
  let looked = 0
  for (const item of items) {
    if (++looked % stepItems === 0) yield
    if (now - item.at > trashDays * dayMs) {
      drop.add(item.id)
      continue
    }
    bytes += item.bytes
    const versions = paths.get(item.path)
    if (versions === undefined) paths.set(item.path, [item])
    else versions.push(item)
  }
  // A pass takes no two neighbours, so that what is left stays spread over time; each pass halves the rest at most.
  for (let again = true; again && bytes > bytesLimit;) {
    again = false
    for (const item of yield* thinnest(paths, now)) {
      if (bytes <= bytesLimit) break
      drop.add(item.id)
      bytes -= item.bytes
      again = true
    }
    for (const [path, versions] of paths) {
      if (++looked % stepItems === 0) yield
      if (versions.length > 1)
        paths.set(
          path,
          versions.filter(({ id }) => !drop.has(id)),
        )
    }
  }
  return { drop, bytes, full: bytes > bytesLimit }
}

/** Versions that may go, oldest and densest first, no two of them neighbours. */
function* thinnest(
  paths: ReadonlyMap<string, readonly TrashWeight[]>,
  now: number,
): Generator<void, readonly TrashWeight[], undefined> {
  const found: { item: TrashWeight; density: number }[] = []
  let looked = 0
  for (const unsorted of paths.values()) {
    const versions = yield* sortSteps(unsorted, (a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    let tookLast = false
    for (const [i, item] of versions.entries()) {
      if (++looked % stepItems === 0) yield
      const later = versions[i + 1]
      tookLast = !tookLast && isVersion(item) && isVersion(later) && item.why === 'replaced' && now - item.at >= youngMs
      if (tookLast && later !== undefined) found.push({ item, density: (later.at - item.at) / (now - item.at) })
    }
  }
  const sorted = yield* sortSteps(found, (a, b) => a.density - b.density || (a.item.id < b.item.id ? -1 : 1))
  return sorted.map(({ item }) => item)
}

function isVersion(item: TrashWeight | undefined): boolean {
  return item?.why === 'replaced' || item?.why === 'deleted'
}
