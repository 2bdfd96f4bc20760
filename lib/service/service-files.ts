import { SyncError } from '../core/errors.ts'
import type { Change, Plan, Trace, Wish } from '../kit/footprint.ts'
import { planFootprint, reverseFootprint } from '../kit/footprint.ts'
import type { Look } from '../kit/standing.ts'
import { textOf } from '../kit/standing.ts'
import type { Supervisor } from './supervisor.ts'

/** Whose files these are in the record of what an installation changed. */
export const servicePart = 'service'

/** What every file of ours says of itself. */
const mark = 'Made by dsync service install'

/** What must change on the disk so that a supervisor finds what it needs. @param traces of everything that is installed */
export function planServiceFiles({ files, links, stamps }: Supervisor, look: Look, traces: readonly Trace[]): Plan {
  const written = files.map(({ path, text }): Wish => ({ path, part: servicePart, kind: 'file', text, mode: 0o644 }))
  const linked = links.map(({ path, target }): Wish => ({ path, part: servicePart, kind: 'link', target }))
  const stamped = stamps.map((path): Wish => ({ path, part: servicePart, kind: 'file', text: '', mode: 0o644 }))
  return planFootprint([...written, ...linked, ...stamped], look, traces)
}

/** The way back. */
export function planServiceRemoval(look: Look, traces: readonly Trace[]): Plan {
  return reverseFootprint(traces, look, ({ part }) => part === servicePart)
}

/** Throws REFUSED where a file that is not ours, or nothing that can be replaced, has one of our names. */
export function refuseForeign({ changes, blocked }: Plan): void {
  const [first] = blocked
  if (first !== undefined) {
    throw new SyncError('REFUSED', `Cannot install the service: ${first.path}: ${first.why}`, {
      hint: first.hint ?? `Move ${first.path} away, then try again`,
    })
  }
  const foreign = changes.find(change => change.before.kind !== 'absent' && !isOurs(change))
  if (foreign === undefined) return
  throw new SyncError('REFUSED', `Cannot install the service: ${foreign.path} is there, and dsync did not write it`, {
    hint: `Move ${foreign.path} away, then try again`,
  })
}

/** Files that are not as they would be written. */
export function changedFiles({ files }: Supervisor, look: Look): ChangedFile[] {
  return files.flatMap(({ path, text }): ChangedFile[] => {
    const standing = look(path)
    if (standing.kind === 'absent') return [{ path, how: 'missing' }]
    const isSame = standing.kind === 'file' && Buffer.from(standing.bytes).equals(Buffer.from(text))
    return isSame ? [] : [{ path, how: 'changed' }]
  })
}

/** A file that is not as `install` would write it. */
export interface ChangedFile {
  readonly path: string
  readonly how: 'missing' | 'changed'
}

/** What is empty, and what a supervisor links to, is ours by its name; a link in the place of a file is somebody’s. */
function isOurs({ before, after }: Change): boolean {
  if (before.kind === 'file') return before.bytes.length === 0 || textOf(before.bytes).includes(mark)
  return before.kind === after.kind
}
