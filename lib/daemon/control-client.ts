import type { Socket } from 'node:net'
import { createConnection } from 'node:net'
import { SyncError, codeOf } from '../core/errors.ts'
import type { ControlReply, ControlRequest } from './control-protocol.ts'
import { replyBytesLimit } from './control-protocol.ts'
import type { KitHome } from './kit-home.ts'
import { isOwnSocket } from './kit-home.ts'
import { LineReader } from './line-reader.ts'
import { lastSocket } from './lock.ts'
import { readPrivateFile } from './private-file.ts'
import type { Verbs } from './verbs.ts'

/** Which daemon to ask, and as which version. */
export interface Endpoint {
  readonly home: KitHome
  readonly version: string
}

export interface AskOptions<Event> {
  /** Gives the question up; the promise rejects with the signal's reason. */
  readonly signal: AbortSignal
  readonly onEvent?: (event: Event) => void
}

/**
 * Asks the daemon of a home one question, on a connection of its own.
 * Throws DAEMON_DOWN when none answers, and whatever error the daemon replied.
 */
export async function askDaemon<Name extends keyof Verbs>(
  endpoint: Endpoint,
  verb: Name,
  parameters: Verbs[Name]['parameters'],
  options: AskOptions<Verbs[Name]['event']>,
): Promise<Verbs[Name]['result']> {
  const token = readPrivateFile(endpoint.home.token)
  const path = socketOf(endpoint.home)
  if (token === undefined || path === undefined) throw daemonDown(false)
  if (!isOwnSocket(path)) throw daemonDown(true)
  options.signal.throwIfAborted()
  const socket = await connect(path)
  const request: ControlRequest = { id: 1, token: token.trim(), version: endpoint.version, verb, parameters }
  try {
    socket.write(`${JSON.stringify(request)}\n`)
    return (await replyTo(socket, options)) as Verbs[Name]['result']
  } finally {
    socket.destroy()
  }
}

function socketOf(home: KitHome): string | undefined {
  try {
    return lastSocket(home.run, 'daemon')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** @param abandoned the last one left its lock behind: it crashed, was killed, or lost its power. */
function daemonDown(abandoned: boolean): SyncError {
  const message = 'The daemon is not running'
  const more = abandoned ? '; the last one did not stop in order (see dsync logs)' : ''
  return new SyncError('DAEMON_DOWN', message + more, { hint: 'dsync start' })
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', error => {
      const code = codeOf(error)
      reject(code === 'ENOENT' || code === 'ECONNREFUSED' ? daemonDown(true) : error)
    })
  })
}

function replyTo<Event>(socket: Socket, options: AskOptions<Event>): Promise<unknown> {
  const { signal, onEvent } = options
  return new Promise((resolve, reject) => {
    const lines = new LineReader(replyBytesLimit)
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    const take = (line: string): void => {
      const reply = JSON.parse(line) as ControlReply
      if ('event' in reply) onEvent?.(reply.event as Event)
      else if ('error' in reply) {
        const { code, message, hint } = reply.error
        reject(new SyncError(code, message, hint === undefined ? {} : { hint }))
      } else resolve(reply.result)
    }
    socket.on('data', bytes => {
      try {
        for (const line of lines.push(bytes)) take(line)
      } catch (error) {
        reject(
          new SyncError('PROTOCOL', 'Cannot read the reply of the daemon', { hint: 'dsync restart', cause: error }),
        )
      }
    })
    const stopped = (): void =>
      reject(new SyncError('DAEMON_DOWN', 'The daemon stopped before it answered', { hint: 'dsync start' }))
    // A daemon that is killed leaves what it had not read.
    socket.on('error', error => {
      const code = codeOf(error)
      if (code === 'ECONNRESET' || code === 'EPIPE') stopped()
      else reject(error)
    })
    socket.once('close', () => {
      signal.removeEventListener('abort', abort)
      stopped()
    })
  })
}
