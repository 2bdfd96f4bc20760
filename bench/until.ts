import { setTimeout as after } from 'node:timers/promises'

const lookMs = 10

/** Looks until something is true, at most `limitMs`; then throws with what was waited for. */
export async function until(what: string, look: () => boolean, limitMs: number, everyMs = lookMs): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!look()) {
    if (performance.now() > deadline) throw new Error(`Waited ${limitMs / 1000} s in vain until ${what}`)
    await after(everyMs)
  }
}
