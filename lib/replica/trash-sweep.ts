import type { Entry } from '../core/entry.ts'
import { sliceMs } from '../core/limits.ts'
import type { Thinned, TrashWeight } from './thin.ts'
import { thin } from './thin.ts'
import type { Recheck, Trash } from './trash.ts'
import { parsedTrashName } from './trash-name.ts'
import type { WorkArea } from './work-area.ts'
import { idPattern } from './work-area.ts'

/** What an item takes beside its content: its line, its inode, its name (bytes). */
const itemBytes = 512

/** The index is written anew when this many of its lines, and a quarter of them, say nothing any more. */
const idleLinesLimit = 100

/** Lines looked at between two looks at the clock. */
const linesAtOnce = 50

export interface SweepOptions {
  /** Room the trash may take (bytes). */
  readonly bytesLimit: number
  /** Gives others a turn; rejects to break the sweep off. */
  readonly pause: () => Promise<void>
  /** Looks for items without a line, which only a power cut leaves. One call lists all: 1 ms for 1,000 items. */
  readonly lists: boolean
  /** Changes nothing: only says what would go. */
  readonly isTrial?: boolean
}

export interface Swept extends Thinned {
  /** Items whose content is not certain yet: what a process before this one left to be hashed. */
  readonly unsure: readonly Recheck[]
  /** Items that had no line and have one now. */
  readonly adopted: readonly string[]
  /** What goes takes this much (bytes). */
  readonly bytesDropped: number
}

/**
 * Makes room in the trash (see `thin`) and puts it in order: an item without a line gets one, idle lines go. Works in
 * slices. Items may come in meanwhile; they are left alone. Safe to break off anywhere. A trial must not list.
 */
export async function sweep(area: WorkArea, trash: Trash, options: SweepOptions): Promise<Swept> {
  const { bytesLimit, lists, isTrial = false } = options
  const turn = slices(area, options.pause)
  const newest = area.newId()
  const weights = new Map<string, TrashWeight>()
  const unsure = new Map<string, Recheck>()
  let lines = 0
  for (const part of trash.index.oldestFirst()) {
    for (const line of part) {
      if (++lines % linesAtOnce === 0) await turn()
      const { id, path, at, why } = line.item
      unsure.delete(id)
      if (line.says === 'gone') weights.delete(id)
      else if (id <= newest && trash.stands(line)) {
        weights.set(id, { id, path, at, why, bytes: bytesOf(line.item.entry) })
        if (line.unsure !== undefined) unsure.set(id, trash.recheckOf(line.item, line.unsure))
      } else weights.delete(id)
    }
    await turn()
  }
  const adopted: string[] = []
  for (const { name } of lists ? area.trash.list() : []) {
    const { id } = parsedTrashName(name)
    const isNew = idPattern.test(id) && id > newest
    const item = weights.has(id) || isNew ? undefined : trash.adopt(name)
    await turn()
    if (item === undefined) continue
    const { path, at, why, entry } = item
    weights.set(id, { id, path, at, why, bytes: bytesOf(entry) })
    if (entry.kind === 'problem' && entry.why === 'PENDING') unsure.set(id, trash.recheckOf(item, 'not-hashed'))
    adopted.push(id)
  }
  const steps = thin(weights.values(), area.clock.now(), bytesLimit)
  let step = steps.next()
  for (; step.done !== true; step = steps.next()) await turn()
  const thinned = step.value
  const bytesDropped = [...thinned.drop].reduce((sum, id) => sum + (weights.get(id)?.bytes ?? 0), 0)
  if (isTrial) return { ...thinned, unsure: [], adopted, bytesDropped }
  for (const id of thinned.drop) {
    const item = weights.get(id)
    if (item !== undefined && trash.remove(item)) weights.delete(id)
    unsure.delete(id)
    await turn()
  }
  if (lines - weights.size > Math.max(idleLinesLimit, lines / 4)) {
    const turns = { pause: turn, flush: () => area.disk.flush() }
    await trash.index.keepOnly({ has: id => id > newest || weights.has(id) }, turns)
  }
  return { ...thinned, unsure: [...unsure.values()], adopted, bytesDropped }
}

/** Pauses when the slice is over. */
function slices({ clock }: WorkArea, pause: () => Promise<void>): () => Promise<void> {
  let until = clock.monotonic() + sliceMs / 2
  return async () => {
    if (clock.monotonic() < until) return
    await pause()
    until = clock.monotonic() + sliceMs / 2
  }
}

/** Cheaper than looking: what an item holds is what its line says. */
function bytesOf(entry: Entry): number {
  return itemBytes + (entry.kind === 'file' ? entry.size : 0)
}
