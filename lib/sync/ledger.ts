import type { Effect } from '../core/session/messages.ts'
import type { SessionStore } from '../ports/store.ts'

type Entered = 'remember' | 'mark' | 'fold' | 'save-conflict' | 'remove-conflict'

/** Writes down what a session wants remembered. */
export class Ledger {
  readonly #store: SessionStore
  readonly #written: () => void
  readonly #marks = new Map<number, number>()

  /** @param written something was given to the store */
  constructor(store: SessionStore, written: () => void) {
    this.#store = store
    this.#written = written
  }

  enter(effect: Effect & { readonly type: Entered }): void {
    const store = this.#store
    switch (effect.type) {
      case 'remember':
        store.append(effect.changes)
        return this.#written()
      case 'mark':
        this.#marks.set(effect.id, store.mark())
        return
      case 'fold': {
        const mark = this.#marks.get(effect.id)
        this.#marks.delete(effect.id)
        if (mark !== undefined) store.fold(mark)
        return this.#written()
      }
      case 'save-conflict':
        store.saveConflict(effect.conflict)
        return this.#written()
      case 'remove-conflict':
        store.removeConflict(effect.path)
        return this.#written()
    }
  }

  /** The session is over: its marks mean nothing to the next. */
  forgetMarks(): void {
    this.#marks.clear()
  }
}
