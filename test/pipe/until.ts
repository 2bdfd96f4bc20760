import { setTimeout as after } from 'node:timers/promises'

/** How often to look (ms). */
const lookMs = 10

/** Looks until something is true, at most `limitMs`; then throws with what was waited for. */
export async function until(what: string, look: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`Waited ${limitMs / 1000} s in vain until ${what}`)
    await after(lookMs)
  }
}
