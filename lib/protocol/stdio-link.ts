import type { Readable, Writable } from 'node:stream'
import type { Link, LinkEnd } from '../ports/link.ts'

/** The agent's end of a link: bytes of the hub on `stdin`, ours to it on `stdout`. It ends when either does. */
export function stdioLink(stdin: Readable, stdout: Writable): Link {
  let ended = false
  let closed: ((end: LinkEnd) => void) | undefined
  const end = (why: string): void => {
    if (ended) return
    ended = true
    closed?.({ code: 'TRANSPORT_LOST', why })
  }
  stdin.on('end', () => end('the hub hung up'))
  stdin.on('close', () => end('the hub hung up'))
  stdin.on('error', error => end(`reading from the hub failed: ${error.message}`))
  stdout.on('error', error => end(`writing to the hub failed: ${error.message}`))
  return {
    write: bytes => ended || stdout.destroyed || stdout.write(bytes),
    onData: listen => void stdin.on('data', listen),
    onDrain: listen => void stdout.on('drain', listen),
    onClose: listen => {
      closed = listen
    },
    close: () => {
      if (!stdout.writableEnded) stdout.end()
      stdin.destroy()
    },
  }
}
