import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Pair } from './pair.ts'
import { until } from './until.ts'

const dsync = fileURLToPath(new URL('../../scripts/sync-manager.ts', import.meta.url))
/** Whether a program can be given a terminal here. */
export const hasTerminals = spawnSync('script', ['--version']).error === undefined

/** What a terminal showed of `dsync switch twin` in a directory, while this was typed. */
export async function switchTyped(
  pair: Pair,
  cwd: string,
  { answer, lines }: { answer?: string; lines?: string },
): Promise<{ code: number | null; said: string }> {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const env = { PATH, NODE_COMPILE_CACHE, HOME: pair.userHome, SHELL: '/bin/sh', PS1: '', TERM: 'dumb' }
  const child = spawn('script', ['-qec', `'${process.execPath}' '${dsync}' switch twin`, '/dev/null'], { cwd, env })
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  // A shell that nobody types to any more would wait for ever.
  const late = setTimeout(() => child.kill('SIGKILL'), 90_000)
  child.once('close', () => clearTimeout(late))
  if (answer !== undefined) {
    await until('it asks', () => said.includes('[y/N] '), 60_000)
    child.stdin.write(`${answer}\n`)
  }
  if (lines !== undefined) {
    await until('it opens', () => said.includes('exit ends it'), 60_000)
    child.stdin.write(lines)
  }
  return { code: await ended, said: said.replaceAll('\r', '') }
}
