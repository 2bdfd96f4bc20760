import { trashDays, trashYoungHours } from '../core/limits.ts'
import type { TrashItem } from '../core/messages.ts'

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

/**
 * Decides what leaves the trash: everything older than 30 days; then, while the rest takes more than `bytesLimit`,
 * replaced versions of a path of which a later one is kept too, those first whose neighbour in time is nearest for
 * their age. Deletions, conflict losers and anything under 24 hours stay (promise P1).
 * @param items in any order @param now ms since 1970
 */
export function thin(items: readonly TrashWeight[], now: number, bytesLimit: number): Thinned {
  const drop = new Set<string>()
  let bytes = 0
  for (const item of items) {
    if (now - item.at > trashDays * dayMs) drop.add(item.id)
    else bytes += item.bytes
  }
  // A pass takes no two neighbours, so that what is left stays spread over time; each pass halves the rest at most.
  for (let again = true; again && bytes > bytesLimit;) {
    again = false
    for (const item of thinnest(
      items.filter(each => !drop.has(each.id)),
      now,
    )) {
      if (bytes <= bytesLimit) break
      drop.add(item.id)
      bytes -= item.bytes
      again = true
    }
  }
  return { drop, bytes, full: bytes > bytesLimit }
}

/** Versions that may go, oldest and densest first, no two of them neighbours. */
function thinnest(items: readonly TrashWeight[], now: number): TrashWeight[] {
  const found: { item: TrashWeight; density: number }[] = []
  for (const versions of byPath(items)) {
    let tookLast = false
    for (const [i, item] of versions.entries()) {
      const later = versions[i + 1]
      tookLast = !tookLast && isVersion(item) && isVersion(later) && item.why === 'replaced' && now - item.at >= youngMs
      if (tookLast && later !== undefined) found.push({ item, density: (later.at - item.at) / (now - item.at) })
    }
  }
  return found.toSorted((a, b) => a.density - b.density || (a.item.id < b.item.id ? -1 : 1)).map(each => each.item)
}

function isVersion(item: TrashWeight | undefined): boolean {
  return item?.why === 'replaced' || item?.why === 'deleted'
}

/** The versions of each path, oldest first. */
function byPath(items: readonly TrashWeight[]): Iterable<readonly TrashWeight[]> {
  const paths = new Map<string, TrashWeight[]>()
  for (const item of items.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))) {
    const versions = paths.get(item.path)
    if (versions === undefined) paths.set(item.path, [item])
    else versions.push(item)
  }
  return paths.values()
}
