import type { Clock } from './clock.ts'

/**
 * Lets asynchronous work go on by itself. What it throws is thrown again on the clock, where it ends the process as any
 * exception does, instead of becoming a rejection that nobody awaits.
 */
export function detach(work: Promise<unknown>, clock: Clock): void {
  work.catch((error: unknown) =>
    clock.soon(() => {
      throw error
    }),
  )
}
