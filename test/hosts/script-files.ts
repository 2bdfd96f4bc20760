import { posix } from 'node:path'
import type { HostProcess } from './host.ts'

/** Quotes a text for /bin/sh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** A script that writes what it reads to a file. */
export function writing(path: string): string {
  return `mkdir -p -- ${quoted(posix.dirname(path))} && cat > ${quoted(path)}`
}

/** A script that lists what is below a path, as `listed` reads it. Needs GNU find. */
export function listing(path: string): string {
  return [
    `cd -- ${quoted(path)}`,
    String.raw`find . -mindepth 1 -printf '%y %m %P\0%l\0'`,
    'echo',
    'find . -type f -print0 | xargs -0 -r sha256sum -z --',
  ].join('\n')
}

/** Reads what `listing` prints. */
export function listed(printed: string): Record<string, string> {
  const middle = printed.indexOf('\n', printed.lastIndexOf('\0\n'))
  const digests = new Map<string, string>()
  for (const line of printed.slice(middle + 1).split('\0')) digests.set(line.slice(68), line.slice(0, 64))
  const entries: [string, string][] = []
  const fields = printed.slice(0, middle).split('\0')
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [entry = '', target = ''] = fields.slice(at, at + 2)
    const [kind = '', mode = ''] = entry.split(' ', 2)
    const path = entry.slice(kind.length + mode.length + 2)
    entries.push([path, described(kind, mode, target, digests.get(path))])
  }
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function described(kind: string, mode: string, target: string, digest: string | undefined): string {
  if (kind === 'd') return 'directory'
  if (kind === 'l') return `link ${target}`
  return kind === 'f' ? `file ${mode} ${digest ?? 'gone'}` : `other ${kind}`
}

/** Reads what `ps -A -o pid=,ppid=,args=` prints. */
export function processLines(printed: string): HostProcess[] {
  return printed.split('\n').flatMap((line): HostProcess[] => {
    const found = /^\s*(\d+)\s+(\d+)\s(.*)$/.exec(line)
    return found === null ? [] : [{ pid: Number(found[1]), parent: Number(found[2]), command: found[3] ?? '' }]
  })
}
