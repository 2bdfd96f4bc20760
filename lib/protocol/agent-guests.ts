import type { Socket } from 'node:net'
import type { Answer } from '../core/messages.ts'
import type { Guest } from './agent-socket.ts'
import { guestReplyBytes, guestsLimit } from './bounds.ts'
import type { GuestLineReply, OwnQuestion } from './guest-line.ts'
import { guestLine } from './guest-line.ts'
import type { GuestWindow } from './guest-window.ts'

export interface GuestsOptions {
  /** Where the hub is asked; undefined while there is none. */
  window(): GuestWindow | undefined
  /** Asks this host's own replica; undefined while it is not open. */
  ask(question: OwnQuestion): Promise<Answer> | undefined
}

/** Commands of this host that came to an agent's socket: each gets its answer there, from the hub or from the replica. */
export class AgentGuests {
  readonly #options: GuestsOptions
  #count = 0

  constructor(options: GuestsOptions) {
    this.#options = options
  }

  visited({ guest, socket }: Guest): void {
    if (this.#count >= guestsLimit) return end(socket, refused(`${guestsLimit} commands of this host ask already`))
    this.#count++
    // Whoever leaves says nothing more, and what it says else is not heard.
    socket.resume()
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#count--)
    if (guest.kind === 'own') void this.#own(guest.question, socket)
    else {
      const window = this.#options.window()
      if (window?.isLive !== true) return end(socket, { what: 'away' })
      const leave = window.ask(guest.request, reply => {
        if (reply === 'lost') return end(socket, { what: 'away' })
        if (reply.what !== 'event') return end(socket, reply)
        // A command that stands still is not waited for.
        if (socket.writableLength > guestReplyBytes) socket.destroy()
        else if (socket.writable) socket.write(guestLine(reply))
      })
      if (typeof leave === 'string') return end(socket, refused(leave))
      socket.once('close', leave)
    }
  }

  async #own(question: OwnQuestion, socket: Socket): Promise<void> {
    const answer = await this.#options.ask(question)
    end(socket, answer === undefined ? { what: 'away' } : { what: 'answer', json: JSON.stringify(answer) })
  }
}

function end(socket: Socket, reply: GuestLineReply): void {
  if (socket.writable) socket.end(guestLine(reply))
}

function refused(why: string): GuestLineReply {
  return { what: 'error', json: JSON.stringify({ code: 'BUSY', message: `Cannot ask the hub: ${why}` }) }
}
