import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { SyncError } from '../../lib/core/errors.ts'
import { loadNative } from '../../lib/replica/disk/native.ts'
import { lockRoot } from '../../lib/replica/disk/root-lock.ts'
import { openRoot } from '../../lib/replica/open-root.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'

it('a root is held by one at a time, and free again at once', t => {
  const native = loadNative()
  if (native === undefined) return t.skip('koffi has no binary for this machine')
  const root = mkdtempSync(join(tmpdir(), 'dsync-lock-'))
  try {
    const first = lockRoot(root, native)
    assert.throws(
      () => lockRoot(root, native),
      (error: unknown) => error instanceof SyncError && error.code === 'BUSY' && error.verdict === 'retry',
    )
    first.release()
    lockRoot(root, native).release()
  } finally {
    rmSync(root, { recursive: true })
  }
})

it('a root that could not be opened is free for the next try', async () => {
  const top = mkdtempSync(join(tmpdir(), 'dsync-lock-'))
  const [root, work] = [join(top, 'root'), join(top, 'work')]
  const startWorker = () => {
    throw new Error('nothing is hashed or watched here')
  }
  const open = () =>
    openRoot({
      root,
      work,
      host: 'here',
      watcher: 'polling',
      ignore: { patterns: [], gitignore: false },
      clock: systemClock,
      startWorker,
    })
  try {
    // A file where the trash is to be.
    mkdirSync(work)
    writeFileSync(join(work, 'trash'), '')
    for (const attempt of [1, 2]) assert.throws(open, /ENOTDIR|EEXIST|not a directory|no directory|taken/, `${attempt}`)
    rmSync(join(work, 'trash'))
    await open().close()
  } finally {
    rmSync(top, { recursive: true })
  }
})
