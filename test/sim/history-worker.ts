import { parentPort, workerData } from 'node:worker_threads'
import { mutants } from './mutants-list.ts'
import { plant } from './mutants.ts'

/** What a worker is started with. */
interface WorkerFacts {
  /** The bug to plant, by name. */
  readonly mutant?: string
  readonly trace?: boolean
  /** Histories of three and four hosts around a hub instead of two. */
  readonly star?: boolean
}

/** A thread that lives through histories: it is sent seeds, one at a time, and answers each with its result. */
const { mutant: name, trace, star } = workerData as WorkerFacts
const mutant = mutants.find(each => each.name === name)
if (mutant !== undefined) plant(mutant)
const { runHistory } = await import('./history-run.ts')
const { runStarHistory } = await import('./star-run.ts')
const run = star === true ? runStarHistory : runHistory

parentPort?.on('message', (seed: number) => {
  const options = trace === true ? { trace: (line: string) => parentPort?.postMessage({ line }), traceCalls: true } : {}
  void run(seed, options).then(result => parentPort?.postMessage({ result: { ...result, faults: [...result.faults] } }))
})
