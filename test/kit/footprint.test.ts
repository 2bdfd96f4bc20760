import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { planFootprint, reverseFootprint } from '../../lib/kit/footprint.ts'
import type { Change, Trace, Wish } from '../../lib/kit/footprint.ts'
import { manifestText, manifestTraces } from '../../lib/kit/manifest.ts'
import { previewChange } from '../../lib/kit/preview.ts'
import type { Standing } from '../../lib/kit/standing.ts'
import { absent } from '../../lib/kit/standing.ts'
import fc from 'fast-check'

type Disk = Readonly<Record<string, Standing>>

const directory: Standing = { kind: 'directory', mode: 0o755 }

function file(text: string, mode = 0o644): Standing {
  return { kind: 'file', mode, bytes: new TextEncoder().encode(text) }
}

function link(target: string): Standing {
  return { kind: 'link', target }
}

function lookOn(disk: Disk) {
  return (path: string): Standing => (path === '/' ? directory : (disk[path] ?? absent))
}

/** Changes as a disk makes them: a directory that holds something stays. */
function carried(disk: Disk, changes: readonly Change[]): Disk {
  const next: Record<string, Standing> = { ...disk }
  for (const { path, before, after } of changes) {
    assert.deepEqual(lookOn(next)(path), before)
    if (after.kind !== 'absent') next[path] = after
    else if (before.kind !== 'directory' || !Object.keys(next).some(each => each.startsWith(`${path}/`)))
      delete next[path]
  }
  return next
}

const block = { name: 'dsync', lines: ['. ~/.dsync/aliases.sh'] }
const include = 'Include ~/.dsync/ssh/config'
const wishes: readonly Wish[] = [
  { path: '/h/.bashrc', part: 'shell', kind: 'edit', edit: { kind: 'block', block }, mode: 0o644 },
  { path: '/h/.ssh/config', part: 'ssh', kind: 'edit', edit: { kind: 'first-line', line: include }, mode: 0o600 },
  { path: '/h/.config/systemd/user/dsync.service', part: 'service', kind: 'file', text: '[Unit]\n', mode: 0o644 },
  { path: '/h/.config/own', part: 'service', kind: 'link', target: '../there' },
  { path: '/h/.cache', part: 'service', kind: 'directory' },
]

const empty: Disk = { '/h': directory }
const furnished: Disk = {
  '/h': directory,
  '/h/.bashrc': link('dotfiles/bashrc'),
  '/h/dotfiles': directory,
  '/h/dotfiles/bashrc': file('mine', 0o600),
  '/h/.ssh': { kind: 'directory', mode: 0o700 },
  '/h/.ssh/config': file('Host a\r\n', 0o600),
  '/h/.config': directory,
  '/h/.config/own': link('elsewhere'),
  '/h/.cache': directory,
}

describe('a footprint', () => {
  for (const [says, disk] of [
    ['an empty home', empty],
    ['a furnished home', furnished],
  ] as const) {
    it(`on ${says} is what was asked for, once, and goes to the byte`, () => {
      const plan = planFootprint(wishes, lookOn(disk))
      assert.deepEqual(plan.blocked, [])
      const after = carried(disk, plan.changes)
      const again = planFootprint(wishes, lookOn(after), plan.traces)
      assert.deepEqual([again.changes, again.traces], [[], plan.traces])
      const back = reverseFootprint(plan.traces, lookOn(after))
      assert.deepEqual(back.blocked, [])
      assert.deepEqual(back.traces, [])
      assert.deepEqual(carried(after, back.changes), disk)
    })
  }

  it('follows a link to the file that it edits', () => {
    const after = carried(furnished, planFootprint(wishes, lookOn(furnished)).changes)
    assert.deepEqual(after['/h/.bashrc'], link('dotfiles/bashrc'))
    assert.deepEqual(
      after['/h/dotfiles/bashrc'],
      file('mine\n# >>> dsync >>>\n. ~/.dsync/aliases.sh\n# <<< dsync <<<', 0o600),
    )
  })

  it('that was carried out in part is finished, and goes to the byte', () => {
    for (const disk of [empty, furnished]) {
      const first = planFootprint(wishes, lookOn(disk))
      for (let done = 0; done <= first.changes.length; done += 1) {
        const half = carried(disk, first.changes.slice(0, done))
        assert.deepEqual(carried(half, reverseFootprint(first.traces, lookOn(half)).changes), disk)
        const rest = planFootprint(wishes, lookOn(half), first.traces)
        const whole = carried(half, rest.changes)
        assert.deepEqual(whole, carried(disk, first.changes))
        assert.deepEqual(carried(whole, reverseFootprint(rest.traces, lookOn(whole)).changes), disk)
      }
    }
  })

  it('of a newer version goes as the first did, wherever it was interrupted', () => {
    const newer = wishes.map((wish): Wish => (wish.kind === 'file' ? { ...wish, text: '[Unit]\nnew\n' } : wish))
    const first = planFootprint(wishes, lookOn(furnished))
    const old = carried(furnished, first.changes)
    const second = planFootprint(newer, lookOn(old), first.traces)
    assert.equal(second.changes.length, 1)
    for (const done of [0, 1]) {
      const half = carried(old, second.changes.slice(0, done))
      const third = planFootprint(newer, lookOn(half), second.traces)
      const whole = carried(half, third.changes)
      assert.deepEqual(carried(whole, reverseFootprint(third.traces, lookOn(whole)).changes), furnished)
    }
  })

  it('takes back one part alone', () => {
    const plan = planFootprint(wishes, lookOn(furnished))
    const back = reverseFootprint(plan.traces, lookOn(carried(furnished, plan.changes)), ({ part }) => part === 'ssh')
    assert.deepEqual(
      back.changes.map(({ path }) => path),
      ['/h/.ssh/config'],
    )
    assert.equal(back.traces.length, plan.traces.length - 1)
  })

  it('takes only its own lines out of what a person changed since, and leaves what they made theirs', () => {
    const plan = planFootprint(wishes, lookOn(empty))
    const unit = '/h/.config/systemd/user/dsync.service'
    const later: Disk = {
      ...carried(empty, plan.changes),
      '/h/.bashrc': file('before\n# >>> dsync >>>\nedited\n# <<< dsync <<<\nafter\n', 0o755),
      '/h/.ssh/config': file(`Host b\n${include}\n`),
      [unit]: file('theirs\n'),
      '/h/.cache/theirs': file(''),
    }
    const back = reverseFootprint(plan.traces, lookOn(later))
    assert.deepEqual(back.blocked, [{ path: unit, why: 'it was changed since' }])
    // It is known for another time, with the directories that it keeps from going.
    assert.deepEqual(
      back.traces.map(({ path }) => path),
      ['/h/.config', '/h/.config/systemd', '/h/.config/systemd/user', unit],
    )
    const left = carried(later, back.changes)
    assert.deepEqual(left['/h/.bashrc'], file('before\nafter\n', 0o755))
    assert.deepEqual(left['/h/.ssh/config'], file('Host b\n'))
    assert.deepEqual(left[unit], file('theirs\n'))
    assert.deepEqual([left['/h/.cache'] !== undefined, left['/h/.config/own']], [true, undefined])
    const { [unit]: theirs, ...without } = left
    assert.notEqual(theirs, undefined)
    for (const mended of [{ ...left, [unit]: file('[Unit]\n') }, without]) {
      const again = reverseFootprint(back.traces, lookOn(mended))
      assert.deepEqual([again.blocked, again.traces], [[], []])
      assert.equal(carried(mended, again.changes)['/h/.config'], undefined)
    }
  })

  it('leaves an edit that it may not take out, and knows of it', () => {
    const plan = planFootprint(wishes.slice(0, 1), lookOn(empty))
    const after = carried(empty, plan.changes)
    const text = '# >>> dsync >>>\nhalf\n'
    for (const [standing, why] of [
      [file('mine\n# >>> dsync >>>\n# <<< dsync <<<\n', 0o444), /^it is read-only$/],
      [{ kind: 'other', says: 'it may not be read' }, /^it may not be read$/],
      [file(text), /does not end$/],
    ] satisfies readonly (readonly [Standing, RegExp])[]) {
      const back = reverseFootprint(plan.traces, lookOn({ ...after, '/h/.bashrc': standing }))
      assert.match(back.blocked[0]?.why ?? '', why)
      assert.deepEqual([back.changes, back.traces], [[], plan.traces])
    }
  })

  it('of which a person made a file theirs brings their file back once it goes', () => {
    const plan = planFootprint(wishes, lookOn(empty))
    const unit = '/h/.config/systemd/user/dsync.service'
    const later = { ...carried(empty, plan.changes), [unit]: file('theirs\n') }
    const again = planFootprint(wishes, lookOn(later), plan.traces)
    const whole = carried(later, again.changes)
    assert.deepEqual(whole[unit], file('[Unit]\n'))
    assert.deepEqual(carried(whole, reverseFootprint(again.traces, lookOn(whole)).changes)[unit], file('theirs\n'))
  })

  it('whose manifest was lost is known again', () => {
    const after = carried(empty, planFootprint(wishes, lookOn(empty)).changes)
    const again = planFootprint(wishes, lookOn(after))
    assert.deepEqual(again.changes, [])
    const left = carried(after, reverseFootprint(again.traces, lookOn(after)).changes)
    const kinds = Object.values(left).map(({ kind }) => kind)
    assert.deepEqual(new Set(kinds), new Set(['directory', 'file']))
    assert.deepEqual(left['/h/.bashrc'], file(''))
  })

  const refused: readonly (readonly [says: string, wish: Wish, disk: Disk, why: RegExp])[] = [
    ['a file that is read-only', wishes[0] as Wish, { ...empty, '/h/.bashrc': file('a', 0o444) }, /^it is read-only$/],
    ['a directory in place of a file', wishes[0] as Wish, { ...empty, '/h/.bashrc': directory }, /^it is not a file$/],
    ['a link in a circle', wishes[0] as Wish, { ...empty, '/h/.bashrc': link('.bashrc') }, /circle$/],
    ['a file in place of a directory', wishes[1] as Wish, { ...empty, '/h/.ssh': file('') }, /^\/h\/\.ssh is not a/],
    [
      'a directory where a file is to be',
      wishes[2] as Wish,
      { ...empty, '/h/.config': file('') },
      /is not a directory$/,
    ],
    ['a block that does not end', wishes[0] as Wish, { ...empty, '/h/.bashrc': file('# >>> dsync >>>') }, /^Line 1 /],
    ['what may not be read', wishes[1] as Wish, { ...empty, '/h/.ssh/config': { kind: 'other', says: 'no' } }, /^no$/],
  ]
  for (const [says, wish, disk, why] of refused) {
    it(`names ${says}, and leaves it`, () => {
      const { changes, blocked, traces } = planFootprint([wish], lookOn({ '/h': directory, ...disk }))
      assert.deepEqual([changes, traces, blocked.length], [[], [], 1])
      assert.match(blocked[0]?.why ?? '', why)
    })
  }

  it('goes to the byte from any tree, however far it came', () => {
    const texts = fc.array(fc.constantFrom('a', '\n', '\r\n', '#', 'é'), { maxLength: 6 }).map(parts => parts.join(''))
    const standing = fc.oneof(
      texts.map(text => file(text)),
      fc.constant(directory),
      fc.constantFrom('.bashrc', 'other', '/h/else').map(link),
    )
    const some = fc.dictionary(
      fc.constantFrom('/h/.bashrc', '/h/other', '/h/else', '/h/.cache', '/h/.ssh', '/h/.config'),
      standing,
    )
    fc.assert(
      fc.property(some, fc.nat(12), (drawn, steps) => {
        const disk = { ...drawn, '/h': directory }
        const plan = planFootprint(wishes, lookOn(disk))
        const half = carried(disk, plan.changes.slice(0, steps))
        assert.deepEqual(carried(half, reverseFootprint(plan.traces, lookOn(half)).changes), disk)
        const rest = planFootprint(wishes, lookOn(half), plan.traces)
        assert.deepEqual(carried(half, rest.changes), carried(disk, plan.changes))
      }),
    )
  })
})

describe('the manifest', () => {
  it('comes back from its text', () => {
    const odd: Trace = {
      path: '/h/odd',
      part: 'ssh',
      kind: 'whole',
      before: { kind: 'file', mode: 0o640, bytes: new Uint8Array([0xff, 0, 10]) },
      ours: [file('\uFEFFé')],
    }
    const traces = [...planFootprint(wishes, lookOn(furnished)).traces, odd]
    assert.deepEqual(manifestTraces(manifestText(traces), '/m'), traces)
  })

  for (const text of ['', '{}', '{"format":2,"files":[]}', '{"format":1,"files":[{"path":"a","part":"b"}]}']) {
    it(`is refused as ${JSON.stringify(text)}`, () => {
      assert.throws(() => manifestTraces(text, '/m'), { code: 'REFUSED', message: /^Cannot read \/m: / })
    })
  }
})

describe('the preview of a change', () => {
  it('is a diff', () => {
    const { changes } = planFootprint(wishes, lookOn(furnished))
    assert.deepEqual(changes.flatMap(previewChange).slice(0, 16), [
      '/h/dotfiles/bashrc: changed',
      '--- /h/dotfiles/bashrc',
      '+++ /h/dotfiles/bashrc',
      '@@ -1,1 +1,4 @@',
      '-mine',
      '\\ No newline at end of file',
      '+mine',
      '+# >>> dsync >>>',
      '+. ~/.dsync/aliases.sh',
      '+# <<< dsync <<<',
      '\\ No newline at end of file',
      '/h/.ssh/config: changed',
      '--- /h/.ssh/config',
      '+++ /h/.ssh/config',
      '@@ -1,1 +1,2 @@',
      `+${include}\r`,
    ])
  })
})
