import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { loadNative } from '../../lib/replica/disk/native.ts'
import { makeDisk } from './disk-kinds.ts'

const native = loadNative()
const skip = native?.unwritten === undefined ? 'this system has no leases, or koffi could not be loaded' : false

describe('leases', { skip }, () => {
  it('tell whether somebody has a file open for writing', t => {
    const { disk } = makeDisk(t, { native })
    const directory = disk.open('')
    const writer = directory.create('file')
    const [first, second] = [directory.read('file'), directory.read('file')]
    assert.equal(first.unwritten(), false)
    writer.close()
    assert.equal(first.unwritten(), true)
    assert.equal(second.unwritten(), true)
    const appender = directory.append('file')
    assert.equal(first.unwritten(), false)
    appender.close()
    assert.equal(first.unwritten(), true)
    first.close()
    second.close()
  })

  it('are given back at once: a writer in another process is neither refused nor the end of this one', async t => {
    const { disk, root } = makeDisk(t, { native })
    const directory = disk.open('')
    writeFileSync(join(root, 'file'), '')
    const script = 'i=0; while [ $i -lt 20000 ]; do : >> "$1"; i=$((i + 1)); done'
    const writer = spawn('sh', ['-c', script, 'sh', join(root, 'file')], { stdio: 'inherit' })
    const exited = once(writer, 'exit', { signal: AbortSignal.timeout(60_000) })
    const seen = { true: 0, false: 0, undefined: 0 }
    const file = directory.read('file')
    for (let i = 0; writer.exitCode === null && writer.signalCode === null; i++) {
      seen[`${file.unwritten()}`]++
      if (i % 100 === 0) await setImmediate()
    }
    assert.deepEqual(await exited, [0, null])
    assert.equal(file.unwritten(), true)
    assert.equal(seen.undefined, 0)
    assert.ok(seen.true > 0)
    file.close()
  })
})
