import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { SyncError } from '../core/errors.ts'
import type { ScriptOptions } from './remote-script.ts'
import { runScript } from './remote-script.ts'
import { oldestNode } from './runtime-places.ts'
import type { RuntimeOrder } from './runtime-script.ts'
import { takeScript } from './runtime-script.ts'
import type { RuntimeFacts, Survey } from './survey.ts'

/** How another host is reached by scripts. */
export type ScriptReach = Pick<ScriptOptions, 'ssh' | 'environment' | 'clock' | 'signal'>

/** A disk may take a while (ms). */
const sendQuietMs = 120_000

/** 48 MB for a Node of 127, in half the time that the best, 46 MB, takes (measured with 24.21). */
const zipLevel = 3

/** How often it is sent again after the connection was lost on the way. */
const attempts = 3

/** True when the agent can run there as things are. */
export function canRunAgent({ runtimes }: Pick<Survey, 'runtimes'>): boolean {
  return runtimes.some(({ kind, version }) => major(version) >= (kind === 'node' ? oldestNode : 2))
}

/** Node strips types without a flag and without a warning since 24.12: what the kit needs. */
const kitNode = [24, 12] as const

/** True when the kit can run there as things are: by a Node of ours or of the system. A version manager's goes with its next version. */
export function canRunKit({ runtimes, user, kit }: Pick<Survey, 'runtimes' | 'user' | 'kit'>): boolean {
  return runtimes.some(each => runsKit(each) && (isOwn(each, kit) || !each.path.startsWith(`${user.home}/`)))
}

/** True when what starts the kit without anybody's PATH, such as a service, finds a Node there that can run it. */
export function canServeKit({ runtimes, kit }: Pick<Survey, 'runtimes' | 'kit'>): boolean {
  return runtimes.some(each => runsKit(each) && (isOwn(each, kit) || lastingNodes.includes(each.path)))
}

/** Where a Node lies that outlives a login and an upgrade of a version manager. */
const lastingNodes = ['/usr/local/bin/node', '/opt/homebrew/bin/node', '/usr/bin/node']

function runsKit({ kind, version }: RuntimeFacts): boolean {
  const [first = 0, second = 0] = version.split('.').map(Number)
  return kind === 'node' && (first > kitNode[0] || (first === kitNode[0] && second >= kitNode[1]))
}

function isOwn({ path }: RuntimeFacts, kit: Pick<Survey['kit'], 'home'>): boolean {
  return path.startsWith(`${kit.home}/runtime/`)
}

/** Throws AGENT_FAILED, and why, for a host on which no Node that we can bring would run. */
export function refuseSystem(host: string, { system }: Pick<Survey, 'system'>): void {
  const { libc } = system
  if (libc !== 'musl') return
  const why = 'its C library is musl (Alpine?), for which there is none'
  throw new SyncError('AGENT_FAILED', `Cannot bring Node to ${host}: ${why}`, {
    hint: `Install Node 24 there by its own means, then: dsync hosts add ${host}`,
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
  const sent = isZipped ? await promisify(gzip)(bytes, { level: zipLevel }) : bytes
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
  const why = last.startsWith('failed ') ? last.slice('failed '.length) : `it stopped after ${JSON.stringify(last)}`
  throw new SyncError('AGENT_FAILED', `Cannot bring Node to ${reach.ssh.target}: ${why}`, { hint: hintFor(why) })
}

function hintFor(why: string): string {
  if (why.includes('noexec'))
    return 'Set DSYNC_HOME there to a place from which programs may be run, or install Node 24'
  if (why.includes('disk has')) return 'Make room on its disk'
  return 'Install Node 24 there'
}

function major(version: string): number {
  return Number(version.split('.')[0])
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
