import { setTimeout as after } from 'node:timers/promises'

/** Looks every 20 ms until something is so; throws with `otherwise` when it is not within the limit (ms). */
export async function until(
  look: () => boolean | Promise<boolean>,
  otherwise: string,
  limitMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(otherwise)
    await after(20)
  }
}
