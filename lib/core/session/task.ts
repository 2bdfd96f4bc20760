import type { Digest } from '../entry.ts'
import { folded } from '../folded-name.ts'
import type { Content, Operation } from '../operation.ts'
import { isFile } from '../operation.ts'
import type { Path } from '../path.ts'
import { isWithin } from '../path.ts'

/** Content that a receiver lacks, with a path of the sender that has it. */
export interface Needs {
  readonly digest: Digest
  readonly size: number
  readonly path: Path
}

/** Operations that go together: one, or a type change (remove what stands there, then put). */
export interface Task {
  readonly path: Path
  readonly operations: readonly Operation[]
  readonly needs: Needs | undefined
  /** When the change was first heard of (monotonic ms), for barriers and the latency figures. */
  readonly since: number
  /** The sender held `after` when this was planned: once done, both have held it, and the ancestor may advance. */
  readonly agrees: boolean
}

/** What the planner knows about an operation's sender. */
export interface Source {
  /** A path of the sender with the content of a put. */
  readonly path: Path
  readonly agrees: boolean
}

export function isMove(task: Task): boolean {
  return task.operations.some(operation => operation.kind === 'move')
}

/** A new path takes its source's time along. */
export function withMtime(operation: Operation, contents: ReadonlyMap<Digest, Content>): Operation {
  if (operation.kind !== 'put' || !isFile(operation.after) || operation.mtimeMs !== undefined) return operation
  const content = contents.get(operation.after.digest)
  return content === undefined ? operation : { ...operation, mtimeMs: content.mtimeMs }
}

/** The operation that puts this content, with its source's time (ms since 1970). */
export function timed(operation: Operation, digest: Digest, mtimeMs: number): Operation {
  const putsIt = operation.kind === 'put' && isFile(operation.after) && operation.after.digest === digest
  return putsIt ? { ...operation, mtimeMs } : operation
}

/** Groups a plan's operations into tasks: a put whose place must first be emptied goes with what empties it. */
export function tasksOf(
  operations: readonly Operation[],
  source: (operation: Operation) => Source,
  since: number,
): Task[] {
  const tasks: Task[] = []
  for (const operation of operations) {
    const group = [operation]
    const last = tasks.at(-1)?.operations.at(-1)
    if (isRespelling(last, operation)) group.unshift(...(tasks.pop()?.operations ?? []))
    else if (operation.kind === 'put' && last?.kind === 'remove' && last.path === operation.path) {
      for (
        let before = tasks.at(-1);
        before !== undefined && isWithin(before.path, operation.path);
        before = tasks.at(-1)
      ) {
        group.unshift(...before.operations)
        tasks.pop()
      }
    }
    const { path, agrees } = source(operation)
    tasks.push({ path: operation.path, operations: group, needs: needsOf(operation, path), since, agrees })
  }
  return tasks
}

/**
 * The same operations for a disk that takes two spellings for one name: what goes under one of them goes just before what
 * comes under another.
 */
export function respelled(operations: readonly Operation[]): readonly Operation[] {
  const going = new Map<string, Operation>()
  for (const operation of operations) if (operation.kind === 'remove') going.set(folded(operation.path), operation)
  const pairs = new Map<Operation, Operation>()
  for (const operation of operations) {
    const other = going.get(folded(operation.path))
    if (other !== undefined && isRespelling(other, operation)) pairs.set(operation, other)
  }
  const early = new Set(pairs.values())
  return operations
    .filter(operation => !early.has(operation))
    .flatMap(operation => [pairs.get(operation) ?? [], operation].flat())
}

/** A file or link goes, and comes under another spelling of its name. */
function isRespelling(before: Operation | undefined, operation: Operation): boolean {
  return (
    operation.kind === 'put' &&
    operation.before === undefined &&
    operation.after.kind !== 'directory' &&
    before?.kind === 'remove' &&
    before.before.kind !== 'directory' &&
    before.path !== operation.path &&
    folded(before.path) === folded(operation.path)
  )
}

function needsOf(operation: Operation, path: Path): Needs | undefined {
  if (operation.kind !== 'put' || !isFile(operation.after) || operation.basis !== undefined) return undefined
  if (isFile(operation.before) && operation.before.digest === operation.after.digest) return undefined
  return { digest: operation.after.digest, size: operation.after.size, path }
}
