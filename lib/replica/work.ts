import type { Disk } from '../ports/disk.ts'
import { SlotJournal } from './slot-journal.ts'
import { Slots } from './slots.ts'
import { Trash } from './trash.ts'
import type { WorkAreaOptions } from './work-area.ts'
import { WorkArea } from './work-area.ts'

/** A root's work area with what is kept in it. */
export interface Work {
  readonly area: WorkArea
  readonly slots: Slots
  readonly journal: SlotJournal
  readonly trash: Trash
}

/** Opens a work area, making what is missing. Its disk stays the caller's to close. */
export function openWork(disk: Disk, options: WorkAreaOptions): Work {
  const area = new WorkArea(disk, options)
  const slots = new Slots(area)
  return { area, slots, journal: new SlotJournal(area), trash: new Trash(area, slots) }
}

export function closeWork(work: Work): void {
  work.trash.close()
  work.journal.close()
  work.area.close()
}
