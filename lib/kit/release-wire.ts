import { SyncError } from '../core/errors.ts'
import type { Link } from '../ports/link.ts'
import type { Release, ReleaseFile } from './release.ts'
import { releasePattern } from './release.ts'

/*
 * How a release goes to another host, once its agent was started as `receive`. Hub: a line of JSON, `Release`. Agent: a
 * line, `Wanted` or an error. Hub: a line with a length, and so many bytes, zipped: the contents that are wanted, in their
 * order. Agent: a line, `{ "placed": NAME }` or an error.
 */

/** What an agent says of a release that it was shown. Nothing has been written yet. */
export interface Wanted {
  /** Digests of what it lacks. */
  readonly lacks: readonly string[]
  /** The release that is in use there. */
  readonly current?: string
  /** It is there and whole already, and in use. */
  readonly isPlaced: boolean
}

/** What a line of either end may hold, and what a release may weigh (bytes): ours has a few hundred files and 8 MB. */
export const lineBytesLimit = 4 * 1024 * 1024
export const releaseBytesLimit = 64 * 1024 * 1024
const filesLimit = 5000

/** A release as it came in a line. Throws PROTOCOL for anything that could not be one, such as a path that leads out of it. */
export function readRelease(value: unknown): Release {
  const { name, files } = recordOf(value)
  if (typeof name !== 'string' || !releasePattern.test(name) || !Array.isArray(files) || files.length > filesLimit) {
    throw noRelease()
  }
  const read = files.map(readFile)
  if (read.reduce((sum, { size }) => sum + size, 0) > releaseBytesLimit) throw noRelease()
  return { name, files: read }
}

function readFile(value: unknown): ReleaseFile {
  const { path, isProgram, size, sha256 } = recordOf(value)
  const isPath =
    typeof path === 'string' && path.length < 400 && path.split('/').every(each => /^[\w@][\w@.+-]*$/.test(each))
  const isRest = typeof isProgram === 'boolean' && Number.isSafeInteger(size) && isDigest(sha256)
  if (!isPath || !isRest || typeof size !== 'number' || size < 0) throw noRelease()
  return { path, isProgram, size, sha256 }
}

export function readWanted(value: unknown): Wanted {
  const { lacks, current, isPlaced } = recordOf(value)
  if (!Array.isArray(lacks) || !lacks.every(isDigest) || typeof isPlaced !== 'boolean') {
    throw new SyncError('PROTOCOL', 'Cannot read what the other host said of the release')
  }
  return { lacks, isPlaced, ...(typeof current === 'string' && releasePattern.test(current) && { current }) }
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function noRelease(): SyncError {
  return new SyncError('PROTOCOL', 'Cannot take a release: what was sent describes none')
}

/** Lines and counted bytes that come over a link, asked for one after the other. */
export class LinkReader {
  #bytes: Buffer = Buffer.alloc(0)
  #pieces: Uint8Array[] = []
  #length = 0
  #wanted: { readonly take: () => boolean; readonly fail: (error: unknown) => void } | undefined
  #failure: unknown
  /** Rejects with what the link ended with. */
  readonly failed: Promise<never>
  #failed: (error: unknown) => void = () => {}

  constructor(link: Pick<Link, 'onData' | 'onClose'>) {
    this.failed = new Promise((_, reject) => {
      this.#failed = reject
    })
    this.failed.catch(() => {})
    link.onData(bytes => {
      this.#pieces.push(bytes)
      this.#length += bytes.length
      this.#look()
    })
    link.onClose(({ code, why, hint, waits }) => {
      this.fail(
        new SyncError(code === 'AGENT_FAILED' ? 'AGENT_FAILED' : 'TRANSPORT_LOST', why, {
          verdict: waits === true ? 'halt' : 'retry',
          ...(hint !== undefined && { hint }),
        }),
      )
    })
  }

  /** Whoever waits is told, and everybody after. */
  fail(error: unknown): void {
    this.#failure ??= error
    this.#failed(this.#failure)
    const wanted = this.#wanted
    this.#wanted = undefined
    wanted?.fail(this.#failure)
  }

  line(): Promise<string> {
    return this.#want(() => {
      const bytes = this.#joined()
      const end = bytes.indexOf(10)
      if (end < 0 && bytes.length > lineBytesLimit) throw new SyncError('PROTOCOL', 'The other end said too much')
      if (end < 0) return undefined
      this.#keep(bytes.subarray(end + 1))
      return bytes.subarray(0, end).toString()
    })
  }

  bytes(count: number): Promise<Buffer> {
    return this.#want(() => {
      if (this.#length < count) return undefined
      const bytes = this.#joined()
      this.#keep(bytes.subarray(count))
      return bytes.subarray(0, count)
    })
  }

  #want<T>(read: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const take = (): boolean => {
        try {
          const value = read()
          if (value === undefined) return false
          resolve(value)
        } catch (error) {
          reject(error)
        }
        return true
      }
      if (take()) return
      if (this.#failure !== undefined) return reject(this.#failure)
      this.#wanted = { take, fail: reject }
    })
  }

  #look(): void {
    if (this.#wanted?.take() === true) this.#wanted = undefined
  }

  #joined(): Buffer {
    if (this.#pieces.length > 0) this.#bytes = Buffer.concat([this.#bytes, ...this.#pieces.splice(0)])
    return this.#bytes
  }

  #keep(rest: Buffer): void {
    this.#bytes = rest
    this.#length = rest.length
  }
}
