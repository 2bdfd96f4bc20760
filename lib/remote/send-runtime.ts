import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { SyncError } from '../core/errors.ts'
import type { ScriptOptions } from './remote-script.ts'
import { runScript } from './remote-script.ts'
import { oldestNode } from './runtime-places.ts'
import type { RuntimeOrder } from './runtime-script.ts'
import { lookScript, takeScript } from './runtime-script.ts'

/** How another host is reached by scripts. */
export type ScriptReach = Pick<ScriptOptions, 'ssh' | 'environment' | 'clock' | 'signal'>

/** A runtime that is on another host. */
export interface FoundRuntime {
  readonly runtime: 'node' | 'deno'
  /** Whose it is: put there by us, the system's, or that of a version manager. */
  readonly kind: 'own' | 'system' | 'managed'
  /** As in `24.21.0`. */
  readonly version: string
  readonly path: string
}

/** What another host has to run things by, and to take things with. */
export interface RuntimeLook {
  /** As in `linux-x64`. */
  readonly platform: string
  readonly libc: string
  readonly canUnzip: boolean
  /** The kit's home there. */
  readonly home: string
  readonly found: readonly FoundRuntime[]
  /** The release that is in use there: `0.1.0-0123456789ab`. */
  readonly kit?: string
}

/** A look takes no longer than a login and a few programs that say their version; a disk may take a while (ms). */
const lookQuietMs = 30_000
const sendQuietMs = 120_000

/** How often it is sent again after the connection was lost on the way. */
const attempts = 3

/** Looks at what is on another host, with nothing but `sh` there. Throws as `runScript` does. */
export async function lookAtRuntimes(reach: ScriptReach): Promise<RuntimeLook> {
  const lines = await runScript({ ...reach, script: lookScript, quietMs: lookQuietMs })
  const words = lines.map(line => line.split(' '))
  const [, os, machine, libc = '', zip] = words.find(([type]) => type === 'host') ?? []
  const home = rest(lines.find(line => line.startsWith('home ')) ?? '')
  if (os === undefined || machine === undefined || lines.at(-1) !== 'end' || !home.startsWith('/')) {
    throw new SyncError(
      'AGENT_FAILED',
      `Cannot look at ${reach.ssh.target}: what runs there is no shell that we know`,
      {
        hint: 'Its login shell must be able to run `sh`',
      },
    )
  }
  const found = words.flatMap(([runtime, kind, version = '', ...path]) =>
    (runtime === 'node' || runtime === 'deno') && (kind === 'own' || kind === 'system' || kind === 'managed')
      ? [{ runtime, kind, version: version.replace(/^v/, ''), path: path.join(' ') } as const]
      : [],
  )
  const kit = rest(lines.find(line => line.startsWith('kit ')) ?? '')
  const platform = `${os}-${machine}`
  return { platform, libc, canUnzip: zip === 'gzip', home, found, ...(kit !== '' && { kit }) }
}

/** True when the agent can run there as things are. */
export function canRunAgent({ found }: Pick<RuntimeLook, 'found'>): boolean {
  return found.some(({ runtime, version }) => major(version) >= (runtime === 'node' ? oldestNode : 2))
}

/** Node strips types without a flag and without a warning since 24.12: what the kit needs. */
const kitNode = [24, 12] as const

/** True when the kit can run there as things are: by a Node that stays where it is. */
export function canRunKit({ found }: Pick<RuntimeLook, 'found'>): boolean {
  return found.some(({ runtime, kind, version }) => {
    const [first = 0, second = 0] = version.split('.').map(Number)
    if (runtime !== 'node' || kind === 'managed') return false
    return first > kitNode[0] || (first === kitNode[0] && second >= kitNode[1])
  })
}

/** Throws AGENT_FAILED, and why, for a host on which no Node that we can bring would run. */
export function refusePlatform(host: string, { platform, libc }: Pick<RuntimeLook, 'platform' | 'libc'>): void {
  const why =
    libc === 'musl'
      ? 'its C library is musl (Alpine?), for which there is none'
      : platform.startsWith('linux-') && libc !== 'glibc'
        ? 'it has no C library that we know (NixOS?)'
        : undefined
  if (why === undefined) return
  throw new SyncError('AGENT_FAILED', `Cannot bring Node to ${host}: ${why}`, {
    hint: `Install Node 24 there by its own means, then: dsync hosts check ${host}`,
  })
}

export interface SentRuntime {
  readonly version: string
  readonly platform: string
  /** The program itself. */
  readonly bytes: Uint8Array
}

/** How far the sending is (bytes). */
export interface SendProgress {
  readonly sent: number
  readonly total: number
}

/**
 * Puts a Node on another host and makes it the one that is used there, if it is not there already. What did not come
 * whole is gone on with, by this call and by a later one. Throws what keeps it from being there.
 */
export async function sendRuntime(
  reach: ScriptReach,
  { version, platform, bytes }: SentRuntime,
  { isZipped, progress }: { readonly isZipped: boolean; readonly progress: (at: SendProgress) => void },
): Promise<void> {
  const sent = isZipped ? await promisify(gzip)(bytes, { level: 6 }) : bytes
  const order: RuntimeOrder = {
    ...{ name: `node-v${version}-${platform}`, version: `v${version}`, isZipped },
    ...{ bytes: bytes.length, digest: sha256(bytes), sentBytes: sent.length, sentDigest: sha256(sent) },
  }
  for (let attempt = 1; ; attempt++) {
    try {
      const last = await sendOnce(reach, order, sent, progress)
      if (last === 'done') return
      if (attempt < attempts) continue
      throw new SyncError(
        'AGENT_FAILED',
        `Cannot bring Node to ${reach.ssh.target}: what came there is not what was sent`,
      )
    } catch (error) {
      const isLost = error instanceof SyncError && (error.code === 'TRANSPORT_LOST' || error.code === 'TIMEOUT')
      if (!isLost || error.verdict === 'halt' || attempt >= attempts) throw error
    }
  }
}

async function sendOnce(
  reach: ScriptReach,
  order: RuntimeOrder,
  sent: Uint8Array,
  progress: (at: SendProgress) => void,
): Promise<'done' | 'again'> {
  let from = 0
  const lines = await runScript({
    ...reach,
    script: mark => takeScript(mark, order),
    quietMs: sendQuietMs,
    heard(line) {
      const [, offset] = /^send (\d{1,12})$/.exec(line) ?? []
      if (offset === undefined) return undefined
      from = Math.min(Number(offset), sent.length)
      return sent.subarray(from)
    },
    sent: bytes => progress({ sent: from + bytes, total: sent.length }),
  })
  const last = lines.at(-1) ?? ''
  if (last === 'done') return 'done'
  if (last === 'damaged' || /^cut \d+$/.test(last)) return 'again'
  const why = last.startsWith('failed ') ? rest(last) : `it stopped after ${JSON.stringify(last)}`
  throw new SyncError('AGENT_FAILED', `Cannot bring Node to ${reach.ssh.target}: ${why}`, { hint: hintFor(why) })
}

function hintFor(why: string): string {
  if (why.includes('noexec'))
    return 'Set DSYNC_HOME there to a place from which programs may be run, or install Node 24'
  if (why.includes('disk has')) return 'Make room on its disk'
  return 'Install Node 24 there'
}

function rest(line: string): string {
  return line.slice(line.indexOf(' ') + 1).trim()
}

function major(version: string): number {
  return Number(version.split('.')[0])
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
