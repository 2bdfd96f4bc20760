const stops = new Set<() => void>()

/**
 * Has `stop` called when the process ends: a thread inside a blocking system call would otherwise hold up the end.
 * Returns how to take that back. One listener serves all, so that many roots are no leak.
 */
export function beforeExit(stop: () => void): () => void {
  if (stops.size === 0) process.on('exit', runStops)
  stops.add(stop)
  return () => {
    stops.delete(stop)
    if (stops.size === 0) process.off('exit', runStops)
  }
}

function runStops(): void {
  for (const stop of stops) stop()
}
