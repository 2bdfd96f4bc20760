import type { Digester } from './entry.ts'
import type { SideMoves } from './moves.ts'
import { planMoves } from './moves.ts'
import type { Side } from './operation.ts'
import type { Path } from './path.ts'
import { components, join } from './path.ts'
import type { Plan, Writing } from './plan.ts'
import { Draft } from './plan.ts'
import { reconcileDirectories, reconcileEntry } from './reconcile-entry.ts'
import type { Tree } from './tree.ts'
import type { Versions } from './versions.ts'
import { areDirectories, childVersions } from './versions.ts'

export interface ReconcileInput {
  /** What both sides last agreed on. */
  readonly ancestor: Tree
  readonly alpha: Tree
  readonly beta: Tree
  /** Directory moves each side has made since the ancestor, as it knows them: hints, checked against the trees. */
  readonly moves: SideMoves
  readonly digester: Digester
  /** The only side whose changes are taken; undefined: both. What the other one changed stays there and is listed. */
  readonly source?: Side | undefined
  /**
   * Paths to look at, with all below; undefined: everywhere. The plan is that of the whole trees as far as it concerns
   * these paths and the names of moves; what changed elsewhere waits for another call.
   */
  readonly scope?: readonly Path[]
}

/**
 * Decides what each side must change so that both agree. Pure: the same trees give the same plan. Only what differs is
 * walked, so the cost follows the change.
 */
export function reconcile({ ancestor, alpha, beta, moves, digester, scope, source }: ReconcileInput): Plan {
  const followed = { alpha: source === 'beta' ? [] : moves.alpha, beta: source === 'alpha' ? [] : moves.beta }
  const { trees, operations, agreed, moved, notices, touched } = planMoves({ ancestor, alpha, beta }, followed)
  const writing: Writing = { draft: new Draft(source), digester, moved, directories: [] }
  if (scope === undefined) writing.directories.push({ path: '', versions: trees })
  else reconcileScope(writing, trees, scopeOf([...scope, ...touched]))
  reconcileDirectories(writing)
  return writing.draft.finish({ toAlpha: operations.alpha, toBeta: operations.beta, agreed, notices })
}

/** Paths as a tree of names, so that each is visited once. */
interface Scope {
  isWhole: boolean
  readonly names: Map<string, Scope>
}

function scopeOf(paths: readonly Path[]): Scope {
  const root: Scope = { isWhole: false, names: new Map() }
  for (const path of paths) {
    let scope = root
    for (const name of components(path)) {
      const next = scope.names.get(name) ?? { isWhole: false, names: new Map() }
      scope.names.set(name, next)
      scope = next
    }
    scope.isWhole = true
  }
  return root
}

/**
 * Goes down to the paths of a scope. Where the three are not all directories no path below can be judged alone: whether
 * a file goes depends on what becomes of the directory that held it. So the rules are applied there, to all below.
 */
function reconcileScope(writing: Writing, trees: Versions, scope: Scope): void {
  if (scope.isWhole) writing.directories.push({ path: '', versions: trees })
  const open = scope.isWhole ? [] : [{ path: '', versions: trees, scope }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [name, below] of next.scope.names) {
      const path = join(next.path, name)
      const versions = childVersions(next.versions, name)
      if (below.isWhole || !areDirectories(versions) || writing.moved.has(path)) reconcileEntry(writing, path, versions)
      else open.push({ path, versions, scope: below })
    }
  }
}
