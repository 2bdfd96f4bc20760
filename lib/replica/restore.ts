import type { SyncedEntry } from '../core/entry.ts'
import { SyncError, codeOf } from '../core/errors.ts'
import { captureHashBytes } from '../core/limits.ts'
import type { Outcome } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { checkPath, components, join, nameOf, parentOf } from '../core/path.ts'
import type { Hands } from './hands.ts'
import { inspect } from './inspect.ts'
import type { Place } from './install.ts'
import { openDirectory } from './open-directory.ts'
import { carryOutPut } from './put.ts'
import { isRefusal } from './refusal.ts'
import type { ContentEntry } from './slot-journal.ts'
import { isContent } from './slot-journal.ts'
import type { Pause, Prepared } from './staging.ts'
import type { TrashLine } from './trash-index.ts'
import { trashName } from './trash-name.ts'

export interface Restored {
  readonly restored: readonly Path[]
  readonly refused: readonly { readonly path: Path; readonly why: string }[]
}

/** Items brought back with one flush: their content is on the disk twice until then. */
const restoredAtOnce = 64

/** A directory made because something in it is brought back. */
const parentMode = 0o755

/**
 * Puts versions from the trash back at their paths, as if their user had saved them: parents first, the oldest where
 * several are of one path, and what stands there now goes to the trash as `undone`, in a group of its own. What cannot
 * be brought back stays in the trash.
 */
export async function restore(hands: Hands, ids: readonly string[], pause: Pause): Promise<Restored> {
  const lines = hands.work.trash.find(ids).toSorted(parentsFirst)
  const restored: Path[] = []
  const refused: { path: Path; why: string }[] = []
  const group = hands.work.area.newId()
  for (let at = 0; at < lines.length; at += restoredAtOnce) {
    const ready: Ready[] = []
    for (const [i, line] of lines.slice(at, at + restoredAtOnce).entries()) {
      const { path } = line.item
      const isOlder = lines[at + i - 1]?.item.path === path
      const prepared = isOlder ? 'an older version of the same path is brought back' : await prepare(hands, line, pause)
      if (typeof prepared === 'string') refused.push({ path, why: prepared })
      else ready.push(prepared)
    }
    const failure = ready.some(each => each.prepared !== undefined) ? await flushed(hands) : undefined
    for (const each of ready) {
      const why = failure ?? putBack(hands, each, group)
      if (each.prepared !== undefined) hands.staging.giveBack(each.prepared)
      if (why === undefined) restored.push(each.line.item.path)
      else refused.push({ path: each.line.item.path, why })
    }
  }
  for (const id of missing(ids, lines)) refused.push({ path: '', why: `there is no ${id} in the trash` })
  return { restored, refused }
}

/** An item with its content in a slot of its own: what lies in the trash stays there until all is well. */
interface Ready {
  readonly line: TrashLine
  readonly entry: SyncedEntry
  readonly prepared: Prepared | undefined
}

async function prepare(hands: Hands, line: TrashLine, pause: Pause): Promise<Ready | string> {
  const { path, entry } = line.item
  const { area } = hands.work
  const name = trashName(line.item)
  const lies = area.absolute('trash', name)
  if (path === '') return `its path is not known: it lies at ${lies}`
  try {
    checkPath(path)
    if (line.isBare) return entry.kind === 'directory' ? { line, entry, prepared: undefined } : 'it is no directory'
    const content = contentOf(hands, line)
    if (content === undefined) return `it can only be moved by hand: it lies at ${lies}`
    if (content.kind === 'symlink') return { line, entry: content, prepared: undefined }
    const file = area.trash.read(name)
    try {
      const { digest, mode } = content
      const prepared = await hands.staging.clone(file, { digest, mode, mtimeMs: undefined }, pause)
      return prepared === undefined ? 'somebody is writing to it' : { line, entry: content, prepared }
    } finally {
      file.close()
    }
  } catch (error) {
    return whyOf(error)
  }
}

/** Makes what was prepared durable. @returns why not, or undefined */
async function flushed(hands: Hands): Promise<string | undefined> {
  try {
    await hands.work.area.disk.flush()
    return undefined
  } catch (error) {
    return whyOf(error)
  }
}

/** What an item is by now: somebody may have gone on writing to it. */
function contentOf(hands: Hands, line: TrashLine): ContentEntry | undefined {
  const { trash } = hands.work.area
  const entry = inspect(trash, trashName(line.item), Infinity)?.entry
  return isContent(entry) ? entry : undefined
}

/** Brings one item back. @returns why not, or undefined */
function putBack(hands: Hands, ready: Ready, group: string): string | undefined {
  const { line, entry, prepared } = ready
  const { id, path } = line.item
  try {
    makeParents(hands, parentOf(path))
    const parent = openDirectory(hands.root, parentOf(path))
    if (parent === undefined) return 'its directory is gone'
    try {
      const why = putAt(hands, { parent, name: nameOf(path), path }, { entry, prepared, group })
      if (why === undefined) hands.work.trash.forget(id)
      return why
    } finally {
      parent.close()
    }
  } catch (error) {
    return whyOf(error)
  }
}

interface Wanted {
  readonly entry: SyncedEntry
  readonly prepared: Prepared | undefined
  readonly group: string
}

function putAt(hands: Hands, place: Place, { entry, prepared, group }: Wanted): string | undefined {
  const { parent, name, path } = place
  const stat = parent.lookup(name)
  if (stat?.kind === 'directory') return entry.kind === 'directory' ? undefined : 'a directory stands there'
  if (entry.kind === 'directory' && stat !== undefined) return `a ${stat.kind} stands there`
  const before = stat && present(hands, place)
  if (stat !== undefined && before === undefined) return 'what stands there is being changed or cannot be replaced'
  const put = { kind: 'put', path, before, after: entry } as const
  return refusal(carryOutPut(hands, place, put, { prepared, group, why: 'undone', aside: undefined }).outcome)
}

/** The file or link that stands at a place, if its content is certain. */
function present(hands: Hands, place: Place): ContentEntry | undefined {
  const seen = inspect(place.parent, place.name, captureHashBytes)
  if (seen === undefined || isContent(seen.entry)) return seen?.entry as ContentEntry | undefined
  const known = seen.stat.kind === 'file' ? hands.known(place.path) : undefined
  return known && { kind: 'file', mode: seen.stat.mode & 0o777, digest: known.digest, size: seen.stat.size }
}

function makeParents(hands: Hands, path: Path): void {
  let above = ''
  for (const name of components(path)) {
    const parent = hands.root.open(above)
    try {
      if (parent.lookup(name) === undefined) parent.mkdir(name, parentMode)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    } finally {
      parent.close()
    }
    above = join(above, name)
  }
}

function refusal(outcome: Outcome): string | undefined {
  switch (outcome.result) {
    case 'done':
      return undefined
    case 'failed':
      return outcome.message
    case 'busy':
      return 'somebody is writing to what stands there'
    default:
      return 'what stands there was changed this instant'
  }
}

function whyOf(error: unknown): string {
  if (error instanceof SyncError && error.code === 'PATH_INVALID') return error.message
  if (!isRefusal(error)) throw error
  return error.code === 'ENOTDIR' || error.code === 'ELOOP' ? 'its directory is something else now' : error.message
}

/** A path sorts after all above it; of one path the removed directory comes first, then the oldest version. */
function parentsFirst(a: TrashLine, b: TrashLine): number {
  if (a.item.path !== b.item.path) return a.item.path < b.item.path ? -1 : 1
  if (a.isBare !== b.isBare) return a.isBare ? -1 : 1
  return a.item.id < b.item.id ? -1 : 1
}

function missing(ids: readonly string[], lines: readonly TrashLine[]): string[] {
  const found = new Set(lines.map(line => line.item.id))
  return ids.filter(id => !found.has(id))
}
