import { codeOf } from '../../core/errors.ts'
import type { OpenWatcher } from '../../ports/watcher.ts'
import type { StartWorker } from '../../ports/worker.ts'
import { loadKoffi } from '../koffi.ts'
import type { ChokidarOptions } from './chokidar.ts'
import { openChokidar } from './chokidar.ts'
import { openFsWatch } from './fs-watch.ts'
import { openFsevents } from './fsevents.ts'
import { openInotify } from './inotify.ts'
import { networkDisk } from './network-disk.ts'
import { openPolling } from './polling.ts'

/** What a root's configuration may ask for. */
export type WantedWatcher = 'auto' | 'inotify' | 'fs-watch' | 'chokidar' | 'polling'

const wantable: readonly WantedWatcher[] = ['auto', 'inotify', 'fs-watch', 'chokidar', 'polling']

/** A watcher as a setting names it; the best there is for anything else. */
export function wantedWatcher(setting: string | undefined): WantedWatcher {
  return wantable.find(each => each === setting) ?? 'auto'
}

type Watching = Exclude<WantedWatcher, 'auto'> | 'fsevents'

export interface WatcherOptions extends ChokidarOptions {
  readonly wanted: WantedWatcher
  readonly startWorker: StartWorker
  /** ms between two looks at a path, where there is nothing better than looking. */
  readonly pollMs?: number
  /** Told once when something else than the best or the wanted is used, and why. */
  readonly remark: (why: string) => void
}

/** What the choice depends on. */
export interface WatcherFacts {
  readonly wanted: WantedWatcher
  readonly platform: NodeJS.Platform
  readonly deno: boolean
  readonly koffi: boolean
  /** What kind of network disk the root lies on. */
  readonly network: string | undefined
}

const defaultPollMs = 1000

interface Choice {
  readonly watching: Watching
  readonly why?: string
}

/** Chooses how a root is watched. `why` is there when that is not what was wanted, or not the best. */
export function watchingFor(facts: WatcherFacts): Choice {
  const { wanted, platform, deno, network } = facts
  if (wanted === 'polling') return { watching: 'polling' }
  if (wanted === 'chokidar' || wanted === 'fs-watch') {
    return deno
      ? { watching: 'polling', why: `${wanted} misses changes under Deno: the root is polled` }
      : { watching: wanted }
  }
  if (wanted === 'auto' && network !== undefined) {
    return { watching: 'polling', why: `changes made elsewhere on ${network} send no events here: the root is polled` }
  }
  if (platform === 'linux') return onLinux(facts)
  const why = `inotify is not to be had on ${platform}`
  const watching = platform === 'darwin' ? 'fsevents' : 'chokidar'
  return wanted === 'auto' ? { watching } : { watching, why }
}

function onLinux({ koffi, deno }: WatcherFacts): Choice {
  if (koffi) return { watching: 'inotify' }
  if (deno)
    return {
      watching: 'polling',
      why: 'koffi cannot be loaded, and fs.watch misses changes under Deno: the root is polled',
    }
  return { watching: 'fs-watch', why: 'koffi cannot be loaded: fs.watch is used, which hides dropped events' }
}

/** How to watch a root: as it is wanted, or the best there is on this machine. */
export function chooseWatcher(options: WatcherOptions): OpenWatcher {
  const koffi = loadKoffi()
  const { watching, why } = watchingFor({
    wanted: options.wanted,
    platform: process.platform,
    deno: 'Deno' in globalThis,
    koffi: koffi !== undefined,
    network: networkDisk(options.root),
  })
  if (why !== undefined) options.remark(why)
  switch (watching) {
    case 'inotify':
      return koffi === undefined ? openFsWatch() : orFsWatch(openInotify({ ...options, koffi }), options.remark)
    case 'fs-watch':
      return openFsWatch()
    case 'fsevents':
      return openFsevents(options)
    case 'chokidar':
      return openChokidar(options)
    case 'polling':
      return openPolling({ ...options, pollMs: options.pollMs ?? defaultPollMs })
  }
}

/** A user has few inotify instances (128 by default); Node's own serves all roots of a process. */
function orFsWatch(open: OpenWatcher, remark: (why: string) => void): OpenWatcher {
  return listener => {
    try {
      return open(listener)
    } catch (error) {
      if (codeOf(error) !== 'EMFILE') throw error
      remark('no inotify instance is left: fs.watch is used. sudo sysctl fs.inotify.max_user_instances=1024 gives more')
      return openFsWatch()(listener)
    }
  }
}
