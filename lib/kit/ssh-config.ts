import { dirname, join, relative } from 'node:path'
import type { Wish } from './footprint.ts'
import type { KitLayout } from './layout.ts'

/** Whose wishes these are in the manifest. */
export const sshPart = 'ssh'

/** A host of dsync as ssh is to know it. */
export interface SshAlias {
  /** What dsync calls it, and what is typed after `ssh`. */
  readonly name: string
  /** What ssh is told for it: an alias of the person's own, `user@host`, or `ssh://user@host:port`. */
  readonly target: string
  /** The person's own configuration shares connections to it already, or says not to. */
  readonly isShared: boolean
}

/** What a socket's path may have (bytes): 104 on macOS with the end mark (unix(4)). */
const socketBytes = 103

/** `%C` is 40 digits, and ssh puts a dot and sixteen letters behind it while it makes the socket (mux.c). */
const nameBytes = 1 + 40 + 17

/** Where the sockets of shared connections lie, or undefined where their paths would be too long for some system. */
export function sshSocketDirectory({ sshConfig }: KitLayout): string | undefined {
  const directory = join(dirname(sshConfig), 's')
  return Buffer.byteLength(directory) + nameBytes <= socketBytes ? directory : undefined
}

/** The file that the person's configuration includes: only hosts of dsync, by their names, never a pattern. */
export function sshConfigText(hosts: readonly SshAlias[], sockets: string | undefined): string {
  const blocks = hosts.flatMap(({ name, target, isShared }) => {
    const place = placeOf(target)
    // A name of dsync's own leads to its target; the target's own name is the person's, and only gains what follows.
    const lines = place.host === name ? [] : placeLines(place)
    if (sockets !== undefined && !isShared) {
      const path = quoted(`${sockets.replaceAll('%', '%%')}/%C`)
      lines.push('ControlMaster auto', `ControlPath ${path}`, 'ControlPersist 10m')
      lines.push('ServerAliveInterval 15', 'ServerAliveCountMax 3')
    }
    return lines.length === 0 ? [] : [`Host ${name}`, ...lines.map(line => `  ${line}`), '']
  })
  return [
    '# The hosts that dsync has, for your own ssh. Written by its installer, which would write it anew.',
    '',
    ...blocks,
  ].join('\n')
}

/** The first line of the person's configuration: what stands below a Host line would belong to it (ssh_config(5)). */
export function sshWishes({ sshConfig }: KitLayout, userHome: string): Wish[] {
  const below = relative(userHome, sshConfig)
  const path = below.startsWith('..') ? sshConfig : `~/${below}`
  const edit = { kind: 'first-line', line: `Include ${quoted(path)}` } as const
  return [{ path: join(userHome, '.ssh/config'), part: sshPart, kind: 'edit', edit, mode: 0o600 }]
}

/**
 * The hosts that a configuration names, each once, in their order: words after `Host` that are no pattern, but not those
 * whose user is `git`, which are for repositories. What `Include` names is not looked at, and `Match` names no host.
 */
export function hostsIn(config: string): string[] {
  const found = new Set<string>()
  const repositories = new Set<string>()
  let block: readonly string[] = []
  for (const line of config.split(/\r?\n/)) {
    const [, keyword = '', value = ''] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*)$/.exec(line) ?? []
    const words = wordsOf(value)
    if (/^(?:host|match)$/i.test(keyword)) block = /^host$/i.test(keyword) ? words.filter(isHostName) : []
    if (/^user$/i.test(keyword) && words[0] === 'git') for (const name of block) repositories.add(name)
    for (const name of block) found.add(name)
  }
  return [...found].filter(name => !repositories.has(name))
}

function isHostName(word: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(word)
}

/** The words of a line as ssh reads them: up to a comment, some between double quotes. */
function wordsOf(value: string): string[] {
  const words = value.match(/"[^"]*"|[^\s"]+/g) ?? []
  const comment = words.findIndex(word => word.startsWith('#'))
  return words.slice(0, comment < 0 ? words.length : comment).map(word => word.replace(/^"(.*)"$/, '$1'))
}

interface Place {
  readonly host: string
  readonly user?: string
  readonly port?: string
}

function placeOf(target: string): Place {
  const parts = /^(?:ssh:\/\/)?(?:([^@/]+)@)?(\[[^\]]+\]|[^:/]+(?::[^:/]*:[^/]*)?)(?::(\d+))?\/?$/.exec(target)
  if (parts === null) return { host: target }
  const [, user, host = target, port] = parts
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    ...(user !== undefined && { user }),
    ...(port !== undefined && { port }),
  }
}

function placeLines({ host, user, port }: Place): string[] {
  return [
    `HostName ${host}`,
    ...(user === undefined ? [] : [`User ${user}`]),
    ...(port === undefined ? [] : [`Port ${port}`]),
  ]
}

function quoted(path: string): string {
  return /\s/.test(path) ? `"${path}"` : path
}
