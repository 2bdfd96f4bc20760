import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { HistoryRow } from '../../lib/daemon/verbs.ts'
import { Pair } from './pair.ts'

interface Told {
  readonly history: readonly HistoryRow[]
  readonly missing: readonly string[]
}

describe('dsync history', () => {
  it('tells of a file under its earlier names, with the version that can be brought back, with a daemon or without', async t => {
    const pair = await Pair.make()
    t.after(() => pair.close())
    mkdirSync(join(pair.alpha, 'old'))
    writeFileSync(join(pair.alpha, 'old/notes.txt'), 'first\n')
    await pair.start()
    assert.equal((await pair.sync()).code, 0)
    writeFileSync(join(pair.alpha, 'old/notes.txt'), 'second\n')
    assert.equal((await pair.sync()).code, 0)
    renameSync(join(pair.alpha, 'old'), join(pair.alpha, 'new'))
    assert.equal((await pair.sync()).code, 0)

    const { history, missing } = (await pair.ok('history', 'project/new/notes.txt', '--json')).json as Told
    assert.deepEqual(
      history.map(({ what, path, on }) => [what, path, on]),
      [
        ['moved', 'new', 'twin'],
        ['replaced', 'old/notes.txt', 'twin'],
        ['added', 'old/notes.txt', 'twin'],
      ],
    )
    assert.deepEqual(missing, [])
    const undo = history[1]?.undo ?? ''
    const text = (await pair.ok('history', 'project/new/notes.txt')).stdout
    assert.match(text, new RegExp(`replaced +twin +7 B +~/project/old/notes\\.txt +dsync undo ${undo}\n`))
    await pair.ok('undo', undo)
    assert.equal(readFileSync(join(pair.beta, 'old/notes.txt'), 'utf8'), 'first\n')
    assert.equal((await pair.sync()).code, 0)

    await pair.stop()
    const alone = await pair.ok('history', 'project/new', '--limit', '3')
    assert.match(alone.stdout, /moved +twin .*~\/project\/new \(was ~\/project\/old\)/)
    assert.match(alone.stdout, /missing: what lies in the trash, for the daemon is not running \(dsync start\)\n$/)
  })
})
