import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf } from '../../lib/core/errors.ts'
import { isWithin, join, nameOf, parentOf } from '../../lib/core/path.ts'
import type { DirectoryKey, OpenWatcher, WatchEvent, Watcher } from '../../lib/ports/watcher.ts'
import type { Look, WatchDisk } from './watch-disk.ts'

/** How long anything may take to be told (ms): generous, for machines that do other things too. */
const deadlineMs = 15_000

/** How often a condition is looked at (ms). */
const lookMs = 5

/** How often the whole disk is compared with what is known (ms). */
const diffMs = 20

/** Somebody takes their time (ms): part of what is tested, never a wait for something. */
export const pause = (ms: number): Promise<void> => delay(ms)

export interface Waiting {
  /** ms between two looks at the condition. */
  readonly everyMs: number
  /** Where time is turned by hand. */
  readonly passTime: (() => void) | undefined
}

/** Resolves when `condition` holds; fails the test when it does not in time. */
export async function waitUntil(what: string, condition: () => boolean, { everyMs, passTime }: Waiting): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    assert.ok(performance.now() < end, `waited ${deadlineMs} ms for ${what}`)
    passTime?.()
    await delay(everyMs)
  }
}

interface Told {
  readonly event: WatchEvent
  /** The paths it names, or the one whose listing it asks for. */
  readonly paths: readonly string[]
}

/**
 * The smallest thing that uses a watcher as a replica does: it places a watch, then lists; and it looks at a path only
 * when an event makes it. So what it knows equals the disk only if no event was missed.
 */
export class WatchObserver {
  readonly disk: WatchDisk
  readonly watcher: Watcher
  /** All events so far, with the paths their directories had when they came. */
  readonly events: Told[] = []
  /** What it saw when it last looked, by path; the root is ''. */
  readonly known = new Map<string, Look>()
  readonly keys = new Map<string, DirectoryKey>()
  readonly #paths = new Map<DirectoryKey, string>()
  readonly #passTime: (() => void) | undefined
  #nextKey = 1
  #opening = true

  constructor(disk: WatchDisk, open: OpenWatcher, passTime: (() => void) | undefined) {
    this.disk = disk
    this.#passTime = passTime
    this.watcher = open(batch => this.#take(batch))
    this.#opening = false
    this.#look('')
  }

  /** Resolves when a change in the root has been told of by name: watchers that start behind our back have started. */
  async started(): Promise<void> {
    let round = 0
    await this.until(
      'the watcher to start',
      () => {
        this.disk.write('probe', String(round++))
        return this.events.some(({ event }) => 'name' in event && event.name === 'probe')
      },
      50,
    )
    this.disk.unlink('probe')
    await this.until('the probe to be gone', () => !this.known.has('probe'))
  }

  async until(what: string, condition: () => boolean, everyMs = lookMs): Promise<void> {
    await waitUntil(what, condition, { everyMs, passTime: this.#passTime }).catch((error: unknown) => {
      throw new Error(`last events: ${JSON.stringify(this.events.slice(-8))}`, { cause: error })
    })
  }

  /** Resolves when, from the event at `mark` on, something was told that makes one look at `path`. */
  async told(path: string, mark: number, kind?: WatchEvent['kind']): Promise<void> {
    await this.until(`${kind ?? 'an event'} for ${JSON.stringify(path)}`, () =>
      this.events.slice(mark).some(told => covers(told, path, kind)),
    )
  }

  /** Resolves when all that is known equals the disk: nothing was missed. */
  async converged(): Promise<void> {
    await this.until('all changes to be told', () => this.difference() === undefined, diffMs).catch(
      (error: unknown) => {
        throw new Error(`not told: ${JSON.stringify(this.difference())}`, { cause: error })
      },
    )
  }

  /** A path whose look on the disk is not the one that is known. */
  difference(): string | undefined {
    const there = new Map(this.#lookBelow(''))
    for (const [path, look] of there) if (!sameLook(look, this.known.get(path))) return path
    for (const path of this.known.keys()) if (!there.has(path)) return path
    return undefined
  }

  absolute(path: string): string {
    return path === '' ? this.disk.root : join(this.disk.root, path)
  }

  *#lookBelow(path: string): Generator<readonly [string, Look]> {
    const look = this.disk.look(path)
    if (look === undefined) return
    yield [path, look]
    if (look.kind === 'directory') for (const name of look.names) yield* this.#lookBelow(join(path, name))
  }

  #take(batch: readonly WatchEvent[]): void {
    assert.ok(!this.#opening, 'the listener was called before open returned')
    for (const event of batch) {
      const paths = this.#pathsOf(event)
      this.events.push({ event, paths })
      this.#act(event, paths[0])
    }
  }

  #pathsOf(event: WatchEvent): string[] {
    const named = (directory: DirectoryKey, name: string) => {
      const parent = this.#paths.get(directory)
      return parent === undefined ? [] : [join(parent, name)]
    }
    if (event.kind === 'moved') return [...named(event.directory, event.name), ...named(event.to, event.newName)]
    if (event.kind !== 'self' && event.kind !== 'lost') return named(event.directory, event.name)
    if (event.directory === undefined) return ['']
    const path = this.#paths.get(event.directory)
    return path === undefined ? [] : [path]
  }

  #act(event: WatchEvent, path: string | undefined): void {
    if (path === undefined) return
    if (event.kind === 'lost' && !event.below) this.#list(path)
    else this.#look(path)
  }

  /** Looks at a path and all below it anew, watches first. */
  #look(path: string): void {
    this.#forget(path)
    const look = this.disk.look(path)
    if (look === undefined) return
    this.known.set(path, look)
    if (look.kind !== 'directory') return
    if (this.#watch(path)) this.#list(path)
  }

  /** Lists a directory anew. What is below its directories is looked at when it is new here. */
  #list(path: string): void {
    const look = this.disk.look(path)
    if (look?.kind !== 'directory') return this.#look(path)
    this.known.set(path, look)
    for (const known of this.known.keys()) {
      if (known !== '' && parentOf(known) === path && !look.names.includes(nameOf(known))) this.#forget(known)
    }
    for (const name of look.names) {
      const child = join(path, name)
      const isKnownDirectory = this.keys.has(child) && this.disk.look(child)?.kind === 'directory'
      if (!isKnownDirectory) this.#look(child)
    }
  }

  #watch(path: string): boolean {
    const key = this.#nextKey++
    try {
      assert.ok(this.watcher.watch(key, this.absolute(path)), `no watch was left for ${path}`)
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false
      throw error
    }
    this.keys.set(path, key)
    this.#paths.set(key, path)
    return true
  }

  #forget(path: string): void {
    const known = this.known.get(path)
    this.known.delete(path)
    if (known?.kind !== 'directory') return
    for (const below of this.known.keys()) if (isWithin(below, path)) this.known.delete(below)
    for (const [watched, key] of this.keys) {
      if (!isWithin(watched, path)) continue
      this.watcher.unwatch(key)
      this.keys.delete(watched)
      this.#paths.delete(key)
    }
  }
}

function covers({ event, paths }: Told, path: string, kind: WatchEvent['kind'] | undefined): boolean {
  if (event.kind === 'lost' && kind !== 'closed' && kind !== 'moved') {
    return paths.some(at => (event.below ? isWithin(path, at) : path !== '' && parentOf(path) === at))
  }
  return (kind === undefined || event.kind === kind) && paths.includes(path)
}

function sameLook(a: Look, b: Look | undefined): boolean {
  return a.kind === 'directory' ? b?.kind === 'directory' : JSON.stringify(a) === JSON.stringify(b)
}
