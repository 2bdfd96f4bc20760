import { SyncError } from '../core/errors.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { Answer } from '../core/messages.ts'
import { isOwnSocket } from '../daemon/kit-home.ts'
import { LineReader } from '../daemon/line-reader.ts'
import { connect } from '../protocol/agent-socket.ts'
import { guestReplyBytes } from '../protocol/bounds.ts'
import type { GuestLine, GuestLineReply, OwnQuestion } from '../protocol/guest-line.ts'
import { guestLine, readGuestReply } from '../protocol/guest-line.ts'
import type { GuestRequest } from '../protocol/guest.ts'

export interface AgentCall {
  readonly signal: AbortSignal
  readonly emit: (event: unknown) => void
}

/** Nobody answers, or whoever does has no hub. */
export const away = Symbol('away')

/** A reply is JSON in JSON: quotes and backslashes may double it. */
const lineBytesLimit = 2 * guestReplyBytes + 1024

/**
 * Asks the hub by way of the agent that listens on a socket. What the hub says is read as JSON and not believed further.
 * Rejects with what the hub says went wrong, and with the signal's reason.
 */
export async function askHub(path: string, request: GuestRequest, call: AgentCall): Promise<unknown> {
  const reply = await converse(path, { kind: 'hub', request }, call)
  if (reply === away || reply.what === 'away') return away
  if (reply.what === 'error') throw errorOf(parsed(reply.json))
  return parsed(reply.json)
}

/** Asks the agent itself about this host's trash. */
export async function askAgent(
  path: string,
  question: OwnQuestion,
  signal: AbortSignal,
): Promise<Answer | typeof away> {
  const reply = await converse(path, { kind: 'own', question }, { signal, emit: () => {} })
  if (reply === away || reply.what === 'away') return away
  if (reply.what !== 'answer') throw errorOf(parsed(reply.json))
  return parsed(reply.json) as Answer
}

/** The last reply; events go to the call. */
async function converse(path: string, line: GuestLine, call: AgentCall): Promise<GuestLineReply | typeof away> {
  if (!isOwnSocket(path)) return away
  call.signal.throwIfAborted()
  const socket = await connect(path)
  if (socket === undefined) return away
  const lines = new LineReader(lineBytesLimit)
  try {
    return await new Promise((resolve, reject) => {
      const abort = (): void => reject(call.signal.reason)
      call.signal.addEventListener('abort', abort, { once: true })
      socket.once('close', () => {
        call.signal.removeEventListener('abort', abort)
        resolve(away)
      })
      socket.on('data', bytes => {
        try {
          for (const text of lines.push(bytes)) {
            const reply = readGuestReply(text)
            if (reply === undefined) throw new SyncError('PROTOCOL', 'Cannot read the reply of the agent')
            if (reply.what === 'event') call.emit(parsed(reply.json))
            else resolve(reply)
          }
        } catch (error) {
          reject(error)
        }
      })
      socket.write(guestLine(line))
    })
  } finally {
    socket.destroy()
  }
}

function errorOf(value: unknown): SyncError {
  const { code, message, hint } =
    typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  const said = typeof message === 'string' ? message : 'Cannot read what the hub says went wrong'
  const known = typeof code === 'string' && /^[A-Z_]{2,40}$/.test(code) ? (code as ErrorCode) : 'PROTOCOL'
  return new SyncError(known, said, typeof hint === 'string' ? { hint } : {})
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new SyncError('PROTOCOL', 'Cannot read what the hub says: it is no JSON', { cause: error })
  }
}
