/**
 * Runs storms by hand, many seeds, and prints a line for each:
 *
 *     node test/storm/run.ts --from 1 --seeds 50 --steps 1000 --daemon 1 --agent 1 --watcher chokidar --watcher twin=polling
 *     node test/storm/run.ts --runtime denoSource --daemon 2 --agent 2
 */
import { parseArgs } from 'node:util'
import { Pair } from '../pipe/pair.ts'
import { runtimes } from '../pipe/runtimes.ts'
import { storm } from './storm.ts'

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '1000' },
    plant: { type: 'string', default: '300' },
    daemon: { type: 'string', default: '0' },
    agent: { type: 'string', default: '0' },
    watcher: { type: 'string', multiple: true, default: [] },
    /** What runs the daemon and its agent, as `runtimes` names it. */
    runtime: { type: 'string', default: 'nodeSource' },
    /** Leaves what a failing storm made, and its daemon. */
    keep: { type: 'boolean', default: false },
  },
})

const runtime = Object.entries(runtimes).find(([name]) => name === values.runtime)?.[1]
if (runtime === undefined)
  throw new Error(`No such runtime: ${values.runtime}; known: ${Object.keys(runtimes).join(', ')}`)

let failed = 0
for (let seed = Number(values.from); seed < Number(values.from) + Number(values.seeds); seed++) {
  const pair = await Pair.make({ watchers: values.watcher, runtime })
  let isWrong = false
  try {
    await pair.start()
    const kills = { daemon: Number(values.daemon), agent: Number(values.agent) }
    const { faults, ...figures } = await storm(pair, {
      seed,
      steps: Number(values.steps),
      plant: Number(values.plant),
      kills,
    })
    console.log(`seed ${seed}:`, JSON.stringify(figures), faults.length === 0 ? 'ok' : `${faults.length} FAULTS`)
    for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`)
    isWrong = faults.length > 0
  } catch (error) {
    isWrong = true
    console.log(`seed ${seed} FAILED:`, error)
  }
  const said = pair.daemonLog()
  if (said !== '') console.log(said.slice(-3000))
  if (isWrong) failed++
  if (isWrong && values.keep) {
    console.log(`kept in ${pair.base}`)
    process.removeAllListeners('exit')
    break
  }
  await pair.close()
}
process.exitCode = failed > 0 ? 1 : 0
