import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readCommandLine } from '../../lib/cli/command-line.ts'
import { commandRuns } from '../../lib/cli/command-runs.ts'
import { commandTable } from '../../lib/cli/command-table.ts'
import { helpLines } from '../../lib/cli/help.ts'
import { nearestWord } from '../../lib/cli/nearest-word.ts'
import { plain } from '../../lib/cli/paint.ts'

function read(line: string) {
  return readCommandLine(line.split(' ').filter(word => word !== ''))
}

/** A command line that fits: its command, operands, and some values. */
const right: readonly (readonly [
  line: string,
  command: string,
  operands: readonly string[],
  values?: Readonly<Record<string, readonly string[]>>,
])[] = [
  ['start', 'start', []],
  ['stop --json', 'stop', [], { json: [''] }],
  ['--json stop', 'stop', [], { json: [''] }],
  ['restart', 'restart', []],
  ['status', 'status', []],
  ['sync', 'sync', []],
  ['sync a/b --timeout 2.5 --verify', 'sync', ['a/b'], { timeout: ['2.5'], verify: [''] }],
  ['sync -t 0 -- --strange', 'sync', ['--strange'], { timeout: ['0'] }],
  ['conflicts --on twin dir', 'conflicts', ['dir'], { on: ['twin'] }],
  ['diff', 'diff', []],
  ['resolve --all --newest -y', 'resolve', [], { all: [''], newest: [''], yes: [''] }],
  ['resolve x --take=twin', 'resolve', ['x'], { take: ['twin'] }],
  ['undo 17-ab --list', 'undo', ['17-ab'], { list: [''] }],
  ['trash -n 3', 'trash', [], { limit: ['3'] }],
  ['approve ~/p --prefer newest --yes', 'approve', ['~/p'], { prefer: ['newest'] }],
  ['pause', 'pause', []],
  ['resume p', 'resume', ['p']],
  ['logs -f -n 0 --realtime', 'logs', [], { follow: [''], lines: ['0'], realtime: [''] }],
  ['hosts', 'hosts list', []],
  ['hosts --json', 'hosts list', [], { json: [''] }],
  ['hosts add twin --pipe /d', 'hosts add', ['twin'], { pipe: ['/d'] }],
  ['hosts remove twin', 'hosts remove', ['twin']],
  ['hosts check', 'hosts check', []],
  ['roots', 'roots list', []],
  ['roots add d --at a=/x --at b=/y --on c', 'roots add', ['d'], { at: ['a=/x', 'b=/y'], on: ['c'] }],
  ['roots add d --watcher polling', 'roots add', ['d'], { watcher: ['polling'] }],
  ['roots remove d --on a --on b', 'roots remove', ['d'], { on: ['a', 'b'] }],
  ['roots show d', 'roots show', ['d']],
  ['config', 'config get', []],
  ['config get name', 'config get', ['name']],
  ['config set name mac01 --dry-run', 'config set', ['name', 'mac01'], { 'dry-run': [''] }],
  ['config edit paths', 'config edit', ['paths']],
  ['config check', 'config check', []],
  ['config trust -y', 'config trust', [], { yes: [''] }],
  ['reset d --dry-run', 'reset', ['d'], { 'dry-run': [''] }],
  ['run --on twin -- make -j4 --json', 'run', ['make', '-j4', '--json'], { on: ['twin'] }],
  ['run make all', 'run', ['make', 'all']],
  ['completions fish', 'completions', ['fish']],
  ['completions bash -- roots ad', 'completions', ['bash', 'roots', 'ad']],
]

/** A command line that does not fit: what is said, and the next command. */
const wrong: readonly (readonly [line: string, message: RegExp, hint: string])[] = [
  ['statsu', /no command "statsu"/, 'dsync status'],
  ['confilcts', /no command/, 'dsync conflicts'],
  ['xyzzy', /no command/, 'dsync help'],
  ['roots ad x', /no command "roots ad"/, 'dsync roots add'],
  ['hosts delete', /no command "hosts delete"/, 'dsync hosts remove'],
  ['--verbose status', /no option --verbose before a command/, 'dsync help'],
  ['start now', /one word too many: now/, 'dsync help start'],
  ['status --wacth', /no option --wacth; did you mean --watch\?/, 'dsync help status'],
  ['sync --tiemout 3', /no option --tiemout; did you mean --timeout\?/, 'dsync help sync'],
  ['sync -x', /no option -x/, 'dsync help sync'],
  ['sync --timeout soon', /must be a number, not less than 0: not "soon"/, 'dsync help sync'],
  ['sync --timeout=-1', /must be a number/, 'dsync help sync'],
  ['sync --timeout', /--timeout needs a value: SECONDS/, 'dsync help sync'],
  ['sync --timeout --json', /--timeout needs a value/, 'dsync help sync'],
  ['sync --timeout 1 --timeout 2', /once/, 'dsync help sync'],
  ['sync --verify=yes', /--verify takes no value/, 'dsync help sync'],
  ['sync --no-verify', /no option --no-verify/, 'dsync help sync'],
  ['sync --constructor', /no option --constructor/, 'dsync help sync'],
  ['run', /COMMAND is missing/, 'dsync help run'],
  ['run make -j4', /run has no option -j/, 'write -- before words that are not for dsync: dsync run -- …'],
  ['sync a b', /too many: b/, 'dsync help sync'],
  ['trash --limit 0', /not less than 1/, 'dsync help trash'],
  ['resolve --takes twin', /did you mean --take\?/, 'dsync help resolve'],
  ['hosts add', /NAME is missing/, 'dsync help hosts add'],
  ['hosts add twin --pipe=', /--pipe needs a value: DIR/, 'dsync help hosts add'],
  ['roots add', /DIR is missing/, 'dsync help roots add'],
  ['roots show', /DIR is missing/, 'dsync help roots show'],
  ['config chekc', /no command/, 'dsync config check'],
  ['help statsu', /no command/, 'dsync status'],
]

describe('a command line', () => {
  for (const [line, name, operands, values = {}] of right) {
    it(`dsync ${line}`, () => {
      const result = read(line)
      assert.equal(result.kind, 'run')
      assert.ok(result.kind === 'run')
      assert.equal(result.command.name, name)
      assert.deepEqual(result.given.operands, operands)
      for (const [option, wanted] of Object.entries(values))
        assert.deepEqual(result.given.texts(option), wanted, option)
    })
  }
  for (const [line, message, hint] of wrong) {
    it(`dsync ${line} is refused, with the next command`, () => {
      const result = read(line)
      assert.ok(result.kind === 'wrong', result.kind)
      assert.match(result.message, message)
      assert.equal(result.hint, hint)
    })
  }
  const help: readonly (readonly [string, string | undefined])[] = [
    ['', undefined],
    ['help', undefined],
    ['--help', undefined],
    ['-h', undefined],
    ['sync --help', 'sync'],
    ['--help sync', 'sync'],
    ['help sync', 'sync'],
    ['sync -h --timeout 3', 'sync'],
    ['roots add --help', 'roots add'],
    ['help roots add', 'roots add'],
    ['help roots', 'roots'],
    ['roots --help', 'roots'],
  ]
  for (const [line, of] of help) {
    it(`dsync ${line} shows help`, () => {
      const result = read(line)
      assert.ok(result.kind === 'help', result.kind)
      assert.equal(typeof result.of === 'object' ? result.of.name : result.of, of)
    })
  }
  it('dsync --version tells the version', () => assert.equal(read('--version').kind, 'version'))
  it('with an empty word is refused', () => {
    assert.equal(readCommandLine(['sync', '']).kind, 'wrong')
  })
})

describe('the command table', () => {
  for (const command of commandTable) {
    it(`has code, help and examples for ${command.name}`, async () => {
      assert.equal(typeof (await commandRuns[command.name]?.()), 'function')
      const help = helpLines(command, plain).join('\n')
      assert.match(help, /^[A-Z][^]*\.\n[^]*Usage: dsync [^]*--json[^]*Examples\n {2}dsync [^]*Exit codes/)
      assert.ok(command.examples.length > 0)
      for (const [example] of command.examples) {
        for (const line of example.split(' && ')) {
          assert.equal(readCommandLine(line.split(' ').slice(1)).kind, 'run', line)
        }
      }
    })
  }
  it('names each command once', () => {
    const names = commandTable.map(({ name }) => name)
    assert.deepEqual(names, [...new Set(names)])
    assert.deepEqual(Object.keys(commandRuns).toSorted(), names.toSorted())
  })
})

describe('the nearest word', () => {
  const words = ['status', 'start', 'stop', 'sync', 'resolve', 'resume', 'roots list', 'roots add']
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['statsu', 'status'],
    ['strat', 'start'],
    ['snyc', 'sync'],
    ['reslove', 'resolve'],
    ['stat', 'status'],
    ['STATUS', 'status'],
    ['roots lst', 'roots list'],
    ['frobnicate', undefined],
    ['x'.repeat(1000), undefined],
  ]
  for (const [word, near] of rows)
    it(`to ${word.slice(0, 20)} is ${near}`, () => assert.equal(nearestWord(word, words), near))
})
