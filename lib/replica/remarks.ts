import type { Path } from '../core/path.ts'
import type { HeldDeletes } from './delete-guard.ts'
import type { Recovered } from './recovery.ts'
import { isReason } from './stored-entry.ts'

/** Something this side noticed that a person should hear of. */
export interface Remark {
  readonly code: string
  /** '' when it is about the whole root, or when its path is not known. */
  readonly path: Path
  /** Part of a sentence. */
  readonly why: string
  /** The version it is about, by its id in the trash: `dsync undo ID` brings it back. */
  readonly trash: string | undefined
}

/** Remarks about versions, kept for sessions that begin later; those that listen have heard them all. */
const remarksKept = 200

/** What was noticed, told to every session that is there, and to those that come. */
export class Remarks {
  readonly #first: readonly Remark[]
  readonly #tell: (remark: Remark) => void
  readonly #kept: Remark[] = []
  /** What could not be put in order when it was last tried: told once, however often it is tried. */
  #left: ReadonlySet<string> = new Set()

  /** @param first what was noticed before anybody listened; it may grow until somebody does */
  constructor(first: readonly Remark[], tell: (remark: Remark) => void) {
    this.#first = first
    this.#tell = tell
  }

  add(remark: Remark): void {
    if (remark.trash !== undefined) this.#kept.push(remark)
    if (this.#kept.length > remarksKept) this.#kept.shift()
    this.#tell(remark)
  }

  /** @param found all that was put in order just now, or still could not be */
  addRecovered(found: readonly Recovered[]): void {
    const left = new Set<string>()
    for (const each of found) {
      const isLeft = each.what === 'left'
      if (isLeft) left.add(each.path)
      if (isLeft && this.#left.has(each.path)) continue
      for (const remark of remarksOf([each])) this.add(remark)
    }
    this.#left = left
  }

  all(): readonly Remark[] {
    return [...this.#first, ...this.#kept]
  }
}

/** A version somebody wrote, that was captured and could not go back to its path. */
export function recoveredRemark(path: Path, trash: string): Remark {
  return { code: 'RECOVERED', path, why: 'it was changed while it was replaced; that version is in the trash', trash }
}

/** The guard on deletes began to hold. */
export function heldRemark({ why, count, first }: HeldDeletes): Remark {
  const names = first.map(path => JSON.stringify(path)).join(', ')
  const more = count > first.length ? ' and more' : ''
  return { code: 'MASS_DELETE', path: '', why: `${why}: ${count} are held (${names}${more})`, trash: undefined }
}

/** What of a recovery somebody must hear: not what ended as it was meant to. */
export function remarksOf(found: readonly Recovered[]): Remark[] {
  return found.flatMap(({ path, what, id, why }): Remark[] => {
    switch (what) {
      case 'trashed':
        return isReason(why)
          ? []
          : [{ code: 'RECOVERED', path, why: `${why}; that version is in the trash`, trash: id }]
      case 'returned':
        return [{ code: 'RETURNED', path, why: `${why}; what stood there is back`, trash: undefined }]
      case 'left':
        return [
          { code: 'LEFT', path, why: `a version of it waits until the disk lets it go back: ${why}`, trash: undefined },
        ]
    }
  })
}
