import type { DirectoryHandle } from '../../lib/ports/disk.ts'
import { ManualClock } from './clock.ts'
import { SimDisk } from './disk.ts'
import { SimProcess } from './process.ts'
import { Random } from './random.ts'
import { SimUser } from './user.ts'
import type { VolumeOptions } from './volume.ts'
import { SimVolume } from './volume.ts'

/** One host with a root at `/top` and a work area at `/work`: what a test of the twins stands on. */
export interface Stage {
  readonly world: ManualClock
  readonly process: SimProcess
  readonly volume: SimVolume
  readonly user: SimUser
  readonly disk: SimDisk
  readonly root: DirectoryHandle
  readonly work: DirectoryHandle
}

export function makeStage(options: Omit<VolumeOptions, 'clock'> = {}): Stage {
  const world = new ManualClock()
  const process = new SimProcess(world)
  const volume = new SimVolume({ ...options, clock: world })
  const user = new SimUser(volume, '/top')
  const random = new Random(1)
  user.mkdir('')
  new SimUser(volume, '/work').mkdir('')
  const disk = new SimDisk(volume, '/top', { process, random })
  return {
    world,
    process,
    volume,
    user,
    disk,
    root: disk.open(''),
    work: new SimDisk(volume, '/work', { process, random }).open(''),
  }
}

/** Creates a file through the port, synced or not. */
export function stageFile(directory: DirectoryHandle, name: string, text: string, synced = false): void {
  const handle = directory.create(name)
  if (text !== '') handle.write(new TextEncoder().encode(text))
  if (synced) handle.sync()
  handle.close()
}
