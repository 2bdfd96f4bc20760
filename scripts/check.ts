#!/usr/bin/env node
/**
 * Checks everything that can be checked here: `npm run check`, in under a minute on two cores. With `--all`, as
 * `npm test` calls it, all that tests try at random in the place of half of it, the tests that take long,
 * `*.slow.test.ts`, and the suites that run the real daemon or every runtime. Last line: `N passed, N failed, N skipped`;
 * exits with 1 when a step failed.
 */
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { $, chalk } from 'zx'

interface Step {
  readonly name: string
  readonly command: readonly string[]
  /** A step that must have passed before this one makes sense. */
  readonly needs?: string
}

interface Result {
  readonly step: Step
  readonly ok: boolean
  readonly output: string
}

const checkout = fileURLToPath(new URL('..', import.meta.url))

const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } })

/** Of what tests try at random, one of so many cases is tried: what is left of a minute. */
const parts = values.all ? 1 : 2

/** Suites of files that need more than their sources: what was built, or minutes. */
const apart = ['built', 'runtime', 'pipe', 'install', 'storm', 'ssh']

const unitTests = 'test/**/*.test.ts'
const builtTests = values.all ? 'test/{built,runtime}/**/*.test.ts' : 'test/built/**/*.test.ts'
const slowTests = 'test/**/*.slow.test.ts'
const patiently = ['--seconds', '1200']
const exceptApart = ['--except', `test/{${apart.join(',')}}/**`]

function tests(name: string, globs: readonly string[], options: readonly string[] = []): Step {
  return { name, command: ['node', 'test/run.ts', ...globs, ...options] }
}

/** Lanes run side by side; the steps of a lane one after the other. */
const lanes: readonly (readonly Step[])[] = [
  [
    { name: 'format', command: ['oxfmt', '--list-different', '.'] },
    { name: 'lint', command: ['oxlint', '--deny-warnings', '--format', 'unix'] },
    { name: 'types', command: ['tsc', '--noEmit'] },
    { name: 'types in deno', command: ['env', 'NO_COLOR=1', 'deno', 'check', '--quiet', 'lib', 'scripts'] },
    { name: 'build', command: ['tsup'] },
    { ...tests('what was built', [builtTests]), needs: 'build' },
  ],
  ...['1/2', '2/2'].map(half => [
    tests(`tests ${half}`, [unitTests], [...exceptApart, '--except', slowTests, '--together', half, ...patiently]),
  ]),
]

/** The tests of units that race, wait or run other processes: with nothing beside them. */
const slow: readonly Step[] = [tests('tests: slow', [slowTests], exceptApart)]

/** The suites that run the real daemon, which mostly wait: lanes again, their longest files first. */
const suites: readonly (readonly Step[])[] = [
  [
    tests('tests: pipe', ['test/pipe/{real-trees,storm}.test.ts', 'test/pipe/**/*.test.ts'], patiently),
    tests('tests: install', ['test/install/**/*.test.ts'], patiently),
  ],
  [tests('tests: ssh', ['test/ssh/{login,dtest,storm}.test.ts', 'test/ssh/**/*.test.ts'], patiently)],
]

const environment = {
  ...process.env,
  // This Node first: not every npm links it among the tools.
  PATH: [dirname(process.execPath), join(checkout, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
  // What each test process loads is compiled once.
  NODE_COMPILE_CACHE: join(checkout, '.cache/node'),
  DSYNC_TEST_PARTS: `${parts}`,
  // Deno's own cache stays inside the checkout, and it asks nobody for a newer Deno.
  DENO_DIR: join(checkout, '.cache/deno'),
  DENO_NO_UPDATE_CHECK: '1',
}

async function runLane(steps: readonly Step[], done: Map<string, Result>, verbose: boolean): Promise<void> {
  for (const step of steps) {
    if (step.needs !== undefined && done.get(step.needs)?.ok !== true) {
      done.set(step.name, { step, ok: false, output: '' })
      console.log(`${chalk.red('✖')} ${step.name.padEnd(16)} not run: ${step.needs} failed`)
      continue
    }
    const started = performance.now()
    const process = await $({ cwd: checkout, env: environment, nothrow: true, quiet: true })`${step.command}`
    const output = process.stdall.trimEnd()
    const ok = process.exitCode === 0
    done.set(step.name, { step, ok, output })
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6)
    const counts = countsOf(output)
    const says = counts === undefined ? '' : `  ${sentence(counts)}`
    console.log(`${ok ? chalk.green('✔') : chalk.red('✖')} ${step.name.padEnd(16)} ${seconds} s${says}`)
    if (!ok || (verbose && counts !== undefined)) console.log(`${indented(output)}\n`)
  }
}

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The line that `test/run.ts` closes with. */
const closing = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m

/** What a step said, without the counts: only the whole run may close with such a line. */
function indented(output: string): string {
  return output.replace(closing, '').trimEnd().replaceAll(/^/gm, '    ')
}

/** What `test/run.ts` counted; undefined for a step that counts nothing. */
function countsOf(output: string): Counts | undefined {
  const found = closing.exec(output)
  return found === null ? undefined : { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3]) }
}

function sentence({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

const started = performance.now()
const done = new Map<string, Result>()
await Promise.all(lanes.map(lane => runLane(lane, done, values.all)))
if (values.all) {
  await runLane(slow, done, true)
  await Promise.all(suites.map(lane => runLane(lane, done, true)))
}

const results = [...done.values()]
const skips = results.flatMap(({ output }) => output.match(/^skipped \d+: .*$/gm) ?? [])
if (values.all && skips.length > 0) {
  console.log('Left out, and why:')
  for (const skip of new Set(skips)) console.log(`  ${skip}`)
  console.log('What this machine lacks for tests is shown by: npm run test:provision\n')
}
const failed = results.filter(({ ok }) => !ok).map(({ step }) => step.name)
const seconds = ((performance.now() - started) / 1000).toFixed(1)
console.log(failed.length === 0 ? `All passed in ${seconds} s.` : `Failed in ${seconds} s: ${failed.join(', ')}.`)
const total = results.map(({ output }) => countsOf(output) ?? { passed: 0, failed: 0, skipped: 0 })
const sum = (of: keyof Counts): number => total.reduce((all, counts) => all + counts[of], 0)
console.log(sentence({ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }))
process.exitCode = failed.length === 0 ? 0 : 1
