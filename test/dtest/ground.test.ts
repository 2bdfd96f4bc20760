import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { exitCodes } from '../../lib/cli/exit-codes.ts'
import { Ground } from '../../scripts/dtest/ground.ts'
import { localSide } from '../../scripts/dtest/side.ts'
import { sha256 } from '../../scripts/dtest/travel.ts'

const path = 'a.txt'
const marks = [{ path, sha256: sha256('new\n') }]

/** Two folders, and what dsync says each time it is asked whether both agree; `comes` with the last word. */
async function ground(t: TestContext, says: readonly number[], comes: boolean): Promise<Ground> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-ground-')))
  t.after(() => rmSync(base, { recursive: true }))
  const [here, there] = await Promise.all(['here', 'there'].map(name => localSide(name, base)))
  assert.ok(here !== undefined && there !== undefined)
  const codes = [...says]
  const dsync = async () => {
    const code = codes.shift() ?? null
    if (codes.length === 0 && comes) writeFileSync(join(base, path), 'new\n')
    return { code, output: `${code} is the answer\n` }
  }
  const options = { dsync, signal: new AbortController().signal, patience: { lookMs: 50, lateMs: 1, seenMs: 200 } }
  return new Ground({ here, there }, base, options)
}

describe('what dtest waits for', () => {
  it('may take its time, as long as dsync is at it', async t => {
    const where = await ground(t, [exitCodes.timeout, exitCodes.timeout, exitCodes.ok], true)
    assert.equal(typeof (await where.arrived(where.there, marks)), 'number')
  })

  it('has failed when dsync says that both sides are in sync without it', async t => {
    const where = await ground(t, [exitCodes.timeout, exitCodes.ok], false)
    await assert.rejects(where.arrived(where.there, marks), {
      message: 'a.txt has not arrived, and dsync says that both sides are in sync',
    })
  })

  it('has failed with what keeps dsync from it', async t => {
    const where = await ground(t, [exitCodes.held], false)
    await assert.rejects(where.arrived(where.there, marks), {
      message: `dsync sync ${where.root} ended with 4, not 0: 4 is the answer`,
    })
  })

  it('has failed when the change cannot be made', async t => {
    const where = await ground(t, [], false)
    const change = () => where.here.do({ do: 'rename', path: 'nothing', to: path })
    await assert.rejects(where.arrived(where.there, marks, change), /ENOENT/)
  })
})
