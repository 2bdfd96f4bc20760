import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { rsyncArguments } from '../../lib/remote/rsync-arguments.ts'
import type { RsyncRunOptions } from '../../lib/remote/rsync-run.ts'
import { runRsync } from '../../lib/remote/rsync-run.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { rsyncIsMissing } from '../sync/lane-pair.ts'
import { ManualClock } from '../sim/clock.ts'

/** Runs a program of these lines in the place of rsync. */
function run(script: string, changed: Partial<RsyncRunOptions> = {}) {
  const seen: number[] = []
  const { ended, stop } = runRsync({
    program: process.execPath,
    parameters: ['-e', script],
    directory: '/',
    environment: process.env,
    clock: systemClock,
    size: 1000,
    progress: bytes => seen.push(bytes),
    ...changed,
  })
  return { ended, stop, seen }
}

const lasting = 'setInterval(() => {}, 1000);'

describe('an rsync that is run', () => {
  it('tells how far it is, and what it sent', async () => {
    const { ended, seen } = run('console.log("f\\n\\r  512  51%  1kB/s\\r  1,000 100%\\nLiteral data: 20 bytes")')
    assert.deepEqual(await ended, { is: 'done', sent: 20 })
    assert.deepEqual(seen, [1000])
  })
  it('is stopped when it deals with more than the file holds', async () => {
    const { ended } = run(`console.log("  1,001  99%");${lasting}`)
    assert.deepEqual(await ended, { is: 'failed', why: 'more came than the file holds' })
  })
  it('is stopped when it says nothing for long', async () => {
    const clock = new ManualClock()
    const { ended } = run(lasting, { clock })
    await clock.settle({ forMs: 121_000 })
    assert.deepEqual(await ended, { is: 'lost', why: 'rsync said nothing for 120 s' })
  })
  it('is killed when it does not end by itself', async () => {
    const { ended, stop, seen } = run(`process.on("SIGTERM", () => {});console.log("  1  1%");${lasting}`)
    while (seen.length === 0) await new Promise(resolve => setImmediate(resolve))
    stop()
    stop()
    assert.deepEqual(await ended, { is: 'lost', why: 'it was stopped' })
  })
  it('may not be there', async () => {
    const end = await run('', { program: join(tmpdir(), 'no such program') }).ended
    assert.ok(end.is === 'unusable' && /cannot be started: .*ENOENT/.test(end.why))
  })
})

/** A stand-in for ssh behind which another sender than the one that was asked for answers. */
const impostor = (node: string, words: readonly string[]): string => `#!${node}
const { spawn } = require('node:child_process')
const child = spawn('rsync', ${JSON.stringify(words)}, { stdio: ['pipe', 'inherit', 'inherit'] })
let asked = Buffer.alloc(0)
const drop = bytes => {
  asked = Buffer.concat([asked, bytes])
  const end = asked.indexOf('\\0\\0')
  if (end < 0) return
  process.stdin.off('data', drop)
  child.stdin.write(asked.subarray(end + 2))
  process.stdin.pipe(child.stdin)
}
process.stdin.on('data', drop)
child.stdin.on('error', () => {})
child.on('close', code => process.exit(code ?? 255))
`

/** A host that sends what it likes: what is in its directory, as the words say. */
function sentBy(t: TestContext, words: readonly string[]) {
  const base = mkdtempSync(join(tmpdir(), 'dsync-impostor-'))
  t.after(() => rmSync(base, { recursive: true, force: true }))
  const [evil, slots] = [join(base, 'evil'), join(base, 'slots')]
  for (const directory of [evil, join(evil, 'd'), slots]) mkdirSync(directory)
  for (const name of ['slot', 'other', 'd/slot']) writeFileSync(join(evil, name), 'evil')
  const slot = join(slots, 'slot')
  writeFileSync(slot, 'as it was')
  const ssh = join(base, 'ssh')
  writeFileSync(
    ssh,
    impostor(process.execPath, ['--server', '--sender', ...words.map(word => word.replace('EVIL', evil))]),
    {
      mode: 0o700,
    },
  )
  const copy = { direction: 'pull', from: '/r/slot', into: slot, hasBasis: true, ssh: [ssh] } as const
  const parameters = rsyncArguments(copy, { secluded: true }) ?? []
  const environment = { ...process.env, LC_ALL: 'C' }
  const { ended } = run('', { program: 'rsync', parameters, environment })
  return { ended, slots, slot }
}

describe('a sender that was not asked for what it sends', { skip: rsyncIsMissing() ?? false }, () => {
  const rows: readonly (readonly [says: string, words: readonly string[]])[] = [
    ['a directory with all that is in it', ['-lre.LsfxCIvu', '.', 'EVIL/']],
    ['a directory in the place of a file', ['-lre.LsfxCIvu', '.', 'EVIL']],
    ['two files', ['-Ie.LsfxCIvu', '.', 'EVIL/slot', 'EVIL/other']],
    ['files in directories of their own', ['-RIe.LsfxCIvu', '.', 'EVIL/d/slot']],
  ]
  it('is told from one that sends what was asked for', async t => {
    const { ended, slot } = sentBy(t, ['-Ie.LsfxCIvu', '.', 'EVIL/slot'])
    assert.equal((await ended).is, 'done')
    assert.equal(readFileSync(slot, 'utf8'), 'evil')
  })
  for (const [says, words] of rows) {
    it(`writes nothing beside the slot: ${says}`, async t => {
      const { ended, slots, slot } = sentBy(t, words)
      await ended
      assert.deepEqual(readdirSync(slots), ['slot'])
      assert.ok(['as it was', 'evil'].includes(readFileSync(slot, 'utf8')))
    })
  }
})
