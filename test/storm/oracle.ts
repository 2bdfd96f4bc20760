import type { Record } from './record.ts'
import type { Snapshot } from './snapshot.ts'
import { differences } from './snapshot.ts'

export type Side = 'alpha' | 'beta'

/** What is looked at once both sides have come to rest. */
export interface Rest {
  readonly trees: Readonly<globalThis.Record<Side, Snapshot>>
  readonly records: Readonly<globalThis.Record<Side, readonly Record[]>>
  /** Versions in the trash and among the conflict copies of either host. */
  readonly kept: ReadonlySet<string>
  /** Paths that are listed as conflicts or problems. */
  readonly listed: readonly string[]
}

/** Everything that is wrong with how a storm ended, in words. Nothing when all is well. */
export function faults(rest: Rest): string[] {
  return [...unequal(rest), ...lost(rest), ...untaken(rest), ...leaked(rest)]
}

export function isIgnored(path: string): boolean {
  return path.split('/').some(name => name === 'node_modules' || name.startsWith('.dsync') || name.endsWith('~'))
}

/** Both sides are equal, save for what is listed and what is not synced. */
function unequal({ trees, listed }: Rest): string[] {
  const isKeptOpen = (path: string): boolean => listed.some(each => path === each || path.startsWith(`${each}/`))
  // A directory that holds nothing but ignored things is not synced either.
  const isBare = (path: string): boolean =>
    (['alpha', 'beta'] as const).some(side => {
      const below = [...trees[side].keys()].filter(each => each.startsWith(`${path}/`))
      return below.length > 0 && below.every(each => isIgnored(each) || trees[side].get(each)?.kind === 'directory')
    })
  const exempt = (path: string): boolean => isIgnored(path) || isKeptOpen(path) || isBare(path)
  return differences(trees.alpha, trees.beta, exempt).map(difference => `differs: ${difference}`)
}

/** Every version is somewhere, unless a user ended it. */
function lost({ trees, records, kept }: Rest): string[] {
  const all = [...records.alpha, ...records.beta]
  const there = new Set([...kept, ...versionsIn(trees.alpha), ...versionsIn(trees.beta)])
  const ended = new Set(all.flatMap(line => (line.did === 'ended' ? [line.version] : [])))
  const unseen = all.flatMap(line => (line.did === 'ended-unseen' ? [nameOf(line.path)] : []))
  return all.flatMap(line => {
    if (line.did !== 'wrote' || there.has(line.version) || ended.has(line.version)) return []
    if (unseen.includes(nameOf(line.path))) return []
    return [`lost: ${line.version.slice(0, 40)}, written to ${line.path} at ${new Date(line.at).toISOString()}`]
  })
}

/** What one side wrote last, at a path that the other side left alone, is there on both sides. */
function untaken({ trees, records, listed }: Rest): string[] {
  const found: string[] = []
  for (const side of ['alpha', 'beta'] as const) {
    const others = touchedBy(records[side === 'alpha' ? 'beta' : 'alpha'])
    for (const [path, version] of lastWritten(records[side])) {
      if (others.some(other => overlaps(other, path)) || listed.some(each => overlaps(each, path))) continue
      for (const on of ['alpha', 'beta'] as const) {
        const now = trees[on].get(path)?.version
        if (now !== version)
          found.push(
            `not there on ${on}: ${path} as ${side} left it, ${version.slice(0, 12)}, but ${now?.slice(0, 12)}`,
          )
      }
    }
  }
  return found
}

/** What is ignored never reaches the other side. */
function leaked({ trees, records }: Rest): string[] {
  return (['alpha', 'beta'] as const).flatMap(side => {
    const there = versionsIn(trees[side === 'alpha' ? 'beta' : 'alpha'])
    return records[side].flatMap(line =>
      line.did === 'wrote' && line.ignored && there.has(line.version) ? [`leaked from ${side}: ${line.path}`] : [],
    )
  })
}

function lastWritten(records: readonly Record[]): Map<string, string> {
  const last = new Map<string, string>()
  for (const line of records) {
    const paths = line.did === 'touched' ? line.paths : line.did === 'wrote' && line.ignored !== true ? [line.path] : []
    for (const path of paths) for (const known of last.keys()) if (overlaps(known, path)) last.delete(known)
    if (line.did === 'wrote' && line.ignored !== true) last.set(line.path, line.version)
  }
  return last
}

function touchedBy(records: readonly Record[]): string[] {
  return records.flatMap(line =>
    line.did === 'touched' ? line.paths : line.did === 'wrote' || line.did === 'ended-unseen' ? [line.path] : [],
  )
}

function versionsIn(tree: Snapshot): Set<string> {
  return new Set([...tree.values()].map(({ version }) => version))
}

function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
