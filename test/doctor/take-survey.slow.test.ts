import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fileChecks } from '../../lib/doctor/file-checks.ts'
import { clockCheck, homeCheck } from '../../lib/doctor/system-checks.ts'
import type { Survey } from '../../lib/remote/survey.ts'
import { placeNamed } from '../../lib/remote/survey.ts'
import type { SurveyOptions } from '../../lib/remote/take-survey.ts'
import { takeSurvey } from '../../lib/remote/take-survey.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { smallDisk } from '../pipe/small-disk.ts'

interface Machine {
  readonly home: string
  /** Comes first on PATH. */
  readonly bin: string
  readonly environment: Readonly<Record<string, string | undefined>>
  survey(changed?: Partial<SurveyOptions>): Promise<Survey>
}

/** This machine, with a home of its own. */
function machine(t: TestContext, at?: string): Machine {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-survey-')))
  t.after(() => rmSync(base, { recursive: true, force: true }))
  const [home, bin, temporary] = [at ?? join(base, 'home with ’ and $space'), join(base, 'bin'), join(base, 'tmp')]
  for (const directory of [home, bin, temporary]) mkdirSync(directory, { recursive: true })
  const path = [bin, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter)
  const environment = { HOME: home, PATH: path, SHELL: '/bin/bash', LC_ALL: 'C.UTF-8', TMPDIR: temporary }
  return {
    ...{ home, bin, environment },
    survey: changed => takeSurvey({ environment, clock: systemClock, ...changed }),
  }
}

function program(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o700 })
}

/** Everything below a directory. */
function below(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted()
}

const shells = ['/usr/bin/dash', '/bin/bash', '/usr/bin/zsh', '/usr/bin/mksh', '/usr/bin/ksh', '/usr/bin/busybox']

describe('looking a machine over', () => {
  for (const shell of shells) {
    it(`by ${shell} as sh`, { skip: existsSync(shell) ? false : `there is no ${shell}` }, async t => {
      const here = machine(t)
      symlinkSync(shell, join(here.bin, 'sh'))
      const root = join(here.home, 'a root')
      for (const directory of ['x/y', 'node_modules/z', '.git']) mkdirSync(join(root, directory), { recursive: true })
      const before = below(here.home)
      const places = [
        { name: 'root.0', path: root },
        { name: 'root.1', path: '~/a root' },
        { name: 'root.2', path: '/nowhere/$(touch x)/`touch y`' },
        { name: 'root.3', path: '/two\nlines' },
      ]
      const survey = await here.survey({ places })
      assert.deepEqual([survey.isWhole, survey.unfinished], [true, []])
      assert.equal(survey.system.platform, `${process.platform}-${process.arch}`)
      assert.deepEqual([survey.user.home, survey.kit.home], [here.home, join(here.home, '.dsync')])
      assert.deepEqual(
        survey.places.map(({ name, exists, directories }) => [name, exists, directories?.count]),
        [
          ...[
            ['home', true, undefined] as const,
            ['kit', false, undefined] as const,
            ['tmp', true, undefined] as const,
          ],
          ...[['root.0', true, 3] as const, ['root.1', true, 3] as const, ['root.2', false, undefined] as const],
        ],
      )
      const home = placeNamed(survey, 'home')
      assert.deepEqual(home?.trial, { isWritten: true, isRun: true })
      assert.ok((home?.freeBytes ?? 0) > 0 && (home?.totalBytes ?? 0) > (home?.freeBytes ?? 0))
      assert.equal(homeCheck(survey).result, 'ok')
      assert.ok(survey.programs['ssh']?.version?.startsWith('OpenSSH_') ?? true)
      const { offsetMs, errorMs } = survey.clock ?? { offsetMs: Infinity, errorMs: 0 }
      assert.ok(Math.abs(offsetMs) <= errorMs + 1, `${offsetMs} ms, ${errorMs} ms at most`)
      assert.deepEqual(below(here.home), before, 'it left something behind')
    })
  }

  it('with nothing on PATH: what is in usual places is found, and said not to be on it', async t => {
    const here = machine(t)
    symlinkSync('/bin/sh', join(here.bin, 'sh'))
    const survey = await here.survey({ environment: { ...here.environment, PATH: here.bin } })
    assert.deepEqual([survey.isWhole, survey.environment.path], [true, [here.bin]])
    assert.equal(survey.system.platform, `${process.platform}-${process.arch}`)
    const tar = survey.programs['tar']
    assert.deepEqual([tar?.isOnPath, tar?.path.startsWith('/')], [false, true])
  })

  it('what hangs is ended and named, and keeps nothing else from being found', async t => {
    const here = machine(t)
    program(join(here.bin, 'rsync'), `sleep 3600.${process.pid} & wait`)
    program(join(here.bin, 'ssh-add'), 'sleep 3600')
    const survey = await here.survey({ patience: 1 })
    assert.deepEqual([survey.isWhole, survey.unfinished], [false, ['program rsync --version']])
    assert.equal(survey.programs['rsync']?.path, join(here.bin, 'rsync'))
    assert.notEqual(survey.clock, undefined)
    assert.notEqual(placeNamed(survey, 'home')?.freeBytes, undefined)
    const { unfinished } = await here.survey({
      environment: { ...here.environment, PATH: '/usr/bin:/bin' },
      patience: 1,
    })
    assert.deepEqual(unfinished, [])
    const running = readdirSync('/proc')
      .filter(name => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
      .filter(name => commandOf(name).includes(`3600.${process.pid}`))
    assert.deepEqual(running, [], 'what hung goes on')
  })

  it('a clock that is wrong', async t => {
    const here = machine(t)
    program(join(here.bin, 'date'), 'exec /bin/date -d "90 seconds ago" "$@"')
    const { clock, ...survey } = await here.survey()
    assert.ok(clock !== undefined && Math.abs(clock.offsetMs + 90_000) <= clock.errorMs + 1, JSON.stringify(clock))
    assert.equal(clockCheck({ ...survey, clock }).result, 'warning')
    program(join(here.bin, 'date'), 'echo "${1#+}"')
    assert.equal((await here.survey()).clock, undefined)
  })

  it('attributes and access lists that are not carried', async t => {
    const here = machine(t)
    program(join(here.bin, 'getfattr'), 'printf "# file: a\\nuser.x\\n\\n# file: b\\nuser.y\\n"')
    program(join(here.bin, 'getfacl'), 'printf "# file: c\\nuser::rw-\\n"')
    const survey = await here.survey({ places: [{ name: 'root.0', path: here.home }] })
    const root = placeNamed(survey, 'root.0')
    if (process.platform !== 'linux') return t.skip('getfattr and getfacl are of Linux')
    assert.deepEqual([root?.attributes, root?.accessLists], [2, 1])
  })

  it('permissions of what is ours', async t => {
    const here = machine(t)
    const kit = join(here.home, '.dsync')
    mkdirSync(join(kit, 'run'), { recursive: true, mode: 0o700 })
    chmodSync(here.home, 0o700)
    writeFileSync(join(kit, 'config.json'), '{}', { mode: 0o600 })
    writeFileSync(join(kit, 'env'), 'A=b', { mode: 0o600 })
    assert.deepEqual(
      fileChecks(await here.survey()).map(({ result }) => result),
      ['ok'],
    )
    chmodSync(join(kit, 'env'), 0o644)
    chmodSync(join(kit, 'run'), 0o777)
    assert.deepEqual(
      fileChecks(await here.survey()).map(({ result, meaning }) => [result, meaning]),
      [
        ['failed', `others may write ${kit}/run`],
        ['warning', `others may read ${kit}/env`],
      ],
    )
  })

  it('a disk that is full, and one where nothing may be run', async t => {
    const disk = smallDisk(t, '64k')
    if (disk === undefined) return
    t.after(() => disk.unmount())
    const here = machine(t, join(disk.path, 'home'))
    disk.remount('noexec')
    assert.match(homeCheck({ ...(await here.survey()), runtimes: [] }).meaning, /noexec/)
    assert.throws(() => writeFileSync(join(disk.path, 'large'), Buffer.alloc(128 * 1024)), { code: 'ENOSPC' })
    const full = homeCheck(await here.survey())
    assert.deepEqual([full.result, full.fix], ['failed', 'Make room on that disk'])
    disk.remount('ro')
    assert.equal(homeCheck(await here.survey()).result, 'failed')
  })

  it('what ends at once, or is called off, is no survey', async t => {
    const here = machine(t)
    program(join(here.bin, 'sh'), 'exit 3')
    await assert.rejects(here.survey(), { code: 'AGENT_FAILED', message: 'sh ended with code 3' })
    const off = new AbortController()
    off.abort(new Error('called off'))
    await assert.rejects(machine(t).survey({ signal: off.signal }), /called off/)
  })

  for (const [says, profile, wanted] of [
    ['a banner before, between and without an end of line', 'echo Welcome; printf "no end"; echo noise >&2', undefined],
    ['a login shell that prints without end', 'yes', { code: 'PROTOCOL' }],
    [
      'a login that is refused',
      'echo "me@x: Permission denied (publickey)." >&2; exit 255',
      { code: 'TRANSPORT_LOST', hint: /ssh-copy-id/ },
    ],
  ] as const) {
    it(`over ssh: ${says}`, async t => {
      const here = machine(t)
      // Stands in for ssh: runs its last word by a shell of this machine.
      program(join(here.bin, 'ssh'), `for word; do :; done\n${profile}\nexec "$word"`)
      const ssh = { program: join(here.bin, 'ssh'), target: 'other', configFile: undefined, sockets: undefined }
      if (wanted === undefined) assert.equal((await here.survey({ ssh })).isWhole, true)
      else await assert.rejects(here.survey({ ssh }), wanted)
    })
  }
})

/** The words of a process; `''` for one that is gone. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error) return ''
    throw error
  }
}
