import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Native } from '../../lib/replica/disk/native.ts'
import { loadNative } from '../../lib/replica/disk/native.ts'
import { openDisk } from '../../lib/replica/disk/open-disk.ts'
import { ManualClock } from '../sim/clock.ts'
import { SimDisk } from '../sim/disk.ts'
import { SimProcess } from '../sim/process.ts'
import { Random } from '../sim/random.ts'
import { SimUser } from '../sim/user.ts'
import type { VolumeOptions } from '../sim/volume.ts'
import { SimVolume } from '../sim/volume.ts'
import type { DiskCase } from './disk-case.ts'
import { diskSuite } from './disk-suite.ts'
import { realOutside, removeTree } from './real-outside.ts'

function simulated(options: Omit<VolumeOptions, 'clock'> = {}): DiskCase {
  const world = new ManualClock()
  const process = new SimProcess(world)
  const volume = new SimVolume({ ...options, clock: world })
  const user = new SimUser(volume, '/home/dev/root')
  user.mkdir('')
  const open = (base: string): SimDisk => new SimDisk(volume, base, { process, random: new Random(1) })
  const disk = open('/home/dev/root')
  return {
    disk,
    top: disk.open(''),
    work: open('/home/dev/kit/work'),
    outside: {
      ...bound(user),
      read: path => user.text(path),
      open(path) {
        const writer = user.open(path, 'keep')
        return { write: text => writer.write(new TextEncoder().encode(text)), close: () => writer.close() }
      },
      fifo(path) {
        user.special(path, 'fifo')
        return true
      },
    },
    can: {
      exchange: volume.options.exchange,
      exclusiveRename: volume.options.exclusiveRename,
      leases: volume.options.leases,
      bytes: true,
    },
    privileged: volume.options.privileged,
    wait: async work => {
      await world.settle()
      await work
    },
  }
}

function bound(
  user: SimUser,
): Pick<DiskCase['outside'], 'write' | 'mkdir' | 'symlink' | 'rename' | 'remove' | 'chmod'> {
  return {
    write: (path, text) => user.write(path, text),
    mkdir: path => user.mkdir(path),
    symlink: (target, path) => user.symlink(target, path),
    rename: (from, to) => user.mv(from, to),
    remove: path => user.rm(path),
    chmod: (path, mode) => user.chmod(path, mode),
  }
}

function real(t: TestContext, native: Native | undefined): DiskCase {
  const home = mkdtempSync(join(tmpdir(), 'dsync-disk-'))
  const base = join(home, 'root')
  mkdirSync(base)
  const disk = openDisk(base, { native })
  const work = openDisk(join(home, 'kit/work'), { native })
  t.after(() => {
    disk.close()
    work.close()
    removeTree(home)
  })
  const able = native !== undefined
  return {
    disk,
    top: disk.open(''),
    work,
    outside: realOutside(base),
    can: {
      exchange: able,
      exclusiveRename: able,
      leases: able && process.platform === 'linux',
      bytes: process.platform === 'linux',
    },
    privileged: process.getuid?.() === 0,
    wait: work => work,
  }
}

diskSuite('the simulated disk', () => simulated())
diskSuite('the simulated disk with little to offer', () =>
  simulated({ exchange: false, exclusiveRename: false, leases: false, privileged: true }),
)

const native = loadNative()
if (native !== undefined) diskSuite('the real disk with native calls', t => real(t, native))
diskSuite('the real disk without native calls', t => real(t, undefined))
