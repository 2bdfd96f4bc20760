import assert from 'node:assert/strict'
import {
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { RootVerified } from '../../lib/daemon/verbs.ts'
import { Pair } from './pair.ts'

/** Changes what a file holds by another name of it, outside of what is watched, and sets its times back. */
function changeUnseen(pair: Pair, path: string, text: string): void {
  const outside = join(pair.base, 'outside')
  const { atime, mtime } = statSync(path)
  linkSync(path, outside)
  const file = openSync(outside, 'r+')
  writeSync(file, text, 0)
  closeSync(file)
  utimesSync(outside, atime, mtime)
  rmSync(outside)
}

function verified(json: unknown): RootVerified {
  const [root] = (json as { verify: readonly RootVerified[] }).verify
  assert.ok(root !== undefined)
  return root
}

describe('dsync verify', () => {
  it('finds a change that no time, size or event tells of, and says what is on each side', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    mkdirSync(join(pair.alpha, 'sub'))
    writeFileSync(join(pair.alpha, 'sub/notes.txt'), 'what was agreed on\n')
    writeFileSync(join(pair.alpha, 'other.txt'), 'other\n')
    await pair.start()
    assert.equal((await pair.sync()).code, 0)
    const calm = await pair.dsync('verify')
    assert.equal(calm.code, 0, calm.stdout + calm.stderr)
    assert.match(calm.stdout, /^equal {2}~\/project with twin {2}3 entries on .+, 3 entries on twin, 50 B read\n$/)

    changeUnseen(pair, join(pair.beta, 'sub/notes.txt'), 'WHAT')
    assert.equal((await pair.sync()).code, 0, 'nothing tells of it')
    const ran = await pair.dsync('verify', '--json')
    assert.equal(ran.code, 3)
    const { state, differing } = verified(ran.json)
    assert.deepEqual([state, differing.total], ['different', 1])
    const [difference] = differing.first
    assert.deepEqual([difference?.path, difference?.how, difference?.on], ['sub/notes.txt', 'changed', ['twin']])
    assert.notEqual(difference?.sides.alpha.digest, difference?.sides.beta.digest)

    // From then on it is an edit made on the twin, and what it replaced can be brought back.
    assert.equal((await pair.sync()).code, 0)
    assert.equal(readFileSync(join(pair.alpha, 'sub/notes.txt'), 'utf8'), 'WHAT was agreed on\n')
    assert.equal((await pair.dsync('verify', 'project/sub')).code, 0)
    await pair.ok('undo', 'project/sub/notes.txt')
    assert.equal(readFileSync(join(pair.alpha, 'sub/notes.txt'), 'utf8'), 'what was agreed on\n')
  })

  it('ends with 7 where it is paused, and with 124 where there is no time', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    writeFileSync(join(pair.alpha, 'a'), 'a')
    await pair.start()
    assert.equal((await pair.sync()).code, 0)
    assert.equal((await pair.dsync('verify', '--timeout', '0')).code, 124)
    await pair.ok('pause')
    const paused = await pair.dsync('verify')
    assert.deepEqual([paused.code, paused.stdout], [7, 'paused  ~/project with twin  → dsync resume ~/project\n'])
  })
})
