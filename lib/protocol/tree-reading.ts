import type { Path } from '../core/path.ts'
import type { Tree } from '../core/tree.ts'
import type { Clock } from '../ports/clock.ts'
import type { TreeMark } from './codec-event.ts'
import type { Want } from './describe.ts'
import { asides } from './describe.ts'
import { Listing } from './listing.ts'
import type { Message } from './message.ts'
import { digestSteps, inSlices } from './tree-digest.ts'
import { violation } from './violation.ts'

export interface TreeReadingOptions {
  readonly clock: Clock
  readonly baseline: Tree
  /** The mark of the tree, as the other end announced it. */
  readonly mark: TreeMark
  ask(wants: readonly Want[]): void
  /** The tree, every digest of it known; whether it is what was announced is for the caller to check. */
  done(tree: Tree): void
  failed(error: unknown): void
}

/** Reads the other end's tree once, in slices where it takes long: digests the baseline, asks what differs, digests the result. */
export class TreeReading {
  readonly #options: TreeReadingOptions
  #listing: Listing | undefined

  constructor(options: TreeReadingOptions) {
    const { clock, baseline, mark, ask } = options
    this.#options = options
    const untracked: Path[] = []
    inSlices(baselineSteps(baseline, untracked), clock)
      .then(() => {
        this.#listing = new Listing({ baseline, untracked, mark, ask })
        this.#listing.start()
        this.#finish(this.#listing)
      })
      .catch((error: unknown) => options.failed(error))
  }

  /** Takes `rows`, `pages` and `described`. */
  take([type, ...fields]: Message): void {
    const listing = this.#listing
    if (listing === undefined || listing.finished) throw violation(`it sent ${type} when nothing was asked`)
    if (type === 'rows') listing.rows(fields[0])
    else if (type === 'pages') listing.pages(fields)
    else {
      listing.described()
      this.#finish(listing)
    }
  }

  #finish(listing: Listing): void {
    if (!listing.finished) return
    const { clock, done, failed } = this.#options
    const tree = listing.result()
    inSlices(digestSteps(tree.children), clock)
      .then(() => done(tree))
      .catch((error: unknown) => failed(error))
  }
}

/** Makes the baseline's digests known and gathers its untracked entries. */
function* baselineSteps(baseline: Tree, untracked: Path[]): Generator<undefined, void, undefined> {
  yield* digestSteps(baseline.children)
  for (const item of asides(baseline, '')) {
    if (item?.entry.kind === 'untracked') untracked.push(item.path)
    else yield
  }
}
