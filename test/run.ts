/**
 * Runs the test files that match some globs. Prints failures in full with what their files printed, Node's own summary,
 * slow files, each reason for which tests were skipped, and last one plain line: `N passed, N failed, N skipped`.
 * Exits with 1 when a test failed or no file matched. Files begin in the order of the globs: the longest should be first.
 * Each is a process of its own, or with `--together 1/2` every second one, from the first on, is run in one process: to
 * start one, and to load what all of them use, takes longer than most of them.
 *
 *     node test/run.ts 'test/core/*.test.ts' 'test/contract/*.test.ts' --except 'test/ssh/**' --seconds 900
 */
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** A file that takes longer than this (s) hangs, unless `--seconds` allows it more. */
const fileSeconds = 120

const together = fileURLToPath(new URL('together.ts', import.meta.url))

/** Files that take longer than this (s) are named: all of them together have a minute. */
const slowSeconds = 10

/** Lines kept of what one file prints, in case one of its tests fails. */
const printedLimit = 500

interface Tally {
  passed: number
  failed: number
  skipped: number
  /** Why tests were skipped, and how many for that reason. */
  readonly reasons: Map<string, number>
  /** Files with how long each took (s). */
  readonly seconds: Map<string, number>
}

/** Lets through what a reader needs: failures, what their files printed, and the closing summary. */
async function* calm(events: AsyncIterable<TestEvent>, tally: Tally): AsyncGenerator<TestEvent, void> {
  const printed = new Map<string, TestEvent[]>()
  for await (const event of events) {
    switch (event.type) {
      case 'test:stdout':
      case 'test:stderr': {
        const kept = printed.get(event.data.file) ?? []
        printed.set(event.data.file, kept)
        if (kept.push(event) > printedLimit) kept.shift()
        break
      }
      case 'test:fail':
        yield* printed.get(event.data.file ?? '') ?? []
        printed.delete(event.data.file ?? '')
        yield event
        break
      case 'test:pass':
        countSkip(event.data, tally)
        break
      case 'test:summary':
        if (event.data.file === undefined) countAll(event.data, tally)
        else tally.seconds.set(event.data.file, event.data.duration_ms / 1000)
        yield event
        break
      case 'test:diagnostic':
        if (event.data.nesting === 0) yield event
        break
      default:
    }
  }
}

function countSkip(data: { readonly skip?: string | boolean }, { reasons }: Tally): void {
  if (data.skip === undefined || data.skip === false) return
  const reason = typeof data.skip === 'string' && data.skip !== '' ? data.skip : 'no reason given'
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
}

function countAll(summary: Extract<TestEvent, { type: 'test:summary' }>['data'], tally: Tally): void {
  const { tests, passed, skipped, todo } = summary.counts
  tally.passed = passed
  tally.skipped = skipped + todo
  // A hook that fails leaves every test passed: the run failed all the same.
  tally.failed = Math.max(tests - passed - skipped - todo, summary.success ? 0 : 1)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    except: { type: 'string', multiple: true, default: [] },
    seconds: { type: 'string', default: `${fileSeconds}` },
    together: { type: 'string' },
  },
})
const except = new Set(globSync(values.except))
// What is named first begins first.
const files = [...new Set(positionals.flatMap(glob => globSync(glob).toSorted()))].filter(file => !except.has(file))
const [part = 1, partsInAll = 1] = (values.together ?? '').split('/').filter(Boolean).map(Number)
const own = files.filter((_, index) => index % partsInAll === part - 1)
const tally: Tally = {
  passed: 0,
  failed: files.length === 0 ? 1 : 0,
  skipped: 0,
  reasons: new Map(),
  seconds: new Map(),
}
if (files.length === 0) {
  console.log(`Cannot test: no file matches ${positionals.join(' ')}`)
} else {
  const timeout = Number(values.seconds) * 1000
  const events =
    values.together === undefined
      ? run({ files, timeout, concurrency: availableParallelism() })
      : run({ files: [together], timeout, argv: own, execArgv: [`--test-timeout=${fileSeconds * 1000}`] })
  await pipeline(calm(events, tally), new spec(), process.stdout, { end: false })
}
for (const [file, seconds] of tally.seconds) {
  if (seconds > slowSeconds) console.log(`slow: ${relative(process.cwd(), file)} took ${seconds.toFixed(1)} s`)
}
for (const [reason, count] of tally.reasons) console.log(`skipped ${count}: ${reason}`)
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`)
process.exitCode = tally.failed > 0 ? 1 : 0
