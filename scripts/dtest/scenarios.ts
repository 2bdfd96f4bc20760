import { createCipheriv, createHash } from 'node:crypto'
import type { scenarioNames } from '../../lib/cli/table/dtest-command.ts'
import { exitCodes } from '../../lib/cli/exit-codes.ts'
import type { ConflictInfo } from '../../lib/sync/session-handle.ts'
import type { Figure } from './figure.ts'
import { byteRate, count, duration, fileRate, latencies } from './figure.ts'
import type { Ground } from './ground.ts'
import { expect } from './ground.ts'
import type { Ask, Mark } from './hand.ts'
import { bothWays, sha256, text, travel, wayText } from './travel.ts'

export interface Scenario {
  /** What it proves, for `--list`. */
  readonly says: string
  /** Works in a directory that is called as it is. Throws what was not as it should be. */
  readonly run: (ground: Ground) => Promise<readonly Figure[]>
}

export const scenarios: Readonly<Record<(typeof scenarioNames)[number], Scenario>> = {
  basic: { says: 'every kind of change, both ways, and both sides equal in the end', run: basic },
  'real-time': { says: 'one edit after the other, each timed until it is on the other side', run: realTime },
  bidirectional: { says: 'both sides write at the same time, in the same directories', run: bidirectional },
  conflict: {
    says: 'both sides edit one file: both versions stay, one is chosen, the other comes back',
    run: conflict,
  },
  performance: { says: 'a thousand new files, a large file, a renamed directory', run: performanceOf },
}

async function basic(ground: Ground): Promise<readonly Figure[]> {
  const at = (name: string): string => `basic/${name}`
  const gone = (name: string): Mark => ({ path: at(name), gone: true })
  const moved = sha256('a third\n')
  const changes: readonly (readonly [Ask, readonly Mark[]])[] = [
    text(at('notes.txt'), 'first\n'),
    text(at('notes.txt'), 'second\n'),
    text(at('deep/er/file.txt'), 'in new folders\n'),
    text(at('notes.txt'), 'a third\n', 'save'),
    text(at('été, 你好 and spaces.txt'), 'a name\n'),
    text(at('empty.txt'), ''),
    [{ do: 'mode', path: at('deep/er/file.txt'), mode: 0o755 }, [{ path: at('deep/er/file.txt'), mode: 0o755 }]],
    [{ do: 'link', path: at('link'), target: 'notes.txt' }, [{ path: at('link'), target: 'notes.txt' }]],
    [
      { do: 'rename', path: at('notes.txt'), to: at('renamed.txt') },
      [gone('notes.txt'), { path: at('renamed.txt'), sha256: moved }],
    ],
    [
      { do: 'rename', path: at('deep'), to: at('shallow') },
      [gone('deep'), { path: at('shallow/er/file.txt'), mode: 0o755 }],
    ],
    [{ do: 'remove', path: at('empty.txt') }, [gone('empty.txt')]],
    [{ do: 'remove', path: at('shallow') }, [gone('shallow')]],
  ]
  const [out, back] = bothWays(ground)
  const times: number[] = []
  for (const [i, [ask, marks]] of changes.entries()) times.push(await travel(i % 2 === 0 ? out : back, ask, marks))
  return [
    latencies(`${changes.length} changes of every kind, both ways`, times),
    count('both sides equal', await ground.settle('basic')),
  ]
}

/** How many edits are timed each way. */
const timedEdits = 40

async function realTime(ground: Ground): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const way of bothWays(ground)) {
    const times: number[] = []
    for (let i = 0; i < timedEdits; i++) {
      // Ten files in turn: one that is saved again and again at once is held back a little.
      times.push(
        await travel(way, ...text(`real-time/${way.from.name}-${i % 10}.txt`, `edit ${i} of ${way.from.name}\n`)),
      )
    }
    figures.push(latencies(`${timedEdits} edits, ${wayText(way)}`, times))
  }
  await ground.settle('real-time')
  return figures
}

/** How many files each side writes while the other does. */
const filesEach = 150

async function bidirectional(ground: Ground): Promise<readonly Figure[]> {
  const { here, there } = ground
  const below = 'bidirectional'
  const begun = performance.now()
  const marks = [{ below, files: 2 * filesEach }]
  const written = Promise.all([
    here.do({ do: 'many', below, name: 'one', files: filesEach }),
    there.do({ do: 'many', below, name: 'other', files: filesEach }),
  ])
  await Promise.all([here, there].map(side => ground.arrived(side, marks, () => written)))
  const ms = performance.now() - begun
  const entries = await ground.settle(below)
  return [
    fileRate(`${filesEach} files of each side, at the same time`, 2 * filesEach, ms),
    count('both sides equal', entries),
  ]
}

async function conflict(ground: Ground): Promise<readonly Figure[]> {
  const { here, there, root } = ground
  const path = 'conflict/plan.txt'
  const file = `${root}/${path}`
  const [mine, theirs] = [`We ship on Monday, says ${here.name}.\n`, `We ship on Friday, says ${there.name}.\n`]
  const [out] = bothWays(ground)
  await travel(out, ...text(path, 'We ship.\n'))
  await ground.settle('conflict')
  await ground.must(0, 'pause', root)
  await Promise.all([here.do({ do: 'text', path, text: mine }), there.do({ do: 'text', path, text: theirs })])
  await ground.must(0, 'resume', root)
  await ground.synced(exitCodes.conflicts, file)
  const { conflicts } = (await ground.json('conflicts', file)) as { readonly conflicts: readonly ConflictInfo[] }
  const [found] = conflicts
  expect(conflicts.length === 1 && found?.path === path, `${conflicts.length} conflicts are listed, not one`)
  const stands = (content: string): Mark[] => [{ path, sha256: sha256(content) }]
  await Promise.all([ground.arrived(here, stands(mine)), ground.arrived(there, stands(theirs))])
  const copies = await Promise.all([copyOf(here, found.sides.alpha.copy), copyOf(there, found.sides.beta.copy)])
  expect(copies[0] === theirs && copies[1] === mine, 'a copy of the other version is not what it should be')
  const figures: Figure[] = [
    { what: 'both versions stay, each with a copy of the other', text: '4 files', values: { files: 4 } },
  ]
  for (const [words, content, what] of [
    [['resolve', file, '--theirs'], theirs, 'one version chosen, on both sides'],
    [['undo', file], mine, 'the other one back, on both sides'],
  ] as const) {
    const begun = performance.now()
    await ground.must(0, ...words)
    await Promise.all([here, there].map(side => ground.arrived(side, stands(content))))
    figures.push(duration(what, performance.now() - begun))
  }
  await ground.settle('conflict')
  return figures
}

async function copyOf(side: Ground['here'], file: string | undefined): Promise<string> {
  expect(file !== undefined, `no copy of the other version on ${side.name}`)
  return (await side.do({ do: 'read', file })) as string
}

const manyFiles = 1000
const largeBytes = 16_000_000

async function performanceOf(ground: Ground): Promise<readonly Figure[]> {
  const [out, back] = bothWays(ground)
  const below = 'performance/many'
  const whole = (where: string): Mark[] => [{ below: where, files: manyFiles }]
  const many = await travel(out, { do: 'many', below, name: 'file', files: manyFiles }, whole(below))
  await ground.settle('performance')
  const renamed = await travel(back, { do: 'rename', path: below, to: 'performance/moved' }, [
    { path: below, gone: true },
    ...whole('performance/moved'),
  ])
  const path = 'performance/large.bin'
  const bytes = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16)).update(Buffer.alloc(largeBytes))
  const sha = createHash('sha256').update(bytes).digest('hex')
  const large = await travel(out, { do: 'noise', path, seed: 7, length: largeBytes }, [{ path, sha256: sha }])
  const entries = await ground.settle('performance')
  return [
    fileRate(`${manyFiles.toLocaleString('en-US')} new files, ${wayText(out)}`, manyFiles, many),
    duration(`their directory renamed, ${wayText(back)}`, renamed),
    byteRate(`${largeBytes / 1_000_000} MB in one file, ${wayText(out)}`, largeBytes, large),
    count('both sides equal', entries),
  ]
}
