import { claimOf } from '../core/hub.ts'
import { callBytesLimit } from './bounds.ts'
import type { RootRequest } from './handshake.ts'

/*
 * The first words on an agent's socket, one line of JSON each way. A new agent process of the same root says whom it
 * speaks for, and the one that has the root answers: `go` (what follows are the frames of its hub), `refused`, or
 * `ending` and, once the root is free, `ended`.
 */

export interface Call {
  /** Changes with the program: only equal agents hand a root on. */
  readonly build: string
  readonly epoch: number
  readonly request: RootRequest
}

export type Reply = { readonly state: 'go' | 'ending' | 'ended' } | { readonly state: 'refused'; readonly why: string }

export function callLine(words: Call | Reply): Uint8Array {
  return Buffer.from(`${JSON.stringify(words)}\n`)
}

/** What a line says; undefined when it is no call. */
export function readCall(line: string): Call | undefined {
  const { build, epoch, request } = fieldsOf(line)
  if (typeof build !== 'string' || typeof epoch !== 'number' || epoch !== epoch >>> 0) return undefined
  if (typeof request !== 'object' || request === null || !('root' in request) || !('path' in request)) return undefined
  const { root, path } = request
  const options = 'options' in request ? request.options : undefined
  if (typeof root !== 'string' || typeof path !== 'string' || typeof options !== 'object' || options === null)
    return undefined
  const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string'
  const hub = 'hub' in request ? claimOf(request.hub) : undefined
  const known = Object.fromEntries(Object.entries(options).filter(isText))
  return { build, epoch, request: { root, path, options: known, ...(hub !== undefined && { hub }) } }
}

/** What a line says; undefined when it is no reply. */
export function readReply(line: string): Reply | undefined {
  const { state, why } = fieldsOf(line)
  if (state === 'refused' && typeof why === 'string') return { state, why }
  return state === 'go' || state === 'ending' || state === 'ended' ? { state } : undefined
}

function fieldsOf(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

/** Takes lines off the beginning of a byte stream; what follows the last one taken stays as it came. */
export class LineTaker {
  #bytes = Buffer.alloc(0)

  push(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
  }

  /** The next line without its end; `long` when there can be none that is short enough. */
  next(): { readonly line: string } | 'long' | undefined {
    const end = this.#bytes.indexOf(0x0a)
    if (end > callBytesLimit || (end < 0 && this.#bytes.length > callBytesLimit)) return 'long'
    if (end < 0) return undefined
    const line = this.#bytes.toString('utf8', 0, end)
    this.#bytes = this.#bytes.subarray(end + 1)
    return { line }
  }

  rest(): Uint8Array {
    return this.#bytes
  }
}
