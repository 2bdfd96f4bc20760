// Loaded into a daemon and its agent by NODE_OPTIONS=--import. The first SIGUSR2 begins to watch the event loop, the
// next writes its longest block to a file in DSYNC_BENCH_LOOPS and stops; nothing runs before or after.
import { renameSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const directory = process.env.DSYNC_BENCH_LOOPS
const resolutionMs = 1

if (isMainThread && directory !== undefined) {
  let turn = 0
  let delay
  process.on('SIGUSR2', () => {
    turn++
    let longestMs = 0
    if (delay === undefined) {
      delay = monitorEventLoopDelay({ resolution: resolutionMs })
      delay.enable()
    } else {
      delay.disable()
      longestMs = Math.max(0, delay.max / 1e6 - resolutionMs)
      delay = undefined
    }
    const file = `${directory}/${process.pid}.json`
    writeFileSync(`${file}.part`, JSON.stringify({ turn, longestMs }))
    renameSync(`${file}.part`, file)
  })
}
