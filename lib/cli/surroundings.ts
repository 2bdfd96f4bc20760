import type { Following } from '../daemon/asker.ts'
import type { AskHost } from '../daemon/host-question.ts'
import type { AskedHost } from '../daemon/host-question.ts'
import type { EquipStep, HostEquipment } from '../kit/equip-host.ts'
import type { KitHome } from '../daemon/kit-home.ts'
import type { Survey } from '../remote/survey.ts'
import type { TakeSurvey } from '../doctor/examination.ts'
import type { Paint } from './paint.ts'

/** The terminal, or what stands in its place. */
export interface Terminal {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Whether somebody is there to answer a question. */
  readonly canAsk: boolean
  /** Whether what a program that is run here reads and what it prints goes through a terminal. */
  readonly isTerminal: boolean
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
  /** Directories for sockets whose path in the home would be too long. */
  readonly socketParents: readonly string[]
  readonly userHome: string
  /** This host's name, unless its settings give it another. */
  readonly host: string
  readonly version: string
  readonly cwd: string
  /** Aborts when the person interrupts. */
  readonly signal: AbortSignal
  /** What this process can say for a host that follows the hub of another, when no daemon runs there. Called only then. */
  readonly following: () => Promise<Following>
  /** Asks the agent of a host that is reached by ssh. */
  readonly askHost: AskHost
  /** What another host that is reached by ssh lacks, and how it gets it. */
  readonly equipHost: EquipHost
  /** Looks over this machine, or one that is reached by ssh. */
  readonly takeSurvey: TakeSurvey
  /** Forgets what a session of a home has agreed on; only while no daemon runs. */
  readonly forgetSession: (home: KitHome, session: string) => Promise<void>
  /** Has a session of a home begin anew with roots that another hub kept in sync until now; only while it is not open. */
  readonly acquaintSession: (home: KitHome, session: string) => Promise<void>
  /** Program and arguments that edit a file whose path comes last. */
  readonly editor: readonly [string, ...string[]]
  /** Gives a program this process's terminal, or what stands in its place, until it ends. */
  readonly runProgram: RunProgram
  /** What this process was given as its environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Program and arguments that run the daemon of this home. */
  readonly daemonCommand: readonly [string, ...string[]]
  /** Program and arguments that are this command, for a host that is a directory of this machine. */
  readonly dsyncCommand: readonly [string, ...string[]]
  /** What a service of this person is made of here. */
  readonly service: ServiceSurroundings
}

/** Who runs this, and what of: for services, which have nothing of it from a login. */
export interface ServiceSurroundings {
  /** `darwin`, `linux`, as Node calls it. */
  readonly platform: string
  readonly uid: number
  readonly userName: string
  /** The folder that holds `bin/dsync`. */
  readonly kit: string
  /** The runtime of this process. */
  readonly runtime: string
}

export type EquipHost = (host: AskedHost, options: EquipHostOptions) => Pick<HostEquipment, keyof HostEquipment>

export interface EquipHostOptions {
  readonly wantsKit: boolean
  readonly wantsShell?: boolean
  /** The host as it was found; it is not looked at again. */
  readonly survey?: Survey
  /** Take what must be fetched from npm's cache alone. */
  readonly isOffline: boolean
  readonly signal: AbortSignal
  readonly tell: (step: EquipStep) => void
}

/** A program that a person sees and types to. */
export interface Program {
  readonly command: readonly [program: string, ...rest: string[]]
  /** Default: this process's own. */
  readonly directory?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Keep stdout free: what it prints there goes to stderr. */
  readonly isQuiet?: boolean
}

/** How a program came to its end. */
export interface ProgramEnd {
  readonly pid: number | undefined
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why it could not be started at all, and the error's code. */
  readonly startError?: string
  readonly startCode?: string
}

/** While it lasts Ctrl-C is for the program, and does not interrupt the command. */
export type RunProgram = (program: Program) => Promise<ProgramEnd>

/** What a command has to say, once it is done. */
export interface Outcome {
  /** One of `exitCodes`, or that of a program which it ran. */
  readonly exit: number
  /** The object that `--json` prints; none when all has been printed. */
  readonly json: object | undefined
  /** The lines that are printed otherwise. Every text that others chose has been escaped. */
  readonly lines: (paint: Paint) => readonly string[]
}
