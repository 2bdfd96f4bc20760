import { createHash, timingSafeEqual } from 'node:crypto'
import { chmodSync, unlinkSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { createConnection, createServer } from 'node:net'
import { SyncError, codeOf } from '../core/errors.ts'
import type { ControlError, ControlReply, ControlRequest } from './control-protocol.ts'
import { clientLimit, introductionMs, requestBytesLimit, requestLimit, unreadBytesLimit } from './control-protocol.ts'
import type { SocketPlace } from './control-socket-path.ts'
import { ensurePrivateDirectory } from './kit-home.ts'
import { LineReader } from './line-reader.ts'

/**
 * Answers one request. What it throws becomes an error reply.
 * @param call `emit` sends an event · `signal` aborts when the client is gone.
 */
export type Answer = (verb: string, parameters: unknown, call: Call) => Promise<unknown>

export interface Call {
  readonly signal: AbortSignal
  readonly emit: (event: unknown) => void
}

export interface ControlServerOptions {
  readonly place: SocketPlace
  readonly token: string
  readonly version: string
  readonly answer: Answer
}

export interface ControlServer {
  /** Takes no more requests, aborts those under way and cuts off every client once its replies are written. */
  close(): Promise<void>
}

/**
 * Listens on the control socket (0600 in a 0700 directory). The caller holds the daemon's lock, so a socket that
 * nobody answers is left over and replaced; one that somebody answers is DAEMON_RUNNING.
 */
export async function serveControl(options: ControlServerOptions): Promise<ControlServer> {
  const { place } = options
  ensurePrivateDirectory(place.directory)
  await clearSocket(place.path)
  const clients = new Set<Client>()
  const server = createServer({ allowHalfOpen: false }, socket => {
    if (clients.size >= clientLimit) return socket.destroy()
    const client = new Client(socket, options)
    clients.add(client)
    socket.once('close', () => clients.delete(client))
    return socket
  })
  await listen(server, place.path)
  chmodSync(place.path, 0o600)
  return {
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const client of clients) client.end()
      await closed
    },
  }
}

class Client {
  readonly #socket: Socket
  readonly #options: ControlServerOptions
  readonly #lines = new LineReader(requestBytesLimit)
  readonly #gone = new AbortController()
  #known = false
  #requests = 0

  constructor(socket: Socket, options: ControlServerOptions) {
    this.#socket = socket
    this.#options = options
    const late = setTimeout(() => this.#refuse(0, 'PROTOCOL', 'No request came'), introductionMs)
    socket.on('data', bytes => {
      if (this.#read(bytes)) clearTimeout(late)
    })
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      clearTimeout(late)
      this.#gone.abort(new SyncError('TRANSPORT_LOST', 'The client is gone'))
    })
  }

  end(): void {
    this.#gone.abort(new SyncError('DAEMON_DOWN', 'The daemon stops', { hint: 'dsync start' }))
    this.#socket.end(() => this.#socket.destroy())
  }

  /** True once the client has shown the token. */
  #read(bytes: Buffer): boolean {
    let lines: string[]
    try {
      lines = this.#lines.push(bytes)
    } catch (error) {
      if (codeOf(error) !== 'PROTOCOL') throw error
      this.#refuse(0, 'PROTOCOL', `Cannot read a request longer than ${requestBytesLimit} bytes`)
      return this.#known
    }
    for (const line of lines) if (!this.#socket.destroyed) this.#take(line)
    return this.#known
  }

  #take(line: string): void {
    const request = parseRequest(line)
    if (request === undefined)
      return this.#refuse(0, 'PROTOCOL', 'Cannot read a request: it is not what this daemon speaks')
    if (!sameSecret(request.token, this.#options.token)) {
      return this.#refuse(request.id, 'REFUSED', 'Cannot answer: the token is not the one in run/token')
    }
    this.#known = true
    if (this.#gone.signal.aborted) return
    if (request.version !== this.#options.version && request.verb !== 'stop') {
      const message = `The daemon that runs is version ${this.#options.version}, this command is ${request.version}`
      return this.#send({ id: request.id, error: { code: 'VERSION', message, hint: 'dsync restart' } })
    }
    if (this.#requests >= requestLimit) {
      return this.#send({ id: request.id, error: { code: 'BUSY', message: 'Too many requests at once' } })
    }
    void this.#answer(request)
  }

  async #answer(request: ControlRequest): Promise<void> {
    const { id, verb, parameters } = request
    this.#requests += 1
    const call: Call = { signal: this.#gone.signal, emit: event => this.#event(id, event) }
    try {
      const result = await this.#options.answer(verb, parameters, call)
      this.#send({ id, result: result ?? null })
    } catch (error) {
      this.#send({ id, error: controlError(error) })
    } finally {
      this.#requests -= 1
    }
  }

  #event(id: number, event: unknown): void {
    if (this.#socket.writableLength > unreadBytesLimit) this.#socket.destroy()
    else this.#send({ id, event })
  }

  #send(reply: ControlReply): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(reply)}\n`)
  }

  #refuse(id: number, code: 'PROTOCOL' | 'REFUSED', message: string): void {
    this.#send({ id, error: { code, message } })
    this.#socket.end(() => this.#socket.destroy())
  }
}

function parseRequest(line: string): ControlRequest | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { id, token, version, verb, parameters } = value as Partial<Record<keyof ControlRequest, unknown>>
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined
  if (typeof token !== 'string' || typeof version !== 'string' || typeof verb !== 'string') return undefined
  return { id, token, version, verb, parameters }
}

/** What a person may read of an error. An exception that is not ours is a mistake of ours: its message goes along. */
export function controlError(error: unknown): ControlError {
  if (error instanceof SyncError) {
    return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { code: codeOf(error)?.startsWith('E') ? (codeOf(error) as `E${string}`) : 'INVARIANT', message }
}

/** Compares without telling by its time how much was right. */
function sameSecret(given: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(right))
}

async function clearSocket(path: string): Promise<void> {
  if (await answers(path)) {
    throw new SyncError('DAEMON_RUNNING', `Cannot listen on ${path}: another process answers there`, {
      hint: 'dsync status',
    })
  }
  try {
    unlinkSync(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection(path)
    const done = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
