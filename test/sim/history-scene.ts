import type { Side } from '../../lib/core/operation.ts'
import type { RecordedUser } from './history-user.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

/** What faults and judges know of a history. */
export interface Scene {
  readonly world: World
  readonly random: Random
  readonly users: Readonly<Record<Side, RecordedUser>>
  /** What was found wrong so far, in words. */
  readonly failures: string[]
  tell(line: string): void
  /** A user does something at once: one step of a program that runs, or of a new one. */
  act(side: Side): void
  /** A user saves a file in one go, as some program does. */
  save(side: Side, path: string): void
  powerCut(side: Side): void
}
