import assert from 'node:assert/strict'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { KitLayout } from '../../lib/kit/layout.ts'
import { kitLayout } from '../../lib/kit/layout.ts'
import { currentRelease, placeRelease } from '../../lib/kit/place-release.ts'
import { receiveRelease } from '../../lib/kit/receive-release.ts'
import { readRelease } from '../../lib/kit/release-wire.ts'
import type { Release } from '../../lib/kit/release.ts'
import { isNewer, isWhole, releaseOf } from '../../lib/kit/release.ts'
import type { SentRelease } from '../../lib/kit/send-release.ts'
import { refuseNewer, sendRelease } from '../../lib/kit/send-release.ts'
import { openWorkbench } from '../../lib/kit/workbench.ts'
import type { Koffi } from '../../lib/replica/koffi.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { linkPair } from '../protocol/memory-link.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const platform = `${process.platform}-${process.arch}`

interface Kit {
  readonly folder: string
  readonly release: () => Release
  write(path: string, text: string): void
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'dsync-release-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A small kit with all kinds of files. */
function kit(t: TestContext, version = '1.2.3'): Kit {
  const folder = temporary(t)
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  write('package.json', JSON.stringify({ version }))
  write('install.sh', '#!/bin/sh\n')
  write('bin/dsync', '#!/bin/sh\n')
  chmodSync(join(folder, 'bin/dsync'), 0o755)
  symlinkSync('dsync', join(folder, 'bin/dtest'))
  write('dist/sync-manager.js', 'x'.repeat(50_000))
  write('dist/notes.txt', 'no part of it')
  write('node_modules/koffi/index.js', 'koffi')
  write('node_modules/koffi/src/koffi.cc', 'no part of it')
  write('node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node', 'native')
  write('node_modules/@koromix/koffi-darwin-arm64/koffi.node', 'of another')
  return { folder, write, release: () => releaseOf(folder, 'linux-x64') }
}

/** What an agent in a home and a hub do about a release. */
async function deliver(layout: KitLayout, { folder, release }: Kit, sent?: Release): Promise<SentRelease> {
  const { hub, agent } = linkPair({ chunk: 1000 })
  const signal = new AbortController().signal
  const options = { host: 'other', release: sent ?? release(), folder, clock: systemClock, signal }
  const [, came] = await Promise.all([receiveRelease(agent, layout), sendRelease(() => hub, options)])
  return came
}

describe('a release of the kit', () => {
  it('holds what a platform needs and is named by it', t => {
    const made = kit(t)
    const { name, files } = made.release()
    assert.match(name, /^1\.2\.3-[0-9a-f]{12}$/)
    assert.deepEqual(
      files.map(({ path, isProgram }) => `${path}${isProgram ? '*' : ''}`),
      [
        'bin/dsync*',
        'bin/dtest*',
        'dist/sync-manager.js',
        'install.sh',
        'node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node',
        'node_modules/koffi/index.js',
        'package.json',
      ],
    )
    assert.equal(made.release().name, name)
    made.write('dist/sync-manager.js', 'y')
    assert.notEqual(made.release().name, name)
  })
  it('of this checkout has all that native calls need', t => {
    const folder = temporary(t)
    for (const { path } of releaseOf(checkout, platform).files) {
      if (!path.startsWith('node_modules/')) continue
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      copyFileSync(join(checkout, path), join(folder, path))
    }
    const load = createRequire(join(folder, 'dist/sync-manager.js'))
    assert.ok(load.resolve('koffi').startsWith(realpathSync(folder)))
    const koffi = load('koffi') as Koffi
    assert.equal(koffi.load(null).func('int getpid()')(), process.pid)
  })
  it('is sent whole once, then not at all, then what changed', async t => {
    const [made, layout] = [kit(t), kitLayout(temporary(t))]
    const first = await deliver(layout, made)
    assert.deepEqual([first.before, first.placed], [undefined, made.release().name])
    assert.ok(first.sentBytes > 0)
    assert.equal(currentRelease(layout), first.placed)
    assert.equal(readFileSync(join(layout.bin, 'dsync'), 'utf8'), '#!/bin/sh\n')
    assert.equal(readlinkSync(join(layout.bin, 'dtest')), '../kit/current/bin/dtest')
    assert.equal((await deliver(layout, made)).sentBytes, 0)
    made.write('dist/other.js', 'new')
    const second = await deliver(layout, made)
    assert.ok(second.sentBytes < 100, `${second.sentBytes} bytes were sent`)
    assert.equal(second.before, first.placed)
    assert.ok(isWhole(join(layout.releases, second.placed), second.placed))
  })
  it('leaves the one before, removes older ones, and touches nothing else', async t => {
    const [made, layout] = [kit(t), kitLayout(temporary(t))]
    mkdirSync(join(layout.releases, 'agents/a'), { recursive: true })
    mkdirSync(join(layout.releases, 'new.dead.99999999'), { recursive: true })
    const names: string[] = []
    for (const text of ['1', '2', '3']) {
      made.write('dist/sync-manager.js', text)
      names.push((await deliver(layout, made)).placed)
    }
    assert.deepEqual(readdirSync(layout.releases).toSorted(), [...names.slice(1), 'agents', 'current'].toSorted())
  })
  it('that was tampered with is sent again', async t => {
    const [made, layout] = [kit(t), kitLayout(temporary(t))]
    const { placed } = await deliver(layout, made)
    writeFileSync(join(layout.releases, placed, 'dist/sync-manager.js'), 'tampered')
    writeFileSync(join(layout.releases, placed, 'dist/more.js'), 'more')
    assert.ok((await deliver(layout, made)).sentBytes > 0)
    assert.ok(isWhole(join(layout.releases, placed), placed))
  })
  it('that is older than the one there is refused before anything is written', async t => {
    const layout = kitLayout(temporary(t))
    await deliver(layout, kit(t, '1.3.0'))
    const before = readdirSync(layout.releases)
    await assert.rejects(deliver(layout, kit(t, '1.2.9')), {
      code: 'VERSION',
      message: 'Cannot put dsync 1.2.9 on other: it has dsync 1.3.0, which is newer',
    })
    assert.deepEqual(readdirSync(layout.releases), before)
  })
  it('whose files are not what it is named for is not taken', async t => {
    const [made, layout] = [kit(t), kitLayout(temporary(t))]
    const release = made.release()
    await assert.rejects(deliver(layout, made, { ...release, files: release.files.slice(1) }), {
      code: 'AGENT_FAILED',
      message: /^Cannot put dsync on other: .*not what it is named for/,
    })
    assert.deepEqual(readdirSync(layout.releases), [])
  })
  it('does not take the place of what somebody else put there', async t => {
    const [made, layout] = [kit(t), kitLayout(temporary(t))]
    mkdirSync(layout.bin)
    writeFileSync(join(layout.bin, 'dsync'), 'mine')
    await assert.rejects(deliver(layout, made), { message: /something else stands there/, hint: 'Move it elsewhere' })
    assert.equal(readFileSync(join(layout.bin, 'dsync'), 'utf8'), 'mine')
  })
  it('is placed from what is brought, without a hub', t => {
    const [made, layout] = [kit(t), kitLayout(temporary(t))]
    const { files, name } = made.release()
    const brought = new Map(files.map(({ path, sha256 }) => [sha256, readFileSync(join(made.folder, path))]))
    const bench = openWorkbench(layout.releases)
    placeRelease(layout, { name, files }, { brought, bench })
    bench.close()
    assert.ok(existsSync(join(layout.currentRelease, 'dist/sync-manager.js')))
  })
  it('ends with the link', async t => {
    const { hub, agent, cut } = linkPair()
    const made = kit(t)
    const signal = new AbortController().signal
    const sending = sendRelease(() => hub, {
      host: 'other',
      release: made.release(),
      folder: made.folder,
      clock: systemClock,
      signal,
    })
    agent.onData(() => cut())
    await assert.rejects(sending, { code: 'TRANSPORT_LOST' })
  })

  const file = { path: 'dist/a.js', isProgram: false, size: 1, sha256: 'a'.repeat(64) }
  const hostile: readonly (readonly [string, unknown])[] = [
    ['no object', 7],
    ['a name that leads elsewhere', { name: '../../x', files: [] }],
    ['a path that leads elsewhere', { name: '1.0.0-0123456789ab', files: [{ ...file, path: '../x' }] }],
    ['an absolute path', { name: '1.0.0-0123456789ab', files: [{ ...file, path: '/etc/x' }] }],
    ['a dot', { name: '1.0.0-0123456789ab', files: [{ ...file, path: 'dist/./x' }] }],
    ['a size below nothing', { name: '1.0.0-0123456789ab', files: [{ ...file, size: -1 }] }],
    ['more than fits', { name: '1.0.0-0123456789ab', files: [{ ...file, size: 1e9 }] }],
    ['too many files', { name: '1.0.0-0123456789ab', files: Array.from({ length: 5001 }, () => file) }],
    ['no digest', { name: '1.0.0-0123456789ab', files: [{ ...file, sha256: 'x' }] }],
  ]
  for (const [says, value] of hostile) {
    it(`is not read from ${says}`, () => assert.throws(() => readRelease(value), { code: 'PROTOCOL' }))
  }
})

describe('versions', () => {
  const rows = [
    ['1.2.3', '1.2.3', false],
    ['1.2.4', '1.2.3', true],
    ['1.10.0', '1.9.9', true],
    ['2.0.0', '10.0.0', false],
    ['1.2.3-beta.1', '1.2.3', false],
  ] as const
  for (const [one, other, newer] of rows) {
    it(`${one} is ${newer ? '' : 'not '}newer than ${other}`, () => assert.equal(isNewer(one, other), newer))
  }
  it('of nothing, or of what has no version, are never newer', () => {
    for (const name of [undefined, '', 'current', 'agents']) {
      assert.doesNotThrow(() => refuseNewer('other', name, '1.0.0-0123456789ab'))
    }
  })
})
