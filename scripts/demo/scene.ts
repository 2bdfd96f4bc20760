import { setTimeout as after } from 'node:timers/promises'
import { expect } from '../stage/observer.ts'
import type { Screen } from './screen.ts'
import type { Ran } from '../stage/command.ts'
import type { Stage } from '../stage/stage.ts'

/** What every step plays on. */
export interface Scene {
  readonly stage: Stage
  readonly screen: Screen
  /** Aborts when the person interrupts. */
  readonly signal: AbortSignal
  /** Between what happens, so that a person can follow (ms); 0 where nobody watches. */
  readonly pauseMs: number
}

/** Shows a command, runs it, and shows what it printed. It must end with this code. */
export async function show({ stage, screen }: Scene, words: readonly string[], code = 0): Promise<Ran> {
  screen.command(words)
  const ran = await stage.dsync(...words)
  screen.output(ran.output)
  expect(ran.code === code, `dsync ${words.join(' ')} ended with ${ran.code}, not ${code}`)
  return ran
}

export async function pause({ pauseMs, signal }: Scene, times = 1): Promise<void> {
  if (pauseMs > 0) await after(pauseMs * times, undefined, { signal })
}
