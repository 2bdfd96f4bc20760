import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { codeOf } from '../../lib/core/errors.ts'
import { foldingDisk } from './folding-disk.ts'
import { Pair } from './pair.ts'

interface Synced {
  readonly sync: readonly [
    {
      readonly conflicts: { readonly total: number }
      readonly problems: { readonly first: readonly { readonly path: string; readonly why: string }[] }
    },
  ]
}

function names(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter(name => !/^\.dsync(\/|$)|^lost\+found$/.test(name))
    .toSorted()
}

/** Which names that disk refuses by itself. */
function refusedBy(directory: string, wanted: readonly string[]): string[] {
  return wanted.filter(name => {
    try {
      writeFileSync(join(directory, name), '')
      rmSync(join(directory, name))
      return false
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      return true
    }
  })
}

it('names that the other disk cannot hold are problems, all else goes on, and other names mend them', async t => {
  const pair = new Pair()
  mkdirSync(pair.beta, { recursive: true })
  const disk = foldingDisk(t, pair.beta)
  t.after(async () => {
    await pair.dsync('stop')
    disk?.unmount()
    await pair.close()
  })
  if (disk === undefined) return
  const write = (path: string, text = path): void => writeFileSync(join(pair.alpha, path), text)
  const refused = refusedBy(pair.beta, ['a:b', 'q?', 'tail.'])
  await pair.ok('hosts', 'add', 'twin', '--pipe', pair.twinHome)
  await pair.ok('roots', 'add', '~/project')
  write('Foo', 'one')
  write('plain')
  mkdirSync(join(pair.alpha, 'dir'))
  write('dir/x')
  await pair.start()
  assert.equal((await pair.sync()).code, 0)

  write('foo', 'other')
  for (const name of refused) write(name)
  write('next')
  const ran = await pair.sync()
  const [{ conflicts, problems }] = (ran.json as Synced).sync
  assert.equal(conflicts.total, 0)
  assert.deepEqual(
    problems.first.map(({ path, why }) => `${path} ${why}`).toSorted(),
    ['foo SPELLING', ...refused.map(name => `${name} NAME`)].toSorted(),
  )
  assert.deepEqual(names(pair.beta), ['Foo', 'dir', 'dir/x', 'next', 'plain'])
  assert.equal(readFileSync(join(pair.beta, 'Foo'), 'utf8'), 'one')
  const why = (await pair.ok('why', 'project/foo')).stdout
  assert.match(why, /cannot be synced on twin: that disk takes its name for that of another/)
  assert.match(why, /→ give one of the two another name/)

  renameSync(join(pair.alpha, 'foo'), join(pair.alpha, 'bar'))
  for (const [index, name] of refused.entries()) renameSync(join(pair.alpha, name), join(pair.alpha, `fine-${index}`))
  renameSync(join(pair.alpha, 'plain'), join(pair.alpha, 'PLAIN'))
  renameSync(join(pair.alpha, 'dir'), join(pair.alpha, 'Dir'))
  assert.equal((await pair.sync()).code, 0)
  const expected = ['Dir', 'Dir/x', 'Foo', 'PLAIN', 'bar', ...refused.map((_, index) => `fine-${index}`), 'next']
  assert.deepEqual([names(pair.alpha), names(pair.beta)], [expected, expected])

  renameSync(join(pair.beta, 'PLAIN'), join(pair.beta, 'Plain'))
  assert.equal((await pair.sync()).code, 0)
  for (const root of [pair.alpha, pair.beta]) {
    assert.ok(names(root).includes('Plain') && !names(root).includes('PLAIN'))
    assert.equal(readFileSync(join(root, 'Plain'), 'utf8'), 'plain')
  }
})
