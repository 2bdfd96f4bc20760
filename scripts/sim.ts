#!/usr/bin/env node
/**
 * Lives random histories of two simulated hosts through the whole engine, each from one seed, and judges them.
 *
 *     npm run sim -- --runs 20000                 many, on all cores
 *     npm run sim -- --seed 7 --verbose           one again, with everything that happens in it
 *     npm run sim -- --star --runs 1000           three and four hosts around a hub
 *     npm run sim -- --mutants                    proves that planted bugs are found
 *
 * Exits with 1 when a history failed, or a planted bug was not found.
 */
import { randomInt } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'

/** A history that takes longer than this hangs (ms). */
const hangsMs = 120_000

/** Histories that one planted bug may take to be found. */
const mutantRuns = 400

const workerFile = new URL('../test/sim/history-worker.ts', import.meta.url)
const mutantsFile = new URL('../test/sim/mutants-list.ts', import.meta.url)

/** As `test/sim/history-run.ts` makes it. */
interface Result {
  readonly seed: number
  readonly failures: readonly string[]
  readonly operations: number
  readonly faults: readonly (readonly [string, number])[]
  readonly conflicts: { readonly injected: number; readonly reported: number }
}

interface Job {
  /** Seeds to run, in order; asked for one by one. */
  readonly seeds: Iterator<number>
  readonly mutant?: string
  readonly trace?: boolean
  readonly star?: boolean
  readonly workers: number
  /** Told of each result; false ends the job. */
  readonly done: (result: Result) => boolean
}

/** Runs seeds on worker threads. A history that hangs is a failed one, and its thread is replaced. */
async function runSeeds(job: Job): Promise<void> {
  let isOver = false
  const lane = async (): Promise<void> => {
    let worker: Worker | undefined
    for (let next = job.seeds.next(); !isOver && next.done !== true; next = job.seeds.next()) {
      worker ??= new Worker(workerFile, { workerData: { mutant: job.mutant, trace: job.trace, star: job.star } })
      const result = await runSeed(worker, next.value)
      if (result === undefined || result.failures.length > 0) {
        // What a broken history left behind must not reach the next one.
        await worker.terminate()
        worker = undefined
      }
      const hung: Result = {
        seed: next.value,
        failures: [`hung for ${hangsMs / 1000} s`],
        operations: 0,
        faults: [],
        conflicts: { injected: 0, reported: 0 },
      }
      if (!isOver && !job.done(result ?? hung)) isOver = true
    }
    await worker?.terminate()
  }
  await Promise.all(Array.from({ length: job.workers }, lane))
}

function runSeed(worker: Worker, seed: number): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => resolve(undefined)), hangsMs)
    const heard = (message: { readonly line?: string; readonly result?: Result }): void => {
      if (message.line !== undefined) console.log(message.line)
      const { result } = message
      if (result !== undefined) finish(() => resolve(result))
    }
    const failed = (error: unknown): void => finish(() => reject(error))
    const finish = (end: () => void): void => {
      clearTimeout(timer)
      worker.off('message', heard)
      worker.off('error', failed)
      end()
    }
    worker.on('message', heard)
    worker.on('error', failed)
    worker.postMessage(seed)
  })
}

function* seedsFrom(first: number, count: number): Generator<number, void, undefined> {
  for (let i = 0; i < count; i++) yield first + i
}

/** What many histories came to. */
class Tally {
  runs = 0
  operations = 0
  injected = 0
  reported = 0
  readonly failed: Result[] = []
  readonly failures = new Map<string, number>()
  readonly faults = new Map<string, number>()

  add(result: Result): void {
    this.runs++
    this.operations += result.operations
    this.injected += result.conflicts.injected
    this.reported += result.conflicts.reported
    for (const [kind, count] of result.faults) add(this.faults, kind, count)
    if (result.failures.length > 0) this.failed.push(result)
    for (const failure of result.failures) add(this.failures, failure.split(':')[0] ?? '', 1)
  }

  lines(): string[] {
    const count = (kind: string): number => this.failures.get(kind) ?? 0
    return [
      `runs                ${this.runs}, ${this.failed.length} failed`,
      `operations          ${this.operations}`,
      `lost versions       ${count('lost')}`,
      `half files          ${count('half')}`,
      `divergences         ${count('differs')}`,
      `conflicts           ${this.injected} injected, ${this.reported} reported`,
      `other failures      ${
        [...this.failures]
          .filter(([kind]) => !['lost', 'half', 'differs'].includes(kind))
          .map(([kind, times]) => `${times} ${kind}`)
          .join(', ') || 'none'
      }`,
      `faults              ${[...this.faults]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([kind, times]) => `${times} ${kind}`)
        .join(', ')}`,
    ]
  }
}

function add(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

function show(result: Result, { mutant, star }: Pick<Job, 'mutant' | 'star'> = {}): void {
  const more = `${star === true ? ' --star' : ''}${mutant === undefined ? '' : ` --mutant '${mutant}'`}`
  console.log(`seed ${result.seed} failed; again with: npm run sim -- --seed ${result.seed} --verbose${more}`)
  for (const failure of result.failures.slice(0, 8)) console.log(`  ${failure}`)
  if (result.failures.length > 8) console.log(`  and ${result.failures.length - 8} more`)
}

async function runMany(
  first: number,
  runs: number,
  options: { readonly trace: boolean; readonly star: boolean; readonly mutant?: string },
): Promise<boolean> {
  const tally = new Tally()
  const startedAt = performance.now()
  await runSeeds({
    seeds: seedsFrom(first, runs),
    workers: Math.min(runs, availableParallelism()),
    ...options,
    done: result => {
      tally.add(result)
      if (result.failures.length > 0) show(result, options)
      if (process.stdout.isTTY) process.stdout.write(`\r${tally.runs} of ${runs}, ${tally.failed.length} failed `)
      return true
    },
  })
  if (process.stdout.isTTY) process.stdout.write('\r')
  for (const line of tally.lines()) console.log(line)
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`seeds               ${first} to ${first + runs - 1}, in ${seconds.toFixed(0)} s`)
  return tally.failed.length === 0
}

/** Seeds from the first on whose histories go well: others prove nothing about a planted bug. */
async function soundSeeds(first: number): Promise<readonly number[]> {
  const sound: number[] = []
  await runSeeds({
    seeds: seedsFrom(first, mutantRuns),
    workers: availableParallelism(),
    done: result => {
      if (result.failures.length === 0) sound.push(result.seed)
      else show(result)
      return true
    },
  })
  return sound.toSorted((a, b) => a - b)
}

/** Each planted bug must be found within so many histories. */
async function findMutants(first: number): Promise<boolean> {
  const { mutants } = (await import(mutantsFile.href)) as { readonly mutants: readonly { readonly name: string }[] }
  const sound = await soundSeeds(first)
  let missed = 0
  for (const { name } of mutants) {
    let runs = 0
    let found: Result | undefined
    await runSeeds({
      seeds: sound.values(),
      mutant: name,
      workers: availableParallelism(),
      done: result => {
        runs++
        if (result.failures.length > 0) found ??= result
        return found === undefined
      },
    })
    if (found === undefined) missed++
    console.log(found === undefined ? `MISSED in ${runs} runs: ${name}` : foundLine(runs, name, found))
  }
  console.log(
    `${mutants.length - missed} of ${mutants.length} planted bugs were found, each within ${sound.length} histories from seed ${first} on`,
  )
  return missed === 0 && sound.length === mutantRuns
}

function foundLine(runs: number, name: string, { seed, failures }: Result): string {
  return `found in ${String(runs).padStart(3)} runs: ${name} (seed ${seed}: ${failures[0]?.split('\n')[0]?.slice(0, 70)})`
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seed: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    mutant: { type: 'string' },
    star: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
const runs = Number(values.runs ?? (values.seed === undefined ? 1000 : 1))
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(runs) || runs < 1) {
  console.error('Usage: npm run sim -- [--runs N] [--seed S] [--verbose] [--star] [--mutants] [--mutant NAME]')
  process.exitCode = 2
} else {
  const ok = values.mutants
    ? await findMutants(seed)
    : await runMany(seed, runs, {
        trace: values.verbose,
        star: values.star,
        ...(values.mutant !== undefined && { mutant: values.mutant }),
      })
  if (!ok) process.exitCode = 1
}
