import type { ReplicaCommand } from '../core/messages.ts'
import type { WireEvent } from './codec-event.ts'
import { violation } from './violation.ts'

/** Which answers are due: what comes without a question is refused (a server that adds files was CVE-2022-29154). */
export class OpenQuestions {
  /** The answer's type and number, with how many bytes it may bring. */
  readonly #due = new Map<string, number>()

  asked(command: ReplicaCommand): void {
    switch (command.type) {
      case 'read':
        return this.#expect('content', command.id, command.length)
      case 'reserve':
        return this.#expect('reserved', command.id)
      case 'keep':
        return this.#expect('kept', command.id)
      case 'fence':
        return this.#expect('fenced', command.id)
      case 'checkpoint':
        return this.#expect('durable', command.id)
      case 'ask':
        return this.#expect('answer', command.id)
      default:
    }
  }

  /** Throws PROTOCOL for an answer that is not due, or brings more than was asked for. */
  answered(event: WireEvent): void {
    switch (event.type) {
      case 'content':
      case 'reserved':
      case 'kept':
      case 'fenced':
      case 'durable':
      case 'answer': {
        const key = `${event.type} ${event.id}`
        const bytes = this.#due.get(key)
        if (bytes === undefined) throw violation(`it answered ${event.type} ${event.id}, which nobody asked`)
        this.#due.delete(key)
        if (event.type === 'content' && (event.bytes?.length ?? 0) > bytes)
          throw violation(`it sent ${event.bytes?.length} bytes where ${bytes} were asked for`)
        return
      }
      default:
    }
  }

  #expect(type: WireEvent['type'], id: number, bytes = 0): void {
    this.#due.set(`${type} ${id}`, bytes)
  }
}
