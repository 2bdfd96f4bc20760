/** One side's user as a process of its own: `node user-process.ts <what to do, as JSON>`. Ends by itself. */
import { setTimeout as after } from 'node:timers/promises'
import { Random } from '../sim/random.ts'
import { Recorder } from './record.ts'
import { User } from './user.ts'

export interface UserJob {
  readonly root: string
  readonly scratch: string
  readonly name: string
  readonly seed: number
  readonly records: string
  /** Files to begin with, and steps after that. */
  readonly plant: number
  readonly steps: number
}

/** Now and then a user stops to think (ms); most steps follow each other at once. */
const thinkMs = [0, 0, 0, 0, 0, 1, 1, 2, 5, 30]

const job = JSON.parse(process.argv[2] ?? '{}') as UserJob
const random = new Random(job.seed).fork(job.name)
const recorder = new Recorder(job.records)
const user = new User({ ...job, random, recorder })
user.plant(job.plant)
for (let step = 0; step < job.steps; step++) {
  user.step()
  const waitMs = random.pick(thinkMs)
  if (waitMs > 0) await after(waitMs)
}
recorder.close()
