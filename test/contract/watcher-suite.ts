import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf } from '../../lib/core/errors.ts'
import { parentOf } from '../../lib/core/path.ts'
import type { DirectoryKey } from '../../lib/ports/watcher.ts'
import { runStep, saves, touches } from './watch-saves.ts'
import { stormTests } from './watch-storms.ts'
import type { WatcherMaker } from './watch-world.ts'
import { bare, observed, stillHears } from './watch-world.ts'

const { editorSaves } = JSON.parse(readFileSync(new URL('../cases/watch-events.json', import.meta.url), 'utf8')) as {
  readonly editorSaves: readonly { readonly tool: string }[]
}

/** What every Watcher keeps. Hints may be spurious, so what is tested is that they come, by name or covered by a `lost`. */
export function watcherSuite(maker: WatcherMaker): void {
  describe(maker.name, { skip: maker.skip ?? false, concurrency: 8 }, () => {
    placingTests(maker)
    fileTests(maker)
    directoryTests(maker)
    moveTests(maker)
    stormTests(maker)
    saveTests(maker)
    closingTests(maker)
  })
}

function placingTests(maker: WatcherMaker): void {
  it('places no watch on what is no directory, and says so', async t => {
    const { watcher, absolute } = await observed(t, maker, disk => {
      disk.write('f', '')
      disk.mkdir('d')
      disk.symlink('l', 'd')
    })
    const codeFor = (path: string) => {
      try {
        return watcher.watch(99, absolute(path))
      } catch (error) {
        return codeOf(error)
      }
    }
    assert.deepEqual(['absent', 'f', 'l', 'absent/below', 'd'].map(codeFor), [
      'ENOENT',
      'ENOTDIR',
      'ENOTDIR',
      'ENOENT',
      true,
    ])
  })

  it('counts its watches', async t => {
    const { watcher, absolute } = await observed(t, maker, disk => disk.mkdir('d'))
    const before = watcher.usage().watches
    watcher.unwatch(12_345)
    assert.equal(watcher.usage().watches, before)
    watcher.watch(99, absolute('d'))
    watcher.unwatch(99)
    assert.ok(watcher.usage().watches <= before)
    assert.ok((watcher.usage().limit ?? Infinity) > before)
  })

  it('lets a key stand for another directory', async t => {
    const { disk, watcher, toldOf } = bare(t, maker, 'd', 'e')
    watcher.watch(1, `${disk.root}/d`)
    watcher.watch(1, `${disk.root}/e`)
    await toldOf(1, 'f', text => disk.write('e/f', text))
  })

  it('lets the newer of two keys have a directory', async t => {
    const { disk, watcher, toldOf } = bare(t, maker, 'd')
    watcher.watch(1, `${disk.root}/d`)
    watcher.watch(2, `${disk.root}/d`)
    await toldOf(2, 'f', text => disk.write('d/f', text))
    watcher.unwatch(1)
    await toldOf(2, 'g', text => disk.write('d/g', text))
  })
}

function fileTests(maker: WatcherMaker): void {
  it('tells of files made, written, linked, renamed and removed', async t => {
    const { observer, disk } = await observed(t, maker, disk => disk.mkdir('d'))
    for (const directory of ['', 'd/']) {
      const told = async (act: () => void, ...paths: string[]) => {
        const mark = observer.events.length
        act()
        for (const path of paths) await observer.told(directory + path, mark)
      }
      await told(() => disk.write(`${directory}f`, 'one'), 'f')
      await told(() => disk.append(`${directory}f`, ' and two'), 'f')
      await told(() => disk.write(`${directory}f`, 'one and six'), 'f')
      await told(() => disk.truncate(`${directory}f`), 'f')
      await told(() => disk.rename(`${directory}f`, `${directory}g`), 'f', 'g')
      await told(() => disk.symlink(`${directory}l`, 'nowhere'), 'l')
      await told(() => disk.write(`${directory}h`, 'other'), 'h')
      await told(() => disk.rename(`${directory}g`, `${directory}h`), 'g', 'h')
      await told(() => disk.unlink(`${directory}h`), 'h')
      await told(() => disk.unlink(`${directory}l`), 'l')
    }
    await observer.converged()
  })

  it(
    'tells of modes',
    { skip: maker.blindToModes === true ? 'it compares size, time and inode only' : false },
    async t => {
      const { observer, disk } = await observed(t, maker, disk => disk.write('old', 'x'))
      disk.write('new', 'x')
      await observer.converged()
      for (const path of ['old', 'new']) {
        const mark = observer.events.length
        disk.chmod(path, 0o755)
        await observer.told(path, mark)
      }
      await observer.converged()
    },
  )

  it('tells when a writer closes', async t => {
    const { observer, disk, watcher } = await observed(t, maker)
    if (!watcher.traits.closes) return t.skip('it does not say that it can')
    const mark = observer.events.length
    disk.write('f', 'text')
    await observer.told('f', mark, 'closed')
    const second = observer.events.length
    disk.rename('f', 'g')
    await observer.told('f', second, 'gone')
    await observer.told('g', second, 'closed')
    await observer.told('g', second, 'moved')
  })

  it('carries every name, or says that something is lost', async t => {
    const { observer, disk } = await observed(t, maker)
    const names = [
      'ü',
      'u\u0308',
      '日本',
      ' ',
      'a\nb',
      'back\\slash',
      '-rf',
      '.hidden~',
      'n'.repeat(255),
      '\u{1F600}',
      'bad\udcff\udc80',
      '\ufffd',
    ]
    for (const name of names) {
      const mark = observer.events.length
      disk.write(name, 'text')
      await observer.told(name, mark)
    }
    await observer.converged()
  })
}

function directoryTests(maker: WatcherMaker): void {
  it('misses nothing in directories made a moment ago', async t => {
    const { observer, disk } = await observed(t, maker)
    for (let round = 0; round < 20; round++) {
      disk.mkdir(`d${round}`)
      disk.write(`d${round}/at-once`, 'x')
      disk.mkdir(`d${round}/e`)
      disk.mkdir(`d${round}/e/f`)
      if (round % 3 > 0) await delay(round % 3)
      disk.write(`d${round}/e/f/deep`, 'x')
      disk.write(`d${round}/at-once`, 'changed')
      if (round % 2 === 0) disk.unlink(`d${round}/e/f/deep`)
    }
    await observer.converged()
    const mark = observer.events.length
    disk.write('d7/e/f/later', 'x')
    await observer.told('d7/e/f/later', mark)
    await observer.converged()
  })

  it('follows a name through many removed and remade directories', async t => {
    const { observer, disk } = await observed(t, maker, disk => disk.mkdir('d'))
    for (let round = 0; round < 40; round++) {
      disk.write('d/f', `round ${round}`)
      disk.removeAll('d')
      disk.mkdir('d')
      if (round % 4 === 0) await delay(round % 8)
      disk.write('d/g', `round ${round}`)
    }
    await observer.converged()
    await stillHears(observer)
  })

  it('sees a file become a directory and back', async t => {
    const { observer, disk } = await observed(t, maker)
    for (let round = 0; round < 10; round++) {
      disk.write('x', 'file')
      if (round % 2 === 0) await delay(round)
      disk.unlink('x')
      disk.mkdir('x')
      disk.write('x/f', 'inside')
      if (round % 3 === 0) await delay(round)
      disk.removeAll('x')
    }
    disk.mkdir('x')
    disk.write('x/last', 'x')
    await observer.converged()
  })

  it('tells when the root goes', async t => {
    const { observer, disk } = await observed(t, maker, disk => disk.write('f', 'x'))
    disk.removeAll('')
    await observer.converged()
    assert.equal(observer.known.size, 0)
  })
}

function moveTests(maker: WatcherMaker): void {
  it('sees what is below a renamed directory', async t => {
    const { observer, disk } = await observed(t, maker, disk => {
      disk.mkdir('a')
      disk.mkdir('a/b')
      disk.write('a/b/f', 'x')
    })
    for (const [from, to] of [
      ['a', 'c'],
      ['c', 'a'],
      ['a', 'd'],
    ] as const) {
      disk.rename(from, to)
      disk.write(`${to}/b/f`, to)
      await observer.converged()
      const mark = observer.events.length
      disk.write(`${to}/b/g`, to)
      await observer.told(`${to}/b/g`, mark)
    }
    await observer.converged()
  })

  it('keeps watches through a rename', async t => {
    const { disk, watcher, toldOf } = bare(t, maker, 'a', 'a/b')
    if (!watcher.traits.followsMoves) return t.skip('it does not say that it does')
    for (const [key, path] of [
      [1, ''],
      [2, '/a'],
      [3, '/a/b'],
    ] as const)
      watcher.watch(key, disk.root + path)
    disk.rename('a', 'c')
    await toldOf(2, 'f', text => disk.write('c/f', text))
    await toldOf(3, 'g', text => disk.write('c/b/g', text))
  })

  it('tells everything before the fence', async t => {
    const { observer, disk, watcher } = await observed(t, maker, disk => {
      disk.mkdir('fence')
      for (let i = 0; i < 10; i++) disk.mkdir(`d${i}`)
    })
    if (!watcher.traits.ordered) return t.skip('it does not say that its events come in order')
    for (let round = 0; round < 50; round++) {
      const mark = observer.events.length
      const paths = Array.from({ length: 10 }, (_, i) => `d${(i * 7) % 10}/f${round}`)
      for (const path of paths) disk.write(path, 'x')
      disk.write(`fence/${round}`, '')
      await observer.until('the fence', () =>
        observer.events.slice(mark).some(({ paths: told }) => told.includes(`fence/${round}`)),
      )
      for (const path of paths) assert.ok(observer.known.has(path), `${path} was told after the fence`)
    }
  })
}

function saveTests(maker: WatcherMaker): void {
  it('knows every tool of the table', () => {
    assert.deepEqual(Object.keys(saves).toSorted(), editorSaves.map(({ tool }) => tool).toSorted())
  })

  for (const [tool, save] of Object.entries(saves)) {
    for (const pauseMs of [0, 8]) {
      it(`${tool}: tells the last of it${pauseMs > 0 ? ', slowly' : ''}`, async t => {
        const { observer, disk } = await observed(t, maker, disk => {
          for (const step of [['write', 'f', 'old'] as const, ...(save.before ?? [])]) runStep(disk, step)
        })
        const steps = maker.blindToModes === true ? save.steps.filter(step => step[0] !== 'chmod') : save.steps
        const marks = new Map<string, { readonly events: number; readonly key: DirectoryKey | undefined }>()
        for (const step of steps) {
          for (const path of save.final.filter(path => touches(step, path))) {
            marks.set(path, { events: observer.events.length, key: observer.keys.get(parentOf(path)) })
          }
          runStep(disk, step)
          if (pauseMs > 0 && steps.length < 50) await delay(pauseMs)
        }
        await observer.converged()
        // What stands in a directory that was not watched yet is found by listing that.
        const watchedAll = [...marks].filter(
          ([path, { key }]) => key !== undefined && observer.keys.get(parentOf(path)) === key,
        )
        for (const [path, { events }] of watchedAll) await observer.told(path, events)
      })
    }
  }
}

function closingTests(maker: WatcherMaker): void {
  it('says nothing after it is closed, twice', async t => {
    const { observer, disk, watcher } = await observed(t, maker)
    disk.write('f', 'x')
    await watcher.close()
    const mark = observer.events.length
    disk.write('g', 'x')
    await watcher.close()
    await delay(30)
    assert.equal(observer.events.length, mark)
  })

  it('closes at once', async t => {
    const world = maker.make()
    t.after(() => world.disk.close())
    const watcher = world.open(() => assert.fail('nothing happened'))
    await watcher.close()
    assert.equal(watcher.traits.name, maker.name)
  })
}
