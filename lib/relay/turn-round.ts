import { SyncError } from '../core/errors.ts'
import { checkPath } from '../core/path.ts'
import { isAtOrBelow } from '../daemon/host-paths.ts'
import type { Verbs } from '../daemon/verbs.ts'

/*
 * What is said at one end of a session, in the words of the other end. At the hub `alpha` is the hub and a root lies
 * where it lies there; to those who ask on the other host `alpha` is that host. Names of hosts are those that the hub
 * knows both by, at either end.
 */

/** The two hosts, as the hub calls them, and where each root lies on both. */
export interface Pair {
  readonly hub: string
  /** The host that asks. */
  readonly there: string
  readonly roots: readonly RootPair[]
}

export interface RootPair {
  readonly hub: string
  readonly there: string
}

/** What may be asked from another host; everything else is for those who sit at the hub. */
export const relayedVerbs = [
  'status',
  'barrier',
  'verify',
  'queue',
  'why',
  'conflicts',
  'versions',
  'resolve',
  'foresee',
  'override',
  'trash',
  'undo',
  'clean',
  'holds',
  'approve',
  'pause',
  'resume',
  'logs',
  'history',
] as const satisfies readonly (keyof Verbs)[]

export type RelayedVerb = (typeof relayedVerbs)[number]

export function isRelayed(verb: string): verb is RelayedVerb {
  return (relayedVerbs as readonly string[]).includes(verb)
}

/** Verbs whose `host` is the one where something lies; of all others it is the other end of a session. */
const placed: ReadonlySet<string> = new Set<RelayedVerb>(['trash', 'undo', 'clean'])

/** Waits that a guest may ask for (ms): a day, as a person at the hub may. */
const longestMs = 86_400_000

/**
 * What somebody at the other host asks, as the hub's daemon understands it. Nothing else of the parameters is looked at:
 * the daemon reads field by field.
 * @returns `nowhere`: the paths lie in no root of that host. Throws USAGE, and PATH_INVALID for a path that leads out.
 */
export function turnParameters(
  verb: RelayedVerb,
  parameters: unknown,
  pair: Pair,
): Record<string, unknown> | 'nowhere' {
  const fields: Record<string, unknown> = isRecord(parameters) ? { ...parameters } : {}
  const { paths, host, take, timeoutMs, marks } = fields
  if (paths !== undefined) {
    const found = texts(paths).flatMap(path => pathAtHub(path, pair))
    if (found.length === 0) return 'nowhere'
    fields['paths'] = found
  }
  if (host !== undefined && !placed.has(verb)) fields['host'] = hostAtHub(host, pair)
  if (take === 'mine') fields['take'] = 'theirs'
  else if (take === 'theirs') fields['take'] = 'mine'
  if (typeof timeoutMs === 'number') fields['timeoutMs'] = Math.min(timeoutMs, longestMs)
  if (Array.isArray(marks)) fields['marks'] = marks.map(mark => markAtHub(mark, pair))
  return fields
}

function pathAtHub(path: string, { roots }: Pair): string[] {
  return roots.flatMap(root => {
    if (!isAtOrBelow(path, root.there)) return []
    const rest = path.slice(root.there.length).replace(/^\/+|\/+$/g, '')
    if (rest === '') return [root.hub]
    checkPath(rest)
    return [`${root.hub === '/' ? '' : root.hub}/${rest}`]
  })
}

function hostAtHub(host: unknown, { hub, there }: Pair): string {
  if (host === hub) return there
  throw new SyncError('USAGE', `Cannot find a session with the host ${JSON.stringify(host)}`, {
    hint: `From here there is one with ${hub} only`,
  })
}

function markAtHub(mark: unknown, pair: Pair): unknown {
  if (!isRecord(mark)) return mark
  const { root, host } = mark
  const found = pair.roots.find(each => each.there === root)
  return { ...mark, root: found?.hub ?? '', host: host === pair.hub ? pair.there : '' }
}

/** What the hub's daemon says, be it a result or an event, in the words of the host that asked. */
export function turnAnswer(verb: RelayedVerb, answer: unknown, pair: Pair): unknown {
  return turned(answer, { pair, isPlaced: placed.has(verb) })
}

/** An event of the log that is that host's to know; undefined for those of other sessions. */
export function turnLogEvent(event: unknown, pair: Pair): unknown {
  if (!isRecord(event) || event['host'] !== pair.there) return undefined
  return pair.roots.some(({ hub }) => hub === event['root']) ? turnAnswer('logs', event, pair) : undefined
}

interface Turning {
  readonly pair: Pair
  readonly isPlaced: boolean
}

const otherSide: Readonly<Record<string, string>> = { alpha: 'beta', beta: 'alpha' }
const otherMode: Readonly<Record<string, string>> = { send: 'receive', receive: 'send' }
/** What a row of the history says of a conflict that somebody ended. */
const otherTake: Readonly<Record<string, string>> = { 'took alpha': 'took beta', 'took beta': 'took alpha' }

/** Fields whose value turns with the sides. */
const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  side: otherSide,
  take: otherSide,
  mode: otherMode,
  why: otherTake,
}

function turned(value: unknown, turning: Turning): unknown {
  if (Array.isArray(value)) return value.map(item => turned(item, turning))
  if (!isRecord(value)) return value
  // A root with a host names a session, and its host is the other end.
  const namesSession = typeof value['root'] === 'string' && typeof value['host'] === 'string' && !turning.isPlaced
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      Object.hasOwn(otherSide, key) ? otherSide[key] : key,
      // Where something waits to go is a side, where a version comes from and goes are hosts.
      key === 'to' && typeof item === 'string' && value['from'] === undefined
        ? (otherSide[item] ?? item)
        : turnedField(key, item, { ...turning, namesSession }),
    ]),
  )
}

function turnedField(key: string, item: unknown, turning: Turning & { readonly namesSession: boolean }): unknown {
  const { pair, namesSession } = turning
  if (typeof item === 'string') {
    if (key === 'root') return rootThere(item, pair)
    if (key === 'host' && namesSession) return item === pair.there ? pair.hub : item
    return turnedWord(key, item)
  }
  if (key === 'roots' && Array.isArray(item))
    return item.map(root => (typeof root === 'string' ? rootThere(root, pair) : turned(root, turning)))
  return turned(item, turning)
}

function turnedWord(key: string, word: string): string {
  const known = Object.hasOwn(words, key) ? words[key] : undefined
  return known !== undefined && Object.hasOwn(known, word) ? (known[word] ?? word) : word
}

function rootThere(root: string, { roots }: Pair): string {
  return roots.find(({ hub }) => hub === root)?.there ?? root
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
