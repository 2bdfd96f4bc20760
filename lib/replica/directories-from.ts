import { isDirectory } from '../core/entry.ts'
import type { Path } from '../core/path.ts'
import { components, join } from '../core/path.ts'
import type { Tree } from '../core/tree.ts'
import { at, children } from '../core/tree.ts'

/**
 * The directories of a tree at and below a path, parents first and by name: an order that stays the same while others
 * come and go, so that a walk can be broken off and go on.
 * @param from begins at this one, at or below `path`; whether it is still there or not
 */
export function* directoriesFrom(tree: Tree, path: Path, from: Path | undefined): Generator<Path, void, undefined> {
  const skipped = from === undefined ? [] : components(from).slice(components(path).length)
  const stack = [{ path, skipped }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const directory = at(tree, next.path)
    if (!isDirectory(directory)) continue
    const [first, ...rest] = next.skipped
    if (first === undefined) yield next.path
    const names = [...children(directory)]
      .flatMap(([name, entry]) => (isDirectory(entry) && (first === undefined || name >= first) ? [name] : []))
      .toSorted((a, b) => (a < b ? 1 : -1))
    for (const name of names) stack.push({ path: join(next.path, name), skipped: name === first ? rest : [] })
  }
}
