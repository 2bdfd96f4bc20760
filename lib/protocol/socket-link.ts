import type { Socket } from 'node:net'
import type { Clock } from '../ports/clock.ts'
import type { Link, LinkEnd } from '../ports/link.ts'
import { lastWordMs } from './bounds.ts'

/** A connected socket as a link. What was written before it is closed still goes out, for a moment. */
export function socketLink(socket: Socket, clock: Clock): Link {
  let ended: LinkEnd | undefined
  let closed: ((end: LinkEnd) => void) | undefined
  const end = (): void => {
    if (ended !== undefined) return
    ended = { code: 'TRANSPORT_LOST', why: 'the hub hung up' }
    closed?.(ended)
  }
  socket.on('end', end)
  socket.on('close', end)
  socket.on('error', end)
  if (socket.destroyed || socket.readableEnded) end()
  return {
    write: bytes => ended !== undefined || socket.destroyed || socket.write(bytes),
    onData: listen => void socket.on('data', listen),
    onDrain: listen => void socket.on('drain', listen),
    onClose: listen => {
      closed = listen
      if (ended !== undefined) listen(ended)
    },
    close: () => {
      if (socket.destroyed || socket.writableEnded) return
      const cancel = clock.after(lastWordMs, () => socket.destroy())
      socket.once('close', cancel)
      socket.end()
    },
  }
}
