import type { AskHost } from '../daemon/host-question.ts'
import type { KitHome } from '../daemon/kit-home.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Paint } from './paint.ts'

/** The terminal, or what stands in its place. */
export interface Terminal {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Whether somebody is there to answer a question. */
  readonly canAsk: boolean
  /** Shows a question and resolves to the line that was typed. */
  readonly ask: (question: string) => Promise<string>
  /** Shows one line that the next call replaces, `''` removes it; does nothing where nobody watches. */
  readonly progress: (line: string) => void
  /** Takes the whole screen until it is closed; undefined where the output is no terminal. */
  readonly openScreen: () => Screen | undefined
  readonly paint: Paint
  /** How errors are painted: they may go elsewhere. */
  readonly paintErrors: Paint
}

/** A screen that one command has for itself. What stood there before is back once it is closed. */
export interface Screen {
  /** Shows these lines in the place of those before, as many and as much of each as there is room for. */
  readonly draw: (lines: readonly string[]) => void
  readonly close: () => void
}

/** All that a command may know of the world around it. Scripts read it from their process. */
export interface Surroundings {
  readonly terminal: Terminal
  readonly home: KitHome
  readonly userHome: string
  /** This host's name, unless its settings give it another. */
  readonly host: string
  readonly version: string
  readonly cwd: string
  /** Aborts when the person interrupts. */
  readonly signal: AbortSignal
  /** Asks the agent of a host that is reached by ssh. */
  readonly askHost: AskHost
  /** Program and arguments that edit a file whose path comes last. */
  readonly editor: readonly [string, ...string[]]
  /** Program and arguments that run the daemon of this home. */
  readonly daemonCommand: readonly [string, ...string[]]
}

/** What a command has to say, once it is done. */
export interface Outcome {
  readonly exit: ExitCode
  /** The object that `--json` prints; none when all has been printed. */
  readonly json: object | undefined
  /** The lines that are printed otherwise. Every text that others chose has been escaped. */
  readonly lines: (paint: Paint) => readonly string[]
}
