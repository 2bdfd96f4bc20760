import type { Readable, Writable } from 'node:stream'
import type { Link, LinkEnd } from '../ports/link.ts'

export interface StdioLink extends Link {
  /** The streams are somebody else's from now on: what comes waits until that one reads. */
  release(): void
}

/** The agent's end of a link: bytes of the hub on `stdin`, ours to it on `stdout`. It ends when either does. */
export function stdioLink(stdin: Readable, stdout: Writable): StdioLink {
  let ended: LinkEnd | undefined
  let data: ((bytes: Uint8Array) => void) | undefined
  let closed: ((end: LinkEnd) => void) | undefined
  const end = (why: string): void => {
    if (ended !== undefined) return
    ended = { code: 'TRANSPORT_LOST', why }
    closed?.(ended)
  }
  stdin.on('end', () => end('the hub hung up'))
  stdin.on('close', () => end('the hub hung up'))
  stdin.on('error', error => end(`reading from the hub failed: ${error.message}`))
  stdout.on('error', error => end(`writing to the hub failed: ${error.message}`))
  const hear = (bytes: Uint8Array): void => data?.(bytes)
  return {
    write: bytes => ended !== undefined || stdout.destroyed || stdout.write(bytes),
    onData: listen => {
      if (data === undefined) stdin.on('data', hear)
      data = listen
    },
    onDrain: listen => void stdout.on('drain', listen),
    onClose: listen => {
      closed = listen
      if (ended !== undefined) listen(ended)
    },
    close: () => {
      if (!stdout.writableEnded) stdout.end()
      stdin.destroy()
    },
    release: () => {
      stdin.pause()
      stdin.off('data', hear)
      data = undefined
    },
  }
}
