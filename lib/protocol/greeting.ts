import { SyncError } from '../core/errors.ts'
import { handshakeMs, noiseBytesLimit, protocolVersion } from './bounds.ts'
import { violation } from './violation.ts'

/*
 * The first words, one line of ASCII each way. Hub: `dsync-hub VERSION NONCE EPOCH`. Agent: `dsync-agent VERSION NONCE`.
 * The hub compares the versions before either end reads a frame. The nonce, 128 random bits of this connection, tells
 * the agent's line from whatever a login shell printed before it.
 */

export interface HubGreeting {
  readonly version: number
  /** 32 hexadecimal characters. */
  readonly nonce: string
  /** Of this connection; a later connection of the same root has a higher one. 32 bits. */
  readonly epoch: number
}

export interface AgentGreeting {
  readonly version: number
}

/** Longer than either line. */
const lineBytes = 128

export function hubLine({ version, nonce, epoch }: HubGreeting): string {
  return `dsync-hub ${version} ${nonce} ${epoch}\n`
}

export function agentLine(nonce: string, version: number = protocolVersion): string {
  return `dsync-agent ${version} ${nonce}\n`
}

interface Search<T> {
  /** Bytes that may come before the greeting is complete. */
  readonly limit: number
  /** Looks for the greeting; what was looked through in vain before ends at `searchedTo`. */
  find(read: Buffer, searchedTo: number): { readonly greeting: T; readonly end: number } | undefined
  /** Why there is none, given the beginning of what came instead. */
  missing(text: string): SyncError
}

/** Gathers bytes until the other end's greeting stands in them. */
export class GreetingReader<T> {
  readonly #search: Search<T>
  readonly #buffer: Buffer
  #length = 0

  constructor(search: Search<T>) {
    this.#search = search
    this.#buffer = Buffer.alloc(search.limit)
  }

  /** The greeting with the bytes that followed it, once it has come. Throws when it cannot come any more. */
  push(bytes: Uint8Array): { readonly greeting: T; readonly rest: Uint8Array } | undefined {
    const searchedTo = this.#length
    const taken = Math.min(bytes.length, this.#buffer.length - this.#length)
    this.#buffer.set(bytes.subarray(0, taken), this.#length)
    this.#length += taken
    const found = this.#search.find(this.#buffer.subarray(0, this.#length), searchedTo)
    if (found !== undefined) {
      const rest = Buffer.concat([this.#buffer.subarray(found.end, this.#length), bytes.subarray(taken)])
      return { greeting: found.greeting, rest }
    }
    if (this.#length === this.#buffer.length) throw this.#search.missing(this.text())
    return undefined
  }

  /** The beginning of what came so far, for people. */
  text(): string {
    return this.#buffer.toString('latin1', 0, Math.min(this.#length, 200))
  }
}

/** The agent's ear: the hub's line comes first and alone. */
export function hubGreetingReader(): GreetingReader<HubGreeting> {
  const missing = (): SyncError => violation('its first line is no greeting of a dsync hub')
  return new GreetingReader({
    limit: lineBytes,
    missing,
    find: (read, searchedTo) => {
      const end = read.indexOf(0x0a, searchedTo)
      if (end < 0) return undefined
      const [, version, nonce, epoch] =
        /^dsync-hub (\d{1,9}) ([0-9a-f]{32}) (\d{1,10})$/.exec(read.toString('latin1', 0, end)) ?? []
      if (nonce === undefined || !(Number(epoch) <= 0xffffffff)) throw missing()
      return { greeting: { version: Number(version), nonce, epoch: Number(epoch) }, end: end + 1 }
    },
  })
}

/** The hub's ear: skips up to 64 KiB of anything before the line that has this connection's nonce. */
export function agentGreetingReader(nonce: string): GreetingReader<AgentGreeting> {
  const tail = ` ${nonce}\n`
  return new GreetingReader({
    limit: noiseBytesLimit + lineBytes,
    missing: text =>
      new SyncError(
        'PROTOCOL',
        `Cannot find the agent's greeting in the first ${noiseBytesLimit} bytes: ${JSON.stringify(text)}`,
        {
          verdict: 'halt',
          hint: 'Make the login shell of that host print nothing when nobody is at a terminal (~/.bashrc, ~/.zshenv)',
        },
      ),
    find: (read, searchedTo) => {
      const at = read.indexOf(tail, Math.max(0, searchedTo - lineBytes), 'latin1')
      if (at < 0) return undefined
      const version = /dsync-agent (\d{1,9})$/.exec(read.toString('latin1', Math.max(0, at - lineBytes), at))?.[1]
      return version === undefined ? undefined : { greeting: { version: Number(version) }, end: at + tail.length }
    },
  })
}

/** What to say of an agent that did not greet in time. @param heard what came instead */
export function noGreeting(heard: string): SyncError {
  const instead = heard === '' ? '' : `; it printed ${JSON.stringify(heard)}`
  return new SyncError('TIMEOUT', `The agent did not answer within ${handshakeMs / 1000} s${instead}`, {
    verdict: 'retry',
  })
}

/** Throws VERSION, naming both, unless the agent speaks exactly this protocol. */
export function checkVersion(agent: AgentGreeting): void {
  if (agent.version === protocolVersion) return
  const message = `Cannot talk to the agent: it speaks protocol ${agent.version}, this dsync speaks ${protocolVersion}`
  throw new SyncError('VERSION', message, { verdict: 'halt', hint: 'dsync restart' })
}
