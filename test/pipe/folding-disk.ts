import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** Makes a file system in an image and mounts it. @returns the directory of it that folds case; undefined: not here */
type Maker = (image: string, at: string) => string | undefined

/** ext4 where the kernel knows Unicode, FAT, or exFAT by FUSE: whichever this machine can mount. */
const makers: readonly Maker[] = [
  (image, at) => {
    const folds = join(at, 'folds')
    if (!ran('mkfs.ext4', '-q', '-O', 'casefold', image) || !ran('mount', '-o', 'loop', image, at)) return undefined
    mkdirSync(folds)
    return ran('chattr', '+F', folds) ? folds : undefined
  },
  (image, at) => (ran('mkfs.vfat', image) && ran('mount', '-o', 'loop,utf8', image, at) ? at : undefined),
  (image, at) => {
    if (!ran('mkfs.exfat', image)) return undefined
    const device = spawnSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).stdout?.trim() ?? ''
    if (device === '') return undefined
    const isMounted = ran('mount.exfat-fuse', device, at)
    // It goes with the mount.
    ran('losetup', '--detach', device)
    return isMounted ? at : undefined
  },
]

/** Mounts a disk that takes `Foo` and `foo` for one name at a directory; skips the test where that cannot be had. */
export function foldingDisk(t: TestContext, directory: string): { unmount(): void } | undefined {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-folds-')))
  const [image, at] = [join(base, 'image'), join(base, 'mounted')]
  mkdirSync(at)
  const unmount = (): void => {
    spawnSync('umount', ['-l', directory])
    spawnSync('umount', ['-l', at])
    rmSync(base, { recursive: true, force: true })
  }
  for (const make of process.platform === 'linux' && process.getuid?.() === 0 ? makers : []) {
    writeFileSync(image, '')
    truncateSync(image, 64 * 1024 ** 2)
    const made = make(image, at)
    if (made !== undefined && ran('mount', '--bind', made, directory) && folds(directory)) return { unmount }
    spawnSync('umount', ['-l', directory])
    spawnSync('umount', ['-l', at])
  }
  unmount()
  t.skip('needs root on Linux, a loop device, and a disk that folds case: npm run test:provision -- --yes brings exFAT')
  return undefined
}

function folds(directory: string): boolean {
  writeFileSync(join(directory, 'Probe'), '')
  const isFolding = existsSync(join(directory, 'pROBE'))
  rmSync(join(directory, 'Probe'))
  return isFolding
}

function ran(program: string, ...words: readonly string[]): boolean {
  return spawnSync(program, words).status === 0
}
