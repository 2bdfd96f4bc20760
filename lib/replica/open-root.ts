import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { SyncError } from '../core/errors.ts'
import { IgnoreRules } from '../core/ignore-rules.ts'
import type { IgnoreSettings } from '../core/ignore-settings.ts'
import { racyMs } from '../core/limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { StartWorker } from '../ports/worker.ts'
import { bootId } from './disk/boot-id.ts'
import { sharesDescriptors } from './disk/kernel-text.ts'
import type { Native } from './disk/native.ts'
import { loadNative } from './disk/native.ts'
import { openDisk } from './disk/open-disk.ts'
import type { Probed } from './disk/probe.ts'
import { probe } from './disk/probe.ts'
import { lockRoot } from './disk/root-lock.ts'
import { HashPool } from './hash-pool.ts'
import { digest } from './hash.ts'
import { LocalReplica } from './local-replica.ts'
import type { WantedWatcher } from './watch/open-watcher.ts'
import { chooseWatcher } from './watch/open-watcher.ts'
import { recover } from './recovery.ts'
import { remarksOf } from './remarks.ts'
import { isGitIndex } from './repositories.ts'
import { openWork } from './work.ts'

export interface RootOptions {
  /** The replica's directory, an absolute path. Made if it is missing and was never seen before. */
  readonly root: string
  /** Where staging, trash and copies go when they can: `work/<root id>` in the kit's home. */
  readonly work: string
  readonly host: string
  readonly watcher: WantedWatcher
  readonly ignore: IgnoreSettings
  readonly clock: Clock
  readonly startWorker: StartWorker
}

/** Between two slow rounds over a whole root (ms): a rescan of 100,000 entries takes 0.3 s. */
const safetyMs = 10 * 60 * 1000

/**
 * Opens the replica of a root on this machine's disk. Throws ROOT_MISSING when it was there once and is gone, BUSY when
 * another process works on it.
 */
export function openRoot(options: RootOptions): LocalReplica {
  const native = loadNative()
  const root = openDisk(options.root, { native })
  const home = openDisk(options.work, { native })
  let lock: { release(): void } | undefined
  try {
    home.ensureBase(0o700)
    const created = ensureRoot(root, home)
    lock = lockRoot(root.base, native)
    return openLocked(options, { root, home, native, created, lock })
  } catch (error) {
    lock?.release()
    for (const disk of [root, home]) disk.close()
    throw error
  }
}

interface Opened {
  readonly root: Disk
  readonly home: Disk
  readonly native: Native | undefined
  readonly created: boolean
  readonly lock: { release(): void }
}

function openLocked(options: RootOptions, { root, home, native, created, lock }: Opened): LocalReplica {
  const { work, abilities } = chooseWorkDisk(root, home, options, native)
  const ignore = new IgnoreRules(options.ignore)
  const hashing = new HashPool(sharesDescriptors() ? options.startWorker : undefined)
  const area = openWork(work, { abilities, clock: options.clock })
  const remarks = remarksOf(recover(root, area))
  const watching = {
    wanted: options.watcher,
    root: root.base,
    ignores: (path: string, isDirectory: boolean) => !isGitIndex(path) && ignore.ignores(path, isDirectory),
    startWorker: options.startWorker,
    remark: (why: string) => remarks.push({ code: 'WATCHER', path: '', why, trash: undefined }),
  }
  return new LocalReplica({
    root,
    holder: { disk: openDisk(dirname(root.base), { native }), name: basename(root.base) },
    work: area,
    lock,
    remarks,
    openWatcher: chooseWatcher(watching),
    clock: options.clock,
    hashFile: (handle, signal) => hashing.hashFile(handle, signal),
    digest,
    ignore,
    facts: {
      host: options.host,
      bootId: bootId(),
      caseSensitive: abilities.caseSensitive,
      normalising: abilities.normalising,
      swap: abilities.exchange ? 'exchange' : abilities.hardLinks || abilities.exclusiveRename ? 'aside' : 'copy',
      staging: abilities.stagingInHome ? 'home' : 'root',
      created,
    },
    racyMs: hasFineTimes(work) ? 0 : racyMs,
    seed: randomBytes(4).readUInt32LE(),
    safetyMs,
  })
}

/** In a root's work area once the root has been opened: from then on a missing root is never made anew. */
const seenMark = 'seen'

/** Says whether the root had to be made. */
function ensureRoot(root: Disk, home: Disk): boolean {
  const handle = home.open('')
  try {
    if (handle.lookup(seenMark) === undefined) {
      const created = root.ensureBase(0o755)
      handle.create(seenMark).close()
      return created
    }
  } finally {
    handle.close()
  }
  try {
    root.open('').close()
    return false
  } catch (error) {
    const hint = 'mount it or put it back; to start over: dsync roots remove, then dsync roots add'
    throw new SyncError('ROOT_MISSING', `Cannot open the root ${root.base}: it is not there any more`, {
      verdict: 'halt',
      hint,
      cause: error,
    })
  }
}

/** In the kit's home when files can be moved from there into the root, else in the root. */
function chooseWorkDisk(
  root: Disk,
  home: Disk,
  options: RootOptions,
  native: Native | undefined,
): { readonly work: Disk; readonly abilities: Probed } {
  const probed = probe(root, home)
  if (probed.stagingInHome) return { work: home, abilities: probed }
  home.close()
  const work = openDisk(join(options.root, '.dsync'), { native })
  work.ensureBase(0o700)
  return { work, abilities: { ...probe(root, work), stagingInHome: false } }
}

/** True when writes in quick succession get different times: Linux from 6.13 on, and every disk of macOS. */
function hasFineTimes(work: Disk): boolean {
  const handle = work.open('')
  const name = `grain-${randomBytes(4).toString('hex')}`
  try {
    const file = handle.create(name)
    try {
      const times = new Set<number>()
      for (let i = 0; i < grainWrites; i++) {
        file.write(Uint8Array.of(i))
        times.add(file.stat().ctimeMs)
      }
      return times.size === grainWrites
    } finally {
      file.close()
      handle.unlink(name)
    }
  } finally {
    handle.close()
  }
}

const grainWrites = 5
