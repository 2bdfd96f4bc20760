import { ran } from './child.ts'

const flushMs = 5 * 60_000

/** Seconds of something, with everything it wrote flushed to the disk before the clock is stopped. */
export async function flushedSeconds(on: string, run: () => Promise<void> | void): Promise<number> {
  await flush(on)
  const begun = performance.now()
  await run()
  await flush(on)
  return (performance.now() - begun) / 1000
}

/** `sync -f` (syncfs) of the file system a directory is on. */
function flush(directory: string): Promise<void> {
  return ran('sync', ['-f', directory], flushMs)
}
