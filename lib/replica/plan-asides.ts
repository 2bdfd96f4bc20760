import type { Operation } from '../core/operation.ts'
import { hasContent } from './inspect.ts'
import { isRefusal } from './refusal.ts'
import type { Capture } from './slot-journal.ts'
import { isContent } from './slot-journal.ts'
import type { Work } from './work.ts'

/**
 * Where there is no exchange, a power cut between moving the old aside and putting the new would leave a path empty:
 * its line must be on the disk before. This writes the lines of a whole batch with one sync.
 * @returns the slot for what stands at the path of each operation; where one is missing it syncs its own line
 */
export function planAsides(work: Work, operations: readonly Operation[]): ReadonlyMap<Operation, string> {
  const slots = new Map<Operation, string>()
  if (work.area.abilities.exchange) return slots
  const captures: Capture[] = []
  for (const operation of operations) {
    if (operation.kind !== 'put') continue
    const { path, before, after, reason: why = 'replaced' } = operation
    if (!isContent(before) || !isContent(after) || hasContent(before, after)) continue
    const slot = work.slots.newOut(path)
    captures.push({ slot, path, expected: before, after, why, group: '', own: false, vouched: undefined })
    slots.set(operation, slot)
  }
  if (captures.length === 0) return slots
  try {
    work.journal.plan(captures)
    return slots
  } catch (error) {
    if (!isRefusal(error)) throw error
    return new Map()
  }
}
