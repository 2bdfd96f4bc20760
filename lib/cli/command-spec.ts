import type { ExitCode } from './exit-codes.ts'

/** One command as parsing, help and completions see it. */
export interface CommandSpec {
  /** One word, or a group's and its own: `roots add`. */
  readonly name: string
  /** It is no command of dsync but a program of that name. */
  readonly isProgram?: boolean
  /** One line for the list of commands. */
  readonly says: string
  readonly operands: readonly OperandSpec[]
  /** By long name. Every command has `json` and `help` besides. */
  readonly options: Readonly<Record<string, OptionSpec>>
  /** A command line each, with what it does. */
  readonly examples: readonly (readonly [string, string])[]
  /** Its exit code whenever it fails itself: of a command whose others are those of the program that it runs. */
  readonly failure?: ExitCode
  /** What a person must know besides, a sentence a line. */
  readonly more?: readonly string[]
}

/** How a command is called: `dsync roots add`. */
export function callOf({ name, isProgram }: CommandSpec): string {
  return isProgram === true ? name : `dsync ${name}`
}

/** The command line that says more about a command. */
export function helpOf({ name, isProgram }: CommandSpec): string {
  return isProgram === true ? `${name} --help` : `dsync help ${name}`
}

/** What a shell offers in the place of a word: names that dsync knows, or what lies on the disk. */
export type Completes = 'hosts' | 'roots' | 'settings' | 'files' | 'directories'

export interface OperandSpec {
  /** As in the usage line: `PATH`. */
  readonly name: string
  readonly says: string
  readonly needed: boolean
  readonly completes?: Completes
  /** The words that fit. */
  readonly words?: readonly string[]
  /** Takes every word that is left, as it is: of the last operand only. */
  readonly many?: boolean
}

export interface OptionSpec {
  readonly says: string
  readonly short?: string
  /** What its value is called; an option without one is a flag. */
  readonly value?: string
  /** The value is a number, not less than this. */
  readonly atLeast?: number
  readonly completes?: Completes
  /** Words that fit, beside others. */
  readonly words?: readonly string[]
  /** May be given more than once. */
  readonly many?: boolean
}

/** A command line that fits its command. */
export class Arguments {
  readonly operands: readonly string[]
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(operands: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.operands = operands
    this.#values = values
  }

  /** True when the option was given. */
  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** Its value; the last one when it was given more than once. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1)
  }

  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** The value of an option with `atLeast`. */
  number(name: string): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : Number(text)
  }
}
