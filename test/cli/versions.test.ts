import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TrashItem } from '../../lib/core/messages.ts'
import { hunksOf } from '../../lib/cli/text-difference.ts'
import { makeWorld } from './world.ts'

const conflicts = [
  { path: 'a.txt', alpha: 'one\nmine\n', beta: 'one\ntheirs\n' },
  { path: 'sub/b.txt', alpha: 'x', beta: 'y' },
]

function item(id: string, path: string, fields: Partial<TrashItem> = {}): TrashItem {
  return {
    id,
    path,
    entry: { kind: 'file', mode: 0o644, digest: 'd'.repeat(64), size: 12_000 },
    at: 1000,
    why: 'replaced',
    group: `g${id}`,
    ...fields,
  }
}

describe('conflicts', () => {
  it('are listed with both versions and the next commands', async t => {
    const { run } = await makeWorld(t, { conflicts })
    const { exit, out } = await run('conflicts')
    assert.equal(exit, 0)
    assert.match(
      out,
      /^2 conflicts\n\n {2}~\/projects\/a\.txt {6}content {2}\d+ d ago\n {24}here {5}9 B 0644 dddddddd\n/,
    )
    assert.match(
      out,
      /→ dsync diff ~\/projects\/a\.txt\n {2}→ dsync resolve ~\/projects\/a\.txt --mine \| --theirs \| --newest \| --both\n$/,
    )
    const json = (await run('conflicts projects/sub --json')).json<{ conflicts: readonly { path: string }[] }>()
    assert.deepEqual(
      json.conflicts.map(({ path }) => path),
      ['sub/b.txt'],
    )
  })
  it('are shown as a difference, and exit with 3', async t => {
    const { run } = await makeWorld(t, { conflicts })
    const { exit, out } = await run('diff projects/a.txt')
    assert.equal(exit, 3)
    assert.match(out, /^~\/projects\/a\.txt\n--- here {2}9 B[^\n]*\n\+\+\+ twin {2}11 B[^\n]*\n[^]*-mine\n\+theirs\n$/)
  })
  it('show nothing that a text could do to the terminal', async t => {
    const { run } = await makeWorld(t, {
      conflicts: [
        { path: 'e', alpha: 'a\u001b[2Jb\n', beta: 'b\u202e\n' },
        { path: 'bin', alpha: 'a\0', beta: 'b' },
      ],
    })
    const { out } = await run('diff')
    assert.match(out, /-a\\e\[2Jb\n\+b\\u\{202e\}\n[^]* \(not text\)\n$/)
  })
  const ends: readonly (readonly [line: string, told: readonly string[]])[] = [
    ['resolve projects/a.txt --mine', ['resolve a.txt alpha']],
    ['resolve projects/a.txt --theirs', ['resolve a.txt beta']],
    ['resolve projects/a.txt --take here', ['resolve a.txt alpha']],
    ['resolve projects/a.txt --take twin', ['resolve a.txt beta']],
    ['resolve projects/a.txt --newest', ['resolve a.txt newest']],
    ['resolve projects/sub --both', ['resolve sub/b.txt both']],
    ['resolve --all --mine --yes', ['resolve a.txt alpha', 'resolve sub/b.txt alpha']],
  ]
  for (const [line, told] of ends) {
    it(`end by dsync ${line}`, async t => {
      const { run, doubles } = await makeWorld(t, { conflicts })
      const { exit, out } = await run(line)
      assert.equal(exit, 0)
      assert.match(out, /^(resolved {2}~\/projects\/\S+ with twin\n)+$/)
      assert.deepEqual(doubles[0]?.told, told)
    })
  }
  const refusals: readonly (readonly [line: string, exit: number, err: RegExp])[] = [
    ['resolve --mine', 2, /name a PATH, or --all/],
    ['resolve projects/a.txt --all --mine', 2, /name a PATH, or --all/],
    ['resolve projects/a.txt', 2, /give one of --mine/],
    ['resolve projects/a.txt --mine --theirs', 2, /give one of --mine/],
    ['resolve projects/a.txt --take nobody', 2, /between here and twin/],
    ['resolve projects/none --mine', 1, /no conflict stands there/],
    ['resolve --all --mine', 2, /Cannot ask without a terminal.*\n {2}→ Add --yes/],
  ]
  for (const [line, exit, err] of refusals) {
    it(`stay after dsync ${line}`, async t => {
      const { run, doubles } = await makeWorld(t, { conflicts })
      const ran = await run(line)
      assert.equal(ran.exit, exit)
      assert.match(ran.err, err)
      assert.deepEqual(doubles[0]?.told, [])
    })
  }
  it('stay when they are no longer what was shown', async t => {
    const { run, doubles } = await makeWorld(t, { conflicts })
    await run('conflicts')
    const [double] = doubles
    assert.ok(double)
    double.script.conflicts = [{ path: 'a.txt', alpha: 'newer', beta: 'theirs' }]
    const first = await run('resolve projects/a.txt --mine')
    assert.equal(first.exit, 3)
    assert.match(first.out, /^changed {2}.*no longer what was shown {2}→ dsync diff ~\/projects\/a\.txt\n$/)
    assert.equal((await run('resolve projects/a.txt --mine')).exit, 0)
  })
  it('end all together only when the person says yes', async t => {
    const { run, doubles } = await makeWorld(t, { conflicts })
    const no = await run('resolve --all --newest', { answer: '' })
    assert.deepEqual([no.exit, doubles[0]?.told], [130, []])
    assert.match(no.err, /^Resolve 2 conflicts, taking the newest version\? \[y\/N\] /)
    assert.equal((await run('resolve --all --newest', { answer: 'y' })).exit, 0)
    assert.equal((await run('resolve --all --newest')).out, 'No conflicts.\n')
  })
})

describe('the trash', () => {
  const trash = {
    alpha: [
      item('1', 'a.txt', { at: 1000 }),
      item('2', 'b.txt', { at: 2000, group: 'plan' }),
      item('3', 'dir/c.txt', { at: 2000, group: 'plan', why: 'deleted' }),
    ],
    beta: [item('9', 'gone.txt', { at: 9000, why: 'deleted' }), item('8', 'a.txt', { at: 8000, why: 'undone' })],
  }
  it('is listed, newest first, of every host', async t => {
    const { run } = await makeWorld(t, { trash })
    const { exit, out } = await run('trash')
    assert.equal(exit, 0)
    assert.match(
      out,
      /^ {2}WHEN +HOST +WHY +SIZE +PATH +ID +GROUP\n.* twin +deleted +12 kB +~\/projects\/gone\.txt +9 +g9\n/,
    )
    const ids = async (line: string) =>
      (await run(`${line} --json`)).json<{ trash: readonly { id: string }[] }>().trash.map(({ id }) => id)
    assert.deepEqual(await ids('trash'), ['9', '8', '3', '2', '1'])
    assert.deepEqual(await ids('trash projects/a.txt'), ['8', '1'])
    assert.deepEqual(await ids('trash --on twin --limit 1'), ['9'])
    assert.match((await run('trash --on nobody')).err, /known: here, twin/)
  })
  const undos: readonly (readonly [line: string, told: readonly string[]])[] = [
    ['undo', ['restore on alpha: 3 2']],
    ['undo --on twin', ['restore on beta: 9']],
    ['undo projects/a.txt', ['restore on alpha: 1']],
    ['undo projects/dir', ['restore on alpha: 3']],
    ['undo projects/gone.txt', ['restore on beta: 9']],
    ['undo 8', ['restore on beta: 8']],
    ['undo plan', ['restore on alpha: 3 2']],
    ['undo --list', []],
  ]
  for (const [line, told] of undos) {
    it(`gives back by dsync ${line}`, async t => {
      const { run, doubles } = await makeWorld(t, { trash })
      const { exit, out } = await run(line)
      assert.equal(exit, 0)
      assert.match(
        out,
        told.length > 0
          ? /^Brought back [12] paths?:\n {2}~\/projects\/\S+ on \w+ \(\S+ .* ago\)\n/
          : /^Would bring back 2 paths:/,
      )
      assert.deepEqual(doubles[0]?.told, told)
    })
  }
  const versions = {
    alpha: [
      item('1', 'f', { at: 1, group: 'g' }),
      item('2', 'f', { at: 2, group: 'g', why: 'deleted' }),
      item('3', 'other', { at: 2, group: 'g' }),
    ],
  } as const
  const several: readonly (readonly [line: string, told: string])[] = [
    ['undo projects/f', 'restore on alpha: 2'],
    ['undo g', 'restore on alpha: 3 1'],
    ['undo', 'restore on alpha: 3 1'],
    ['undo 1', 'restore on alpha: 1'],
  ]
  for (const [line, told] of several) {
    it(`gives back one version of each path by dsync ${line}`, async t => {
      const { run, doubles } = await makeWorld(t, { trash: versions })
      assert.equal((await run(line)).exit, 0)
      assert.deepEqual(doubles[0]?.told, [told])
    })
  }
  it('says what it could not give back', async t => {
    const { run } = await makeWorld(t, {
      trash: { alpha: [item('1', 'a', { group: 'g' }), item('2', 'b', { group: 'g', why: 'recovered' })] },
    })
    const { exit, out } = await run('undo g')
    assert.equal(exit, 1)
    assert.match(
      out,
      /^Brought back 1 path:\n[^]*~\/projects\/b on here \(.*\): not brought back, something stands there\n/,
    )
  })
  it('has nothing for a path that never was', async t => {
    const { run } = await makeWorld(t, { trash })
    const { exit, err } = await run('undo projects/never')
    assert.deepEqual([exit, err], [1, 'dsync: Cannot undo: nothing like that is in the trash\n  → dsync trash\n'])
  })
})

describe('a difference', () => {
  it('begins at its first hunk', () => {
    assert.deepEqual(hunksOf('diff --git a b\n--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n'), ['@@ -1 +1 @@', '-x', '+y'])
    assert.deepEqual(hunksOf(''), [])
  })
})
