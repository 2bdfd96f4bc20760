import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Snapshot } from '../storm/snapshot.ts'
import { differences, snapshot } from '../storm/snapshot.ts'
import type { Ran } from './pair.ts'
import { Pair } from './pair.ts'

/** A registered pair, gone after the test. */
export async function paired(t: TestContext): Promise<Pair> {
  const pair = await Pair.make()
  t.after(() => pair.close())
  return pair
}

/** A command that cannot be done: one message, the next command, nothing on stdout. */
export function assertRefused({ code, stdout, stderr }: Ran, exit: number, says: RegExp, next: RegExp): void {
  const [, message = '', after = ''] = /^dsync: ([^\n]+)\n {2}→ ([^\n]+)\n$/.exec(stderr) ?? []
  assert.match(message, says, stderr)
  assert.match(after, next, stderr)
  assert.equal(code, exit)
  assert.equal(stdout, '')
}

/** Everything below the pair, without what a daemon or a command notes for itself. */
export function everything(pair: Pair): Snapshot {
  return new Map([...snapshot(pair.base)].filter(([path]) => !/\.dsync\/(?:run|\w+\.log)/.test(path)))
}

export function changes(before: Snapshot, after: Snapshot): string[] {
  return differences(before, after, () => false)
}
