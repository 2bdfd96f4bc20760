import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { SyncError } from '../../lib/core/errors.ts'
import type { DirectoryHandle, Disk, Stat } from '../../lib/ports/disk.ts'
import { loadNative } from '../../lib/replica/disk/native.ts'
import { openDisk } from '../../lib/replica/disk/open-disk.ts'
import { ManualClock } from '../sim/clock.ts'
import { SimDisk } from '../sim/disk.ts'
import { SimProcess } from '../sim/process.ts'
import { Random } from '../sim/random.ts'
import { SimUser } from '../sim/user.ts'
import { SimVolume } from '../sim/volume.ts'
import { createFile, readAll } from './disk-case.ts'
import { removeTree } from './real-outside.ts'

const native = loadNative()

/** One call in words both disks understand: directories by the order in which they were pinned. */
type Call = (pinned: DirectoryHandle[]) => unknown

const names = ['a', 'b', 'c', 'd'] as const
const hows = native === undefined ? (['replace'] as const) : (['replace', 'exclusive', 'exchange'] as const)

function randomCall(random: Random, pins: number): readonly [string, Call] {
  const [i, j] = [random.int(pins), random.int(pins)]
  const [name, other] = [random.pick(names), random.pick(names)]
  const mode = random.pick([0o644, 0o755, 0o700])
  const how = random.pick(hows)
  const handle = (pinned: DirectoryHandle[], index: number): DirectoryHandle => pinned[index] as DirectoryHandle
  const calls: readonly (readonly [string, Call])[] = [
    [`mkdir ${i}/${name}`, p => handle(p, i).mkdir(name, mode)],
    [`mkdir ${i}/${name}`, p => handle(p, i).mkdir(name, mode)],
    [`create ${i}/${name}`, p => createFile(handle(p, i), name, other)],
    [`symlink ${i}/${name}`, p => handle(p, i).symlink(name, other)],
    [`rmdir ${i}/${name}`, p => handle(p, i).rmdir(name)],
    [`unlink ${i}/${name}`, p => handle(p, i).unlink(name)],
    [`link ${i}/${name} ${j}/${other}`, p => handle(p, i).link(name, handle(p, j), other)],
    [`rename ${i}/${name} ${j}/${other} ${how}`, p => handle(p, i).rename(name, handle(p, j), other, how)],
    [`rename ${i}/${name} ${j}/${other} ${how}`, p => handle(p, i).rename(name, handle(p, j), other, how)],
    [`rename ${j}/${name} ${i}/${name} ${how}`, p => handle(p, j).rename(name, handle(p, i), name, how)],
    [`setMode ${i}/${name}`, p => handle(p, i).setMode(name, mode)],
    [`lookup ${i}/${name}`, p => shown(handle(p, i).lookup(name))],
    [`readlink ${i}/${name}`, p => handle(p, i).readlink(name)],
    [`read ${i}/${name}`, p => readAll(handle(p, i), name)],
    [`append ${i}/${name}`, p => appendTo(handle(p, i), name, other)],
    [
      `list ${i}`,
      p =>
        handle(p, i)
          .list()
          .map(item => `${item.name} ${item.kind}`)
          .sort(),
    ],
    [`child ${i}/${name}`, p => void p.push(handle(p, i).child(name))],
    [`child ${i}/${name}`, p => void p.push(handle(p, i).child(name))],
  ]
  return random.pick(calls)
}

function appendTo(directory: DirectoryHandle, name: string, text: string): void {
  const handle = directory.append(name)
  handle.write(new TextEncoder().encode(text))
  handle.close()
}

/** What two disks can agree on: not times, numbers, or how they count a directory. */
function shown(stat: Stat | undefined): string | undefined {
  if (stat === undefined) return undefined
  const own = stat.kind === 'directory' ? '' : ` ${stat.size} ${stat.links}`
  return `${stat.kind} ${stat.kind === 'symlink' ? '' : stat.mode.toString(8)}${own}`
}

/** What a call gave, or the code of its error; how a link is refused as a directory differs. */
function outcome<T>(call: () => T): T | string {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return error.code === 'ELOOP' ? 'ENOTDIR' : error.code
  }
}

function everything(directory: DirectoryHandle): unknown {
  const below = (name: string, stat: Stat | undefined): unknown => {
    if (stat?.kind === 'directory') return withChild(directory, name, everything)
    return stat?.kind === 'file' ? readAll(directory, name) : undefined
  }
  return outcome(() =>
    directory
      .list()
      .map(({ name }) =>
        outcome(() => [name, shown(directory.lookup(name)), outcome(() => below(name, directory.lookup(name)))]),
      )
      .sort(),
  )
}

function withChild<T>(directory: DirectoryHandle, name: string, work: (child: DirectoryHandle) => T): T {
  const child = directory.child(name)
  try {
    return work(child)
  } finally {
    child.close()
  }
}

function history(seed: number, disks: readonly Disk[]): void {
  const random = new Random(seed)
  const pinned = disks.map(disk => [disk.open('')])
  const said: string[] = []
  for (let step = 0; step < 80; step++) {
    const [words, call] = randomCall(random, pinned[0]?.length ?? 0)
    const [simulated, real] = pinned.map(handles => outcome(() => call(handles)))
    said.push(`${words}: ${JSON.stringify(real)}`)
    assert.deepEqual(simulated, real, `seed ${seed}, real and simulated part at the last of\n${said.join('\n')}`)
  }
  const [simulated, real] = pinned.map(handles => everything(handles[0] as DirectoryHandle))
  assert.deepEqual(simulated, real, `seed ${seed} ends differently`)
  for (const handle of pinned.flat()) handle.close()
}

it('the simulated disk answers random calls as the real one does', t => {
  if (process.platform !== 'linux') return t.skip('errnos are those of Linux')
  const privileged = process.getuid?.() === 0
  for (let seed = 1; seed <= 60; seed++) {
    const home = mkdtempSync(join(tmpdir(), 'dsync-twins-'))
    mkdirSync(join(home, 'root'))
    const world = new ManualClock()
    const volume = new SimVolume({ clock: world, privileged })
    new SimUser(volume, '/root').mkdir('')
    const simulated = new SimDisk(volume, '/root', { process: new SimProcess(world), random: new Random(seed) })
    const real = openDisk(join(home, 'root'), { native })
    try {
      history(seed, [simulated, real])
      assert.equal(simulated.openHandles, 0)
    } finally {
      simulated.close()
      real.close()
      removeTree(home)
    }
  }
})
