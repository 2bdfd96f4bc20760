import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { SyncError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { OpenLink } from '../ports/link.ts'
import type { Release } from './release.ts'
import { isNewer, versionIn } from './release.ts'
import { LinkReader, readWanted, recordOf } from './release-wire.ts'

export interface SendOptions {
  readonly host: string
  readonly release: Release
  /** The checkout or release that the files are read from. */
  readonly folder: string
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** What came of it: what was in use there before, and what had to be sent (bytes). */
export interface SentRelease {
  readonly placed: string
  /** It was not there, not whole, or not in use. */
  readonly isNew: boolean
  readonly before?: string
  readonly sentBytes: number
}

/** How long the other host may take for an answer: it writes a few megabytes at most (ms). */
const answerMs = 120_000

/**
 * Puts a release on another host over a link to its agent, as far as it is not there, and makes it the one in use there.
 * Throws VERSION, before anything is written, when a newer one is in use there; what the link ended with; AGENT_FAILED.
 */
export async function sendRelease(openLink: OpenLink, options: SendOptions): Promise<SentRelease> {
  const { host, release, folder, clock, signal } = options
  const link = openLink()
  const reader = new LinkReader(link)
  const interrupted = (): void => reader.fail(signal.reason)
  signal.addEventListener('abort', interrupted)
  let cancel = (): void => {}
  const answer = async (): Promise<unknown> => {
    cancel()
    cancel = clock.after(answerMs, () => reader.fail(new SyncError('TIMEOUT', `${host} did not answer in time`)))
    return answered(host, await reader.line())
  }
  try {
    await new Promise<void>((resolve, reject) => {
      link.onOpen(resolve)
      reader.failed.catch(reject)
    })
    link.write(Buffer.from(`${JSON.stringify(release)}\n`))
    const { lacks, current, isPlaced } = readWanted(await answer())
    refuseNewer(host, current, release.name)
    if (isPlaced) return { placed: release.name, isNew: false, before: release.name, sentBytes: 0 }
    const parcel = parcelOf(folder, release, lacks)
    link.write(Buffer.from(`${parcel.length}\n`))
    link.write(parcel)
    const { placed } = recordOf(await answer())
    if (placed !== release.name) throw new SyncError('PROTOCOL', `Cannot read the answer of ${host}`)
    return {
      placed: release.name,
      isNew: true,
      sentBytes: parcel.length,
      ...(current !== undefined && { before: current }),
    }
  } finally {
    cancel()
    signal.removeEventListener('abort', interrupted)
    link.close()
  }
}

/** Throws VERSION when a release that is in use on another host is newer than ours. */
export function refuseNewer(host: string, theirs: string | undefined, ours: string): void {
  const [there, here] = [theirs, ours].map(name => versionIn(name ?? ''))
  if (there === undefined || here === undefined || !isNewer(there, here)) return
  throw new SyncError('VERSION', `Cannot put dsync ${here} on ${host}: it has dsync ${there}, which is newer`, {
    verdict: 'halt',
    hint: 'Bring this host up to date: ./install.sh --upgrade',
  })
}

/** The contents that are lacking, in the order in which they were named. */
function parcelOf(folder: string, { files }: Release, lacks: readonly string[]): Buffer {
  if (lacks.length === 0) return Buffer.alloc(0)
  const contents = lacks.map(digest => {
    const file = files.find(({ sha256 }) => sha256 === digest)
    if (file === undefined) throw new SyncError('PROTOCOL', 'The other host wants what is not in the release')
    return readFileSync(join(folder, file.path))
  })
  return gzipSync(Buffer.concat(contents))
}

function answered(host: string, line: string): unknown {
  const value: unknown = parsed(line)
  const { message, hint } = recordOf(recordOf(value)['error'])
  if (typeof message !== 'string') return value
  throw new SyncError('AGENT_FAILED', `Cannot put dsync on ${host}: ${message.slice(0, 500)}`, {
    ...(typeof hint === 'string' && { hint: hint.slice(0, 500) }),
  })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
