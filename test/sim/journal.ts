/**
 * The changes of names and modes that a disk has taken, in order, each with how to undo it. A power cut keeps a prefix
 * that holds at least what was committed. Source: jbd2, the journal of ext4, in `data=ordered` mode.
 */
export class Journal {
  /** How to undo each change from `#base` on. */
  #undo: (() => void)[] = []
  /** Changes so old that they are committed and forgotten. */
  #base = 0
  #committed = 0

  /** Where the next change will stand. */
  get length(): number {
    return this.#base + this.#undo.length
  }

  get committed(): number {
    return this.#committed
  }

  record(undo: () => void): void {
    this.#undo.push(undo)
  }

  /** All changes before `position` are on the disk for good. */
  commit(position: number): void {
    if (position <= this.#committed) return
    this.#committed = position
    if (this.#committed - this.#base > 4096 || this.#committed === this.length) {
      this.#undo.splice(0, this.#committed - this.#base)
      this.#base = this.#committed
    }
  }

  /** Undoes the changes from `position` on, the last first, and takes what is left as committed. */
  rewind(position: number): void {
    while (this.length > Math.max(position, this.#committed)) this.#undo.pop()?.()
    this.commit(this.length)
  }
}
