import type { Path } from '../core/path.ts'
import { join, parentOf } from '../core/path.ts'
import type { Copies } from './copies.ts'
import type { Hands } from './hands.ts'
import { openDirectory } from './open-directory.ts'
import { carryOutPut } from './put.ts'
import { isContent } from './slot-journal.ts'
import type { Pause, Prepared } from './staging.ts'
import type { CopyLine } from './copy-index.ts'

/**
 * Writes the copy kept of a host's version of a path beside it, under the copy's own name. The copy stays where it is.
 * @returns where it stands; undefined when there is none, or its name is taken by something else
 */
export async function placeCopy(
  hands: Hands,
  copies: Copies,
  { path, host }: { readonly path: Path; readonly host: string },
  pause: Pause,
): Promise<Path | undefined> {
  const line = copies.find(path, host)
  if (line === undefined || !isContent(line.entry)) return undefined
  const prepared = line.entry.kind === 'file' ? await prepare(hands, line, pause) : undefined
  if (line.entry.kind === 'file' && prepared === undefined) return undefined
  const parent = openDirectory(hands.root, parentOf(path))
  try {
    if (parent === undefined) return undefined
    const beside = join(parentOf(path), line.name)
    const put = { kind: 'put', path: beside, before: undefined, after: line.entry } as const
    const place = { parent, name: line.name, path: beside }
    const { outcome } = carryOutPut(hands, place, put, { prepared, group: '', why: undefined, aside: undefined })
    return outcome.result === 'done' ? beside : undefined
  } finally {
    if (prepared !== undefined) hands.staging.giveBack(prepared)
    parent?.close()
  }
}

/** Its content once more, durable. Undefined: the copy is gone, or somebody edited it. */
async function prepare(hands: Hands, line: CopyLine, pause: Pause): Promise<Prepared | undefined> {
  const { copies, disk } = hands.work.area
  const { entry } = line
  if (entry?.kind !== 'file' || copies.lookup(line.name) === undefined) return undefined
  const file = copies.read(line.name)
  try {
    const { digest, mode } = entry
    const prepared = await hands.staging.clone(file, { digest, mode, mtimeMs: undefined }, pause)
    if (prepared !== undefined) await disk.flush()
    return prepared
  } finally {
    file.close()
  }
}
