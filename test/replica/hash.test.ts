import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { codeOf } from '../../lib/core/errors.ts'
import { onDeno } from '../../lib/replica/disk/names.ts'
import { HashPool } from '../../lib/replica/hash-pool.ts'
import { createHasher, digest } from '../../lib/replica/hash.ts'
import type { ReadHandle } from '../../lib/ports/disk.ts'
import type { StartWorker } from '../../lib/ports/worker.ts'
import { startWorker } from '../worker.ts'
import { bytes, diskKinds, makeDisk } from './disk-kinds.ts'

const never = new AbortController().signal
const content = Buffer.alloc(3 * 1024 * 1024 + 17, 'some content ')
const contentDigest = createHash('sha256').update(content).digest('hex')

function openPool(t: TestContext, start: StartWorker | undefined): { pool: HashPool; started: () => number } {
  let count = 0
  const pool = new HashPool(
    start &&
      ((role, data) => {
        count++
        return start(role, data)
      }),
  )
  t.after(() => pool.close())
  return { pool, started: () => count }
}

function openContent(t: TestContext, text: Uint8Array): ReadHandle {
  const { disk, root } = makeDisk(t, diskKinds[0]?.options ?? { native: undefined })
  writeFileSync(join(root, 'file'), text)
  const file = disk.open('').read('file')
  t.after(() => file.close())
  return file
}

describe('digest', () => {
  it('is SHA-256 in hexadecimal, whole or in pieces', () => {
    assert.equal(digest(bytes('abc')), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    const hasher = createHasher()
    for (let at = 0; at < content.length; at += 1000) hasher.update(content.subarray(at, at + 1000))
    assert.equal(hasher.digest(), contentDigest)
    assert.equal(digest(content), contentDigest)
  })
})

describe('hash pool', () => {
  for (const [name, start] of [
    ['in threads', startWorker],
    ['in slices', undefined],
  ] as const) {
    it(`hashes files ${name}`, async t => {
      const { pool, started } = openPool(t, start)
      const [file, empty] = [openContent(t, content), openContent(t, bytes(''))]
      const digests = await Promise.all([file, empty, file, file, file].map(each => pool.hashFile(each, never)))
      assert.deepEqual(digests, [contentDigest, digest(bytes('')), contentDigest, contentDigest, contentDigest])
      assert.equal(started(), start === undefined ? 0 : 2)
    })

    it(`stops when told to ${name}, and goes on with the next`, async t => {
      const { pool } = openPool(t, start)
      const file = openContent(t, content)
      const controllers = Array.from({ length: 5 }, () => new AbortController())
      const hashed = controllers.map(each => pool.hashFile(file, each.signal))
      const reason = new Error('no longer wanted')
      for (const each of controllers.slice(1)) each.abort(reason)
      assert.deepEqual(
        (await Promise.allSettled(hashed)).map(result =>
          result.status === 'fulfilled' ? result.value : result.reason,
        ),
        [contentDigest, reason, reason, reason, reason],
      )
      assert.equal(await pool.hashFile(file, never), contentDigest)
    })
  }

  it('tells when a file cannot be read', async t => {
    const { pool } = openPool(t, startWorker)
    const file = openContent(t, content)
    const closed: ReadHandle = { ...file, descriptor: 1_000_000 }
    await assert.rejects(pool.hashFile(closed, never), error => ['EBADF', 'ENOENT'].includes(codeOf(error) ?? ''))
    assert.equal(await pool.hashFile(file, never), contentDigest)
  })

  it('survives the end of a thread', { skip: onDeno ? 'Deno tells nobody of it' : false }, async t => {
    const { pool, started } = openPool(t, (role, data) => {
      const worker = startWorker(role, data)
      if (started() === 1) void worker.terminate()
      return worker
    })
    const file = openContent(t, content)
    await assert.rejects(pool.hashFile(file, never), { code: 'BUSY', verdict: 'retry' })
    assert.equal(await pool.hashFile(file, never), contentDigest)
  })

  it('lets go of what waits when it is closed', async t => {
    const { pool } = openPool(t, startWorker)
    const file = openContent(t, content)
    const hashed = Promise.allSettled([1, 2, 3, 4].map(() => pool.hashFile(file, never)))
    await pool.close()
    for (const result of await hashed) assert.equal(result.status, 'rejected')
  })
})
