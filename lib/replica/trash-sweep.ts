import type { Entry } from '../core/entry.ts'
import { inspect } from './inspect.ts'
import type { Thinned, TrashWeight } from './thin.ts'
import { thin } from './thin.ts'
import type { Trash } from './trash.ts'
import type { WorkArea } from './work-area.ts'

/** What an item takes beside its content: its line, its inode, its name (bytes). */
const itemBytes = 512

/** Files removed before others get a turn. */
const removalsAtOnce = 64

/** The index is written anew when this many of its lines, and a quarter of them, say nothing any more. */
const idleLinesLimit = 100

export interface SweepOptions {
  /** Room the trash may take (bytes). */
  readonly bytesLimit: number
  /** Gives others a turn. */
  readonly pause: () => Promise<void>
}

/**
 * Makes room in the trash (see `thin`) and puts it in order: an item without a line gets one, idle lines go. Items may
 * come in meanwhile; they are left alone. Safe to break off anywhere.
 */
export async function sweep(area: WorkArea, trash: Trash, options: SweepOptions): Promise<Thinned> {
  const { bytesLimit, pause } = options
  const newest = area.newId()
  const stored = new Set(area.trash.list().map(item => item.name))
  const weights = new Map<string, TrashWeight>()
  let lines = 0
  for (const part of trash.index.oldestFirst()) {
    for (const { item, isBare, says } of part) {
      lines++
      const { id, path, at, why } = item
      if (says === 'gone') weights.delete(id)
      else if (id <= newest && (isBare || stored.has(id)))
        weights.set(id, { id, path, at, why, bytes: bytesOf(item.entry) })
    }
    await pause()
  }
  for (const id of stored) {
    const orphan = weights.has(id) ? undefined : adopted(id, area, trash)
    if (orphan !== undefined) weights.set(id, orphan)
  }
  const thinned = thin([...weights.values()], area.clock.now(), bytesLimit)
  let removals = 0
  for (const id of thinned.drop) {
    if (trash.remove(id)) weights.delete(id)
    if (++removals % removalsAtOnce === 0) await pause()
  }
  if (lines - weights.size > Math.max(idleLinesLimit, lines / 4)) {
    await trash.index.keepOnly({ has: id => id > newest || weights.has(id) }, { pause, flush: () => area.disk.flush() })
  }
  return thinned
}

/** Lists what a power cut left without its line: its path is not known any more. */
function adopted(id: string, area: WorkArea, trash: Trash): TrashWeight | undefined {
  const entry = inspect(area.trash, id, Infinity)?.entry
  if (entry === undefined) return undefined
  const item = { id, path: '', entry, at: area.clock.now(), why: 'recovered', group: '' } as const
  trash.index.append({ item, isBare: false, says: 'later' })
  return { id, path: '', at: item.at, why: item.why, bytes: bytesOf(entry) }
}

function bytesOf(entry: Entry): number {
  return itemBytes + (entry.kind === 'file' ? entry.size : 0)
}
