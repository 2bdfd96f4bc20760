import type { Answer, Question, ReplicaEvent } from '../core/messages.ts'
import type { Replica } from '../ports/replica.ts'

/** Questions to a replica that one of its listeners asks, matched with their answers. */
export class ReplicaQuestions {
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #lastId = 0

  /** Resolves with an `error` when the replica closes first. */
  ask(replica: Replica, question: Question): Promise<Answer> {
    const id = ++this.#lastId
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      replica.send({ type: 'ask', id, question })
    })
  }

  /** To be told everything that the replica says. */
  heard(event: ReplicaEvent): void {
    if (event.type === 'answer') {
      this.#waiting.get(event.id)?.(event.answer)
      this.#waiting.delete(event.id)
    } else if (event.type === 'closed') this.close(event.code, event.why)
  }

  close(code: string, message: string): void {
    for (const resolve of this.#waiting.values()) resolve({ about: 'error', code, message })
    this.#waiting.clear()
  }
}
