import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A disk of its own, in memory, for what one cannot do to the machine's. */
export interface SmallDisk {
  readonly path: string
  /** Mounts it anew with other options: `ro`, `rw`, `size=4m`. */
  remount(options: string): void
  /** To be called when what works on it has ended. */
  unmount(): void
}

/** Mounts a disk of some size (`1m`); skips the test where that is not permitted. */
export function smallDisk(t: TestContext, size: string): SmallDisk | undefined {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-disk-')))
  const isMounted = process.platform === 'linux' && mount(['-t', 'tmpfs', '-o', `size=${size},mode=0755`, 'test', path])
  if (!isMounted) {
    rmdirSync(path)
    t.skip('needs the right to mount a disk in memory: Linux, as root')
    return undefined
  }
  return {
    path,
    remount: options => assert.ok(mount(['-o', `remount,${options}`, path])),
    unmount() {
      spawnSync('umount', ['-l', path])
      rmdirSync(path)
    },
  }
}

function mount(words: readonly string[]): boolean {
  return spawnSync('mount', words).status === 0
}
