import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { SyncError } from '../../lib/core/errors.ts'
import { loadNative } from '../../lib/replica/disk/native.ts'
import { lockRoot } from '../../lib/replica/disk/root-lock.ts'

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
