import type { Program, Programs } from './history-operations.ts'
import type { RecordedUser } from './history-user.ts'
import type { SimHost } from './host.ts'
import type { Random } from './random.ts'
import type { Star } from './star.ts'

/** One host of a star with those who work on it. */
export interface Player {
  readonly host: SimHost
  readonly user: RecordedUser
  readonly programs: Programs
  readonly running: Program[]
}

/** What faults and judges know of the history of a star. */
export interface StarScene {
  readonly star: Star
  readonly random: Random
  /** The hub's first. */
  readonly players: readonly Player[]
  /** What was found wrong so far, in words. */
  readonly failures: string[]
  tell(line: string): void
  readonly playerOf: (host: string) => Player | undefined
  /** A user does something at once: one step of a program that runs, or of a new one. */
  act(player: Player): void
  /** A user saves a file in one go, as some program does. */
  save(player: Player, path: string): void
  /** Everything that users began is brought to its end. */
  finishPrograms(): void
  powerCut(player: Player): void
}
