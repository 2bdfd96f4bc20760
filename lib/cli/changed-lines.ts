import { escape } from './escape.ts'
import type { Paint } from './paint.ts'

/** What an edit of one place changes in a text: the lines that go, then those that come in their place. */
export function changedLines(before: string, after: string, paint: Paint): string[] {
  const [old, fresh] = [before.split('\n'), after.split('\n')]
  const differs = fresh.findIndex((line, i) => line !== old[i])
  const from = differs < 0 ? Math.min(old.length, fresh.length) : differs
  let same = 0
  while (same < Math.min(old.length, fresh.length) - from && old.at(-1 - same) === fresh.at(-1 - same)) same += 1
  return [
    ...old.slice(from, old.length - same).map(line => paint.red(`- ${escape(line)}`)),
    ...fresh.slice(from, fresh.length - same).map(line => paint.green(`+ ${escape(line)}`)),
  ]
}
