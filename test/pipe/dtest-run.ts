import { spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Snapshot } from '../storm/snapshot.ts'
import { differences, snapshot } from '../storm/snapshot.ts'
import type { Pair, Ran } from './pair.ts'
import { parsed } from './pair.ts'

const dtest = fileURLToPath(new URL('../../bin/dtest', import.meta.url))

/** What dtest answers with `--json`. */
export interface DtestAnswer {
  readonly dtest: {
    readonly scenarios: readonly {
      readonly name: string
      readonly state: string
      readonly figures: readonly object[]
    }[]
    readonly left: readonly string[]
  }
}

export interface Started {
  readonly child: ReturnType<typeof spawn>
  readonly said: () => string
  readonly ended: Promise<Ran>
}

/** Starts dtest in a home, with temporary files in a place of its own where one is given. */
export function startDtest(
  words: readonly string[],
  { home, temporary, running }: { readonly home: string; readonly temporary?: string; readonly running?: Set<Started> },
): Started {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const env = { PATH, NODE_COMPILE_CACHE, HOME: home, ...(temporary === undefined ? {} : { TMPDIR: temporary }) }
  const child = spawn(dtest, words, { env, cwd: home, timeout: 120_000 })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr, json: parsed(stdout) }))
  })
  const started = { child, said: () => stdout, ended }
  running?.add(started)
  const isOver = (): boolean | undefined => running?.delete(started)
  ended.then(isOver, isOver)
  return started
}

/** How many runs in the home of a pair have something to take away. */
export function openRuns(pair: Pair): number {
  return readdirSync(join(pair.userHome, '.dsync/state')).filter(name => name.startsWith('dtest-')).length
}

/** What lies on both hosts of a pair, but what is written all the time. */
export function filesOf(pair: Pair): Snapshot[] {
  const ids = rootIds(readFileSync(join(pair.userHome, '.dsync/config.json'), 'utf8'))
  const kept = (home: string) => new Map([...snapshot(home)].filter(([path]) => !isWritten(path, ids)))
  return [pair.userHome, pair.twinHome].map(kept)
}

/** Logs, stores and locks that a daemon writes all the time, what hosts said of themselves, and what a hub tells of its roots. */
export function isWritten(path: string, ids: readonly string[]): boolean {
  const written =
    /^\.cache|\.log$|^\.dsync\/(?:state\/(?:dsync\.db|hosts\/)|run\/|cache|kit\/agents)|\/(?:scan-cache|seen|fence)/
  const told = /^\.dsync\/state\/told(?:$|\/(?<id>\w+)\.json$)/
  const id = told.exec(path)?.groups?.['id']
  return written.test(path) || (id === undefined ? told.test(path) : ids.includes(id))
}

/** The ids of the roots in the text of settings. */
export function rootIds(config: string): string[] {
  return [...config.matchAll(/"id": "(\w+)"/g)].map(([, id = '']) => id)
}

export function changes(before: readonly Snapshot[], after: readonly Snapshot[]): string[] {
  return before.flatMap((files, i) => differences(files, after[i] ?? new Map(), () => false))
}
