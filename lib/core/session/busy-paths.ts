import type { Operation } from '../operation.ts'
import type { Path } from '../path.ts'
import { isWithin, parentOf } from '../path.ts'
import type { Task } from './task.ts'

/** The paths that operations on their way touch. */
export class BusyPaths {
  readonly #count = new Map<Path, number>()

  get size(): number {
    return this.#count.size
  }

  occupy(operations: readonly Operation[]): void {
    for (const path of operations.flatMap(pathsOf)) this.#count.set(path, (this.#count.get(path) ?? 0) + 1)
  }

  release(operations: readonly Operation[]): void {
    for (const path of operations.flatMap(pathsOf)) {
      const count = (this.#count.get(path) ?? 0) - 1
      if (count > 0) this.#count.set(path, count)
      else this.#count.delete(path)
    }
  }

  /** True when the path, something above it or, for a directory, something below it is touched. */
  touch(path: Path, isDirectory: boolean): boolean {
    if (this.#count.size === 0) return false
    for (let above = path; above !== ''; above = parentOf(above)) if (this.#count.has(above)) return true
    if (isDirectory) for (const busy of this.#count.keys()) if (isWithin(busy, path)) return true
    return false
  }

  /** Parents may be on their way together with what they will hold; the same path never twice. */
  forbid(task: Task): boolean {
    if (this.#count.size === 0) return false
    return task.operations.some(
      operation => this.#count.has(operation.path) || (operation.kind === 'move' && this.touch(operation.from, true)),
    )
  }
}

export function pathsOf(operation: Operation): readonly Path[] {
  return operation.kind === 'move' ? [operation.from, operation.path] : [operation.path]
}
