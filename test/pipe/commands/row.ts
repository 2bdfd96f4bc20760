import type { Pair } from '../pair.ts'

/** One command line and what comes of it. `{n}` in a line is 1, and 2 where it is run again with `--json`. */
export interface Row {
  /** The words after `dsync`, with blanks between. */
  readonly line: string
  /** Default: 0 for right input, 2 for wrong. */
  readonly exit?: number
  /** What a person reads: all of stdout for right input, the one message on stderr (without `dsync: `) for wrong. */
  readonly says: RegExp
  /** What is on stderr besides: for right input nothing unless said, for wrong input what is asked about. */
  readonly shows?: RegExp
  /** For wrong input: the next command, or what to change. */
  readonly next?: RegExp
  /** What must be so before it. */
  readonly before?: (pair: Pair) => Promise<void>
  /** In the root; else in the home. */
  readonly inRoot?: boolean
  /** It is run while no daemon runs. */
  readonly down?: boolean
  /**
   * Under Node from source every row is run for a person and with `--json`. Under the others right input is run with
   * `--json`, and both forms of the rows that say so here.
   */
  readonly everywhere?: boolean
}

/** The rows of one command. Add yours to the file that is called as the one of `lib/cli/table/` your command is in. */
export interface CommandRows {
  readonly right: readonly Row[]
  readonly wrong: readonly Row[]
}

/** Rows by the name of the command. */
export type RowTable = Readonly<Record<string, CommandRows>>

/** Without a daemon: every command that needs one says so in the same words. */
export function needsDaemon(line: string): Row {
  return { line, exit: 6, says: /^The daemon is not running$/, next: /^dsync start$/, down: true }
}
