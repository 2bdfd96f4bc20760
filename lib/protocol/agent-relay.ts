import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../ports/clock.ts'
import { lastWordMs } from './bounds.ts'

export interface RelayOptions {
  readonly stdin: Readable
  readonly stdout: Writable
  /** To the agent that serves the root. */
  readonly agent: Socket
  /** What came already and belongs to the other end. */
  readonly toAgent: Uint8Array
  readonly toHub: Uint8Array
  readonly clock: Clock
}

/**
 * Carries bytes between a hub on stdin and stdout and an agent on a socket, each way no faster than the other end
 * reads, until either end is gone; what one said last still reaches the other, for a moment.
 * @returns why it ended
 */
export function relay({ stdin, stdout, agent, toAgent, toHub, clock }: RelayOptions): Promise<string> {
  return new Promise(resolve => {
    let why: string | undefined
    let cancel = (): void => {}
    const end = (reason: string): void => {
      if (why !== undefined) return
      why = reason
      stdin.unpipe(agent)
      agent.end()
      cancel = clock.after(lastWordMs, over)
    }
    const over = (): void => {
      cancel()
      agent.destroy()
      resolve(why ?? 'the agent that serves the root hung up')
    }
    stdin.on('end', () => end('the hub hung up'))
    stdin.on('close', () => end('the hub hung up'))
    stdin.on('error', error => end(`reading from the hub failed: ${error.message}`))
    stdout.on('error', over)
    agent.on('close', () => {
      end('the agent that serves the root hung up')
      stdout.write('', over)
    })
    agent.write(toAgent)
    stdout.write(toHub)
    if (agent.destroyed) return over()
    if (stdin.destroyed || stdin.readableEnded) return end('the hub hung up')
    stdin.pipe(agent, { end: false })
    agent.pipe(stdout, { end: false })
  })
}
