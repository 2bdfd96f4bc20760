import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { loadNative } from '../../lib/replica/disk/native.ts'
import type { OpenDiskOptions } from '../../lib/replica/disk/open-disk.ts'
import { openDisk } from '../../lib/replica/disk/open-disk.ts'
import type { Disk } from '../../lib/ports/disk.ts'

const native = loadNative()

/** Every way in which a disk is reached on this system. */
export const diskKinds: readonly {
  readonly name: string
  readonly pins: boolean
  readonly options: OpenDiskOptions
}[] = [
  ...(process.platform === 'linux' && native !== undefined
    ? [{ name: 'pinned, native', pins: true, options: { native } }]
    : []),
  ...(process.platform === 'linux' ? [{ name: 'pinned, plain', pins: true, options: { native: undefined } }] : []),
  { name: 'portable', pins: false, options: { native, platform: 'darwin' } },
]

/** A directory of the test's own with a disk at `root` in it; both are gone after the test. */
export function makeDisk(
  t: TestContext,
  options: OpenDiskOptions,
): { readonly disk: Disk; readonly top: string; readonly root: string } {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-disk-')))
  const root = join(top, 'root')
  mkdirSync(root)
  const disk = openDisk(root, options)
  t.after(() => {
    disk.close()
    rmSync(top, { recursive: true, force: true })
  })
  return { disk, top, root }
}

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
