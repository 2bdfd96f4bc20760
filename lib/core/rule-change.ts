import type { Entry } from './entry.ts'
import type { Path } from './path.ts'
import { weight } from './tree.ts'

/** What other ignore rules make of what is known of a root, at the topmost paths. */
export interface RuleChanges {
  /** Synced before, ignored after. */
  readonly ignored: NamedPaths
  /** Entries at and below those. */
  readonly entries: number
  /** Ignored before, no longer after. */
  readonly released: NamedPaths
}

/** How many there are, and the first of them. */
export interface NamedPaths {
  readonly total: number
  readonly first: readonly Path[]
}

/** How many paths of each kind are named. */
export const namedPaths = 3

/** Gathers what other rules change. */
export class RuleChange {
  readonly #ignored: Path[] = []
  readonly #released: Path[] = []
  #entries = 0

  /** What stands there is synced by the rules of before, and ignored by those of after. */
  ignored(path: Path, entry: Entry): void {
    this.#ignored.push(path)
    this.#entries += 1 + weight(entry)
  }

  released(path: Path): void {
    this.#released.push(path)
  }

  changes(): RuleChanges {
    return { ignored: named(this.#ignored), entries: this.#entries, released: named(this.#released) }
  }
}

function named(paths: readonly Path[]): NamedPaths {
  return { total: paths.length, first: paths.slice(0, namedPaths) }
}

/** As part of a sentence; undefined when nothing becomes another thing. */
export function ruleChangeText({ ignored, entries, released }: RuleChanges): string | undefined {
  const parts: string[] = []
  if (ignored.total > 0) {
    const all = entries > ignored.total ? `, ${entries} entries in all` : ''
    parts.push(`ignored from now on, and kept on each host as it is: ${namesText(ignored)}${all}`)
  }
  if (released.total > 0) parts.push(`ignored no longer, and synced: ${namesText(released)}`)
  return parts.length === 0 ? undefined : parts.join('; ')
}

function namesText({ total, first }: NamedPaths): string {
  const names = first.map(path => JSON.stringify(path)).join(', ')
  return total > first.length ? `${names} and ${total - first.length} more` : names
}
