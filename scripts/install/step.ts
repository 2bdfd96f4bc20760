/** One thing that an installation does, known before it is done. */
export interface Step {
  readonly name: string
  /** All is as it should be already. */
  readonly isDone: boolean
  /** What it is, in a few words. */
  readonly says: string
  /** Every file it would touch, with diffs. */
  readonly preview: () => readonly string[]
  /** May be called again. Throws what keeps it from being done. */
  readonly carryOut: () => void | Promise<void>
  /** What a person should know of it. */
  readonly notes?: readonly string[]
  /** What is left alone of what was asked, each with why. */
  readonly blocked?: readonly string[]
}
