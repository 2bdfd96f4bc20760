import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createConnection, createServer } from 'node:net'
import { SyncError, codeOf } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Call } from './agent-call.ts'
import { LineTaker, readCall } from './agent-call.ts'
import { callMs, callersLimit } from './bounds.ts'
import type { GuestLine } from './guest-line.ts'
import { readGuest } from './guest-line.ts'

/** Somebody who said on the socket whom it speaks for, and what it said after that. */
export interface Caller {
  readonly call: Call
  readonly socket: Socket
  readonly rest: Uint8Array
}

/** Somebody who runs a command on this host. */
export interface Guest {
  readonly guest: GuestLine
  readonly socket: Socket
}

/** Who comes to the socket of an agent. */
export interface Doors {
  called(caller: Caller): void
  visited(guest: Guest): void
}

export interface AgentSocket {
  /** False when the file is gone, or another process listens under its name. */
  isOurs(): boolean
  /** Takes no more callers; those there are stay. */
  close(): void
}

/**
 * Listens for new agent processes of the same root, and for commands of this host. Whoever calls this holds the root's lock, so a socket file that
 * nobody answers was left by a crash and is replaced. Callers that say nothing sensible in time are cut off.
 * @param path of the socket, short enough for one, in a directory that only this user may enter
 */
export async function listenForCalls(path: string, clock: Clock, doors: Doors): Promise<AgentSocket> {
  await clear(path)
  let unknown = 0
  const server = createServer({ allowHalfOpen: false }, socket => {
    if (unknown >= callersLimit) return void socket.destroy()
    unknown++
    hear(socket, clock, known => {
      unknown--
      if (known !== undefined && 'call' in known) doors.called(known)
      else if (known !== undefined) doors.visited(known)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  server.on('error', () => {})
  chmodSync(path, 0o600)
  const { ino } = lstatSync(path)
  const isOurs = (): boolean => lstatSync(path, { throwIfNoEntry: false })?.ino === ino
  const close = (): void => {
    // Not every runtime removes the file with its listener, and a later one's is not ours to remove.
    if (isOurs()) remove(path)
    server.close()
  }
  return { isOurs, close }
}

/** Waits for a caller's line; `heard` is called once, with nothing when none came. */
function hear(socket: Socket, clock: Clock, heard: (known: Caller | Guest | undefined) => void): void {
  const taker = new LineTaker()
  const end = (known?: Caller | Guest): void => {
    cancel()
    socket.off('data', listen)
    socket.off('close', leave)
    if (known === undefined) socket.destroy()
    heard(known)
  }
  const leave = (): void => end()
  const listen = (bytes: Uint8Array): void => {
    taker.push(bytes)
    const next = taker.next()
    if (next === undefined) return
    if (next === 'long') return end()
    const call = readCall(next.line)
    if (call !== undefined) return end({ call, socket, rest: taker.rest() })
    const guest = readGuest(next.line)
    end(guest && { guest, socket })
  }
  const cancel = clock.after(callMs, leave)
  socket.on('error', () => socket.destroy())
  socket.on('close', leave)
  socket.on('data', listen)
}

/** Throws BUSY when somebody listens there. */
async function clear(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return
  const socket = await connect(path)
  if (socket !== undefined) {
    socket.destroy()
    throw new SyncError('BUSY', `Cannot listen on ${path}: another process answers there`, { verdict: 'retry' })
  }
  remove(path)
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** A connection to whoever listens there; undefined when nobody does. */
export function connect(path: string): Promise<Socket | undefined> {
  return new Promise(resolve => {
    const socket = createConnection(path)
    const failed = (): void => {
      socket.destroy()
      resolve(undefined)
    }
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.off('error', failed)
      socket.on('error', () => socket.destroy())
      resolve(socket)
    })
  })
}
