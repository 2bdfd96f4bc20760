import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as after } from 'node:timers/promises'
import { startWords } from '../start-words.ts'
import type { ProcessFacts } from '../surroundings.ts'
import { clear } from './clear.ts'
import type { RunRecord } from './record.ts'

/** The word after which there is nothing left to clear. */
const doneWord = 'done'

/** A process of its own that clears if this one is ended in a way that leaves it no time. */
export interface Janitor {
  /** Told of all there is to clear, before it is made. */
  readonly note: (record: RunRecord) => void
  /** Everything is cleared: it ends. */
  readonly done: () => void
}

/** @param script the program that runs `waitAsJanitor` when it is given `word` */
export function startJanitor(script: string, word: string): Janitor {
  // Away from the terminal, whose signals it must outlive.
  const child = spawn(process.execPath, [...process.execArgv, ...startWords, script, word], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.unref()
  // One that could not be started, or is gone, leaves the record in the home for the next run.
  child.once('error', () => {})
  child.stdin.on('error', () => {})
  return {
    note: record => void child.stdin.write(`${JSON.stringify(record)}\n`),
    done: () => child.stdin.end(`${doneWord}\n`),
  }
}

/** A command that the ended process had started may just be ending too (ms). */
const endingMs = 2000

/** Waits until whoever started it has ended, and clears what is not cleared then. */
export async function waitAsJanitor(facts: ProcessFacts): Promise<void> {
  let record: RunRecord | undefined
  let isDone = false
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === doneWord) isDone = true
    else record = JSON.parse(line) as RunRecord
  }
  if (isDone || record === undefined) return
  await after(endingMs)
  await clear(record, facts)
}
