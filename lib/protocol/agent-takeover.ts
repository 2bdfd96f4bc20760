import type { Socket } from 'node:net'
import type { Clock } from '../ports/clock.ts'
import type { Call, Reply } from './agent-call.ts'
import { LineTaker, callLine, readReply } from './agent-call.ts'
import { connect } from './agent-socket.ts'
import { callMs, releaseMs } from './bounds.ts'

export type Takeover =
  /** Nobody has the root, as far as can be seen from here: its lock tells for certain. */
  | { readonly state: 'free' }
  | { readonly state: 'refused'; readonly why: string }
  /** The agent that has the root waits for the frames of the hub on `socket`; `rest` is what it said already. */
  | { readonly state: 'go'; readonly socket: Socket; readonly rest: Uint8Array }

/**
 * Asks the agent that may have a root already to serve our hub, or to let go of the root. Bounded in time: an agent that
 * stands still keeps its root, and is asked again when the hub comes again.
 * @param path of that agent's socket
 */
export async function takeOver(path: string, call: Call, clock: Clock): Promise<Takeover> {
  const socket = await connect(path)
  if (socket === undefined) return { state: 'free' }
  return new Promise(resolve => {
    const taker = new LineTaker()
    let isLetGo = false
    const end = (taken: Takeover): void => {
      cancel()
      socket.off('data', listen)
      socket.off('close', leave)
      if (taken.state === 'go') socket.pause()
      else socket.destroy()
      resolve(taken)
    }
    const late = (): void =>
      end({
        state: 'refused',
        why: isLetGo ? 'the agent before this one does not end' : 'the agent before this one does not answer',
      })
    const leave = (): void => end({ state: 'free' })
    const listen = (bytes: Uint8Array): void => {
      taker.push(bytes)
      for (let next = taker.next(); next !== undefined; next = taker.next()) {
        const reply: Reply | undefined = next === 'long' ? undefined : readReply(next.line)
        switch (reply?.state) {
          case 'go':
            return end({ state: 'go', socket, rest: taker.rest() })
          case 'refused':
            return end(reply)
          case 'ended':
            return leave()
          case 'ending':
            isLetGo = true
            cancel()
            cancel = clock.after(releaseMs, late)
            break
          case undefined:
            return end({ state: 'refused', why: 'what answers on the socket of its agent is no agent' })
        }
      }
    }
    let cancel = clock.after(callMs, late)
    socket.on('close', leave)
    socket.on('data', listen)
    socket.write(callLine(call))
  })
}
