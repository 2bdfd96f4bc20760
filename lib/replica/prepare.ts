import type { Digest, FileEntry } from '../core/entry.ts'
import { codeOf } from '../core/errors.ts'
import type { Content, Operation, Outcome, Put } from '../core/operation.ts'
import { isFile } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { checkPath, nameOf, parentOf } from '../core/path.ts'
import type { ReadHandle } from '../ports/disk.ts'
import { failed } from './carried.ts'
import type { Hands } from './hands.ts'
import { openDirectory } from './open-directory.ts'
import { isRefusal } from './refusal.ts'
import type { FileFacts } from './slots.ts'
import type { Pause, Prepared } from './staging.ts'

/** Content for each operation that brings some, or what came of it instead. */
export type Contents = Map<Operation, Prepared | Outcome>

/** Up to this many files are synced one by one (0.25 ms each); more by one flush of the file system. */
const syncedOneByOne = 32

/**
 * Puts the content that operations bring into slots, and makes it durable: nothing that was not on the disk may
 * become visible.
 * @param contents what came along, by digest
 */
export async function prepareContents(
  hands: Hands,
  operations: readonly Operation[],
  contents: ReadonlyMap<Digest, Content>,
  pause: Pause,
): Promise<Contents> {
  const bringing = operations.filter(operation => bringsContent(hands, operation))
  const isDurable = bringing.length <= syncedOneByOne
  const uses = new Map<Digest, number>()
  for (const { after } of bringing) uses.set(after.digest, (uses.get(after.digest) ?? 0) + 1)
  const ready: Contents = new Map()
  for (const put of bringing) {
    const { digest } = put.after
    const usesLeft = (uses.get(digest) ?? 1) - 1
    uses.set(digest, usesLeft)
    try {
      const content = contents.get(digest)
      const facts = factsOf(hands, put)
      const prepared =
        content === undefined
          ? await findContent(hands, put, { facts, usesLeft, pause })
          : hands.staging.write(content.bytes, facts, isDurable)
      ready.set(put, prepared ?? { result: 'needs', path: put.path, digest })
    } catch (error) {
      ready.set(put, failed(put.path, error))
    }
  }
  await makeDurable(hands, ready)
  return ready
}

/** A Put whose content the path does not hold yet, or holds in a file that has other names. */
type Bringing = Put & { readonly after: FileEntry }

function bringsContent(hands: Hands, operation: Operation): operation is Bringing {
  if (operation.kind !== 'put' || !isFile(operation.after)) return false
  if (!isFile(operation.before) || operation.before.digest !== operation.after.digest) return true
  return isShared(hands, operation.path)
}

/** A file with more than one name, maybe outside the root: a change of its mode would be one there too. */
function isShared(hands: Hands, path: Path): boolean {
  checkPath(path)
  try {
    const parent = openDirectory(hands.root, parentOf(path))
    try {
      return (parent?.lookup(nameOf(path))?.links ?? 0) > 1
    } finally {
      parent?.close()
    }
  } catch (error) {
    if (!isRefusal(error)) throw error
    // The operation meets the same refusal.
    return false
  }
}

/** A new path gets the source's time; a replaced one that of its swap, unless exact times are asked for. */
function factsOf(hands: Hands, put: Bringing): FileFacts {
  const { digest, mode } = put.after
  return { digest, mode, mtimeMs: put.before === undefined || hands.sourceTimes ? put.mtimeMs : undefined }
}

interface Finding {
  readonly facts: FileFacts
  /** How many more operations of the batch want the same content. */
  readonly usesLeft: number
  readonly pause: Pause
}

async function findContent(hands: Hands, put: Bringing, finding: Finding): Promise<Prepared | undefined> {
  const { facts, usesLeft, pause } = finding
  const { staging } = hands
  const received = usesLeft > 0 ? await staging.takeCopy(facts, pause) : staging.take(facts)
  if (received !== undefined) return received
  const from = isFile(put.before) && put.before.digest === put.after.digest ? put.path : put.basis
  const basis = from === undefined ? undefined : openFile(hands, from)
  try {
    return basis && (await staging.clone(basis, facts, pause))
  } finally {
    basis?.close()
  }
}

function openFile(hands: Hands, path: Path): ReadHandle | undefined {
  checkPath(path)
  const parent = openDirectory(hands.root, parentOf(path))
  try {
    return parent?.read(nameOf(path))
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'ENOENT' && code !== 'EINVAL' && code !== 'EACCES') throw error
    return undefined
  } finally {
    parent?.close()
  }
}

/** After a failed flush nobody knows which content is on the disk: all of it is dropped, to be sent again. */
async function makeDurable(hands: Hands, ready: Contents): Promise<void> {
  const { area, slots } = hands.work
  const waiting = [...ready].filter(([, prepared]) => 'staged' in prepared && !prepared.isDurable)
  if (waiting.length === 0) return
  try {
    await area.disk.flush()
    for (const [put, prepared] of waiting) ready.set(put, { ...prepared, isDurable: true })
  } catch (error) {
    if (!isRefusal(error)) throw error
    for (const [put, prepared] of waiting) {
      if ('staged' in prepared) slots.discard(prepared.staged.slot)
      ready.set(put, failed(put.path, error))
    }
  }
}
