import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { placeNamed } from '../../lib/remote/survey.ts'
import { surveyOf } from '../../lib/remote/survey-facts.ts'
import { SurveyReader } from '../../lib/remote/survey-reader.ts'
import { linuxLines, macLines, surveyWith } from './survey-lines.ts'

describe('what the lines of a survey mean', () => {
  it('on Linux', () => {
    const survey = surveyWith(linuxLines)
    assert.deepEqual([survey.isWhole, survey.unfinished], [true, []])
    assert.deepEqual(survey.system, {
      ...{ name: 'linux', platform: 'linux-x64', release: '6.1.0-18-amd64', bits: 64, libc: 'glibc 2.36' },
      ...{ hasSystemd: true, lingers: true },
    })
    assert.deepEqual(survey.user, { id: 1000, name: 'ann', home: '/home/ann', shell: '/bin/bash', umask: 0o22 })
    assert.deepEqual(survey.environment, {
      path: ['/usr/local/bin', '/usr/bin', '/bin'],
      ...{ locale: 'C.UTF-8', charmap: 'UTF-8', openFiles: 1_048_576 },
      agent: { socket: '/tmp/ssh-x/agent.1', state: 'keys' },
    })
    assert.deepEqual(
      survey.places.map(({ name }) => name),
      ['home', 'kit', 'tmp', 'root.0'],
    )
    assert.deepEqual(placeNamed(survey, 'root.0'), {
      ...{ name: 'root.0', path: '/home/ann/projects', exists: true, isWritable: true, isListed: true },
      ...{ totalBytes: 264_212_084 * 1024, freeBytes: 67_923_428 * 1024, freeInodes: 15_823_621, fileSystem: 'ext4' },
      ...{ foldsCase: false, directories: { count: 31_415, isAll: true } },
    })
    assert.deepEqual(survey.programs['rsync'], {
      ...{ path: '/usr/bin/rsync', version: 'rsync  version 3.2.7  protocol version 31', isOnPath: true },
    })
    assert.deepEqual(survey.runtimes, [{ kind: 'node', version: '24.21.0', path: '/usr/local/bin/node' }])
    assert.deepEqual(survey.watches, { limit: 524_288, used: 1200, instancesLimit: 128, instances: 9 })
    assert.deepEqual(
      survey.files.map(({ path, mode, owner, kind }) => [path, mode.toString(8), owner, kind]),
      [
        ['.', '700', 1000, 'directory'],
        ['config.json', '600', 1000, 'file'],
        ['run/control.sock', '600', 1000, 'other'],
        ['kit', '755', 1000, 'directory'],
        ['~', '755', 1000, 'directory'],
        ['~/.ssh', '700', 1000, 'directory'],
      ],
    )
    assert.equal(survey.mac, undefined)
  })

  it('on macOS', () => {
    const survey = surveyWith(macLines)
    assert.equal(survey.system.platform, 'darwin-arm64')
    assert.deepEqual(survey.mac, { version: '15.1', isTranslated: false, sleepMinutes: 1, hasFullDisk: false })
    const home = placeNamed(survey, 'home')
    assert.deepEqual(
      [home?.freeBytes, home?.freeInodes, home?.fileSystem, home?.foldsCase],
      [239_804_928 * 1024, 2_398_049_280, 'apfs', true],
    )
    assert.deepEqual(
      [placeNamed(survey, 'kit')?.exists, survey.programs['git']?.isOnPath, survey.watches],
      [false, false, undefined],
    )
    assert.deepEqual(
      survey.runtimes.map(({ kind, version }) => `${kind} ${version}`),
      ['node 26.10.0', 'deno 2.1.4'],
    )
    assert.deepEqual(
      survey.files.map(({ path, mode }) => [path, mode.toString(8)]),
      [
        ['.', '700'],
        ['~', '750'],
      ],
    )
  })

  for (const [machine, bits, platform] of [
    ['aarch64', '64', 'linux-arm64'],
    ['aarch64', '32', 'linux-arm'],
    ['x86_64', '32', 'linux-ia32'],
    ['riscv64', '64', 'linux-riscv64'],
  ] as const) {
    it(`${machine} with programs of ${bits} bits is ${platform}`, () => {
      const changes = { 'system.machine ': machine, 'system.bits ': bits }
      assert.equal(surveyWith(linuxLines, changes).system.platform, platform)
    })
  }

  it('a file system that counts no inodes', () => {
    const table = 'Filesystem Inodes IUsed IFree IUse% Mounted on\r/dev/sdb 0 0 0 - /\r'
    assert.equal(placeNamed(surveyWith(linuxLines, { 'place.inodes home ': table }), 'home')?.freeInodes, undefined)
  })

  it('an ssh agent that has no keys, and one that is gone', () => {
    assert.equal(surveyWith(linuxLines, { 'agent.answer ': '1' }).environment.agent?.state, 'empty')
    assert.equal(surveyWith(linuxLines, { 'agent.answer ': undefined }).environment.agent?.state, 'gone')
  })

  it('what did not end is named, and the rest is there', () => {
    const survey = surveyWith([...linuxLines, 'begun program tmux -V'])
    assert.deepEqual([survey.isWhole, survey.unfinished], [false, ['program tmux -V']])
    assert.equal(survey.system.platform, 'linux-x64')
  })

  it('one that was cut off', () => {
    assert.equal(surveyOf(linuxLines.slice(0, 8), []).isWhole, false)
    assert.equal(surveyOf([], []).system.platform, 'unknown-unknown')
  })

  for (const [says, readings, clock] of [
    [
      'the fastest reading counts',
      [
        [0, 400, '1000000000900000000'],
        [1000, 1010, '1000000006005000000'],
      ],
      [5000, 5, 10],
    ],
    ['whole seconds are half a second unsure', [[0, 10, '1000000002']], [2495, 505, 10]],
    [
      'what is no time is no reading',
      [
        [0, 10, 'N'],
        [20, 30, ''],
      ],
      undefined,
    ],
  ] as const) {
    it(`the clock: ${says}`, () => {
      const base = 1_000_000_000_000
      const given = readings.map(([asked, came, said]) => ({ asked: base + asked, came: base + came, said }))
      const found = surveyOf([], given).clock
      assert.deepEqual(found && [found.offsetMs, found.errorMs, found.roundTripMs], clock)
    })
  }

  it('nothing that another machine may say throws', () => {
    const word = fc.constantFrom(...linuxLines, ...macLines)
    const odd = fc.tuple(word, fc.string()).map(([line, tail]) => line.slice(0, line.length / 2) + tail)
    fc.assert(
      fc.property(fc.array(fc.oneof(word, odd, fc.string()), { maxLength: 60 }), lines => {
        assert.equal(typeof surveyOf(lines, []).isWhole, 'boolean')
      }),
    )
  })
})

describe('finding the lines of a survey', () => {
  const nonce = 'abc123'
  const say = (line: string): string => `dsync-survey ${nonce} ${line}\n`

  it('whatever a login shell prints around them, in whatever pieces they come', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 50 }), (noises, size) => {
        const noise = noises.map(text => text.replaceAll('dsync-survey', ''))
        const text = noise.map((each, i) => `${each}\n${each}${say(`key${i} välue`)}`).join('')
        const bytes = Buffer.from(text)
        const reader = new SurveyReader(nonce)
        const found: string[] = []
        for (let at = 0; at < bytes.length; at += size)
          found.push(...(reader.push(bytes.subarray(at, at + size)) ?? []))
        assert.deepEqual(
          found,
          noise.map((_, i) => `key${i} välue`),
        )
      }),
    )
  })

  it('of another nonce are noise', () => {
    assert.deepEqual(new SurveyReader(nonce).push(Buffer.from('dsync-survey 0000 begin\n')), [])
  })

  it('too much noise, or too much of a survey, is no survey', () => {
    assert.equal(new SurveyReader(nonce).push(Buffer.alloc(70_000, 'x\n')), undefined)
    const reader = new SurveyReader(nonce)
    assert.deepEqual(reader.push(Buffer.from(say('begin'))), ['begin'])
    assert.deepEqual(reader.push(Buffer.alloc(70_000, 'x\n')), [])
    assert.equal(reader.push(Buffer.from(say('k v').repeat(5000))), undefined)
  })
})
