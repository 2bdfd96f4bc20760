import type { Answer } from '../core/messages.ts'
import type { Clock } from '../ports/clock.ts'

/** A question that is not answered after this never will be (ms). */
const askDeadlineMs = 30_000

/** Questions to replicas that wait for their answers. */
export class AskDesk {
  readonly #clock: Clock
  readonly #open = new Map<number, (answer: Answer) => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  open(nextId: () => number): { readonly id: number; readonly answer: Promise<Answer> } {
    const id = nextId()
    const answer = new Promise<Answer>(resolve => {
      const cancel = this.#clock.after(askDeadlineMs, () =>
        this.answered(id, { about: 'error', code: 'TIMEOUT', message: `no answer within ${askDeadlineMs / 1000} s` }),
      )
      this.#open.set(id, given => {
        cancel()
        resolve(given)
      })
    })
    return { id, answer }
  }

  answered(id: number, answer: Answer): void {
    const resolve = this.#open.get(id)
    this.#open.delete(id)
    resolve?.(answer)
  }

  /** No answer will come to any of them. */
  end(why: string): void {
    for (const id of [...this.#open.keys()]) this.answered(id, { about: 'error', code: 'TRANSPORT_LOST', message: why })
  }
}
