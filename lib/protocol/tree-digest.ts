import type { Entry, Page } from '../core/entry.ts'
import { isDirectory } from '../core/entry.ts'
import { sliceMs } from '../core/limits.ts'
import { pageDigest } from '../core/page.ts'
import type { Tree } from '../core/tree.ts'
import { treeDigest } from '../core/tree.ts'
import type { Clock } from '../ports/clock.ts'
import { digest as sha256 } from '../replica/hash.ts'
import type { TreeMark } from './codec-event.ts'

/** What the tree is compared by. At once where digests are known already; `digestSteps` makes them known. */
export function markOf(tree: Tree): TreeMark {
  return { digest: treeDigest(tree, sha256), weight: tree.children.weight }
}

export function sameMark(a: TreeMark, b: TreeMark): boolean {
  return a.digest === b.digest && a.weight === b.weight
}

/** Makes every digest below the page known, the deepest first, with a pause for others after each page. */
export function* digestSteps(page: Page): Generator<undefined, void, undefined> {
  const open: { readonly page: Page; readonly parts: Iterator<Page> }[] = []
  const enter = (next: Page): void => void open.push({ page: next, parts: partsOf(next) })
  enter(page)
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const next = top.parts.next()
    if (next.done !== true) enter(next.value)
    else {
      open.pop()
      pageDigest(top.page, sha256)
      yield
    }
  }
}

/** Pages right below this one whose digests are not known yet. */
function* partsOf(page: Page): Generator<Page, void, undefined> {
  if (page.digest !== undefined) return
  if ('pages' in page) {
    for (const part of page.pages) if (part.digest === undefined) yield part
  } else {
    for (const entry of page.entries) {
      const below = directoryPage(entry)
      if (below !== undefined && below.digest === undefined) yield below
    }
  }
}

/** The page of a directory, or of one that a problem is over. */
function directoryPage(entry: Entry): Page | undefined {
  if (entry.kind === 'problem') return entry.over === undefined ? undefined : directoryPage(entry.over)
  return isDirectory(entry) ? entry.children : undefined
}

/** Runs steps to their end in slices, so that other work gets its turns; resolves when they are done. Rejects with what a step throws. */
export function inSlices(steps: Iterator<unknown>, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const slice = (): void => {
      const until = clock.monotonic() + sliceMs
      try {
        do if (steps.next().done === true) return resolve()
        while (clock.monotonic() < until)
      } catch (error) {
        return reject(error)
      }
      clock.soon(slice)
    }
    slice()
  })
}
