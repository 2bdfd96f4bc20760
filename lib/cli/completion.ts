import type { CommandSpec, Completes, OptionSpec } from './command-spec.ts'
import { commandTable, globalOptions, groupDefaults } from './command-table.ts'

/** A word that could stand there, and what it does. */
export interface Choice {
  readonly word: string
  readonly says: string
}

/** What fits in the place of a word that is being typed. */
export interface Completion {
  readonly choices: readonly Choice[]
  /** Names that fit besides. */
  readonly names: Completes | undefined
  /** What stands before the name in the same word: `--on=`. */
  readonly before: string
}

const nothing: Completion = { choices: [], names: undefined, before: '' }

/**
 * What may come in the place of the last word of a command line, `dsync` left out. Pure, by the command table alone.
 * @param program the one command of another program, whose name is left out
 */
export function completionOf(line: readonly string[], program?: CommandSpec): Completion {
  // bash takes `--on=twin` for three words.
  const words = line.filter((word, i) => word !== '=' || i === line.length - 1)
  const typed = words.at(-1) === '=' ? '' : (words.at(-1) ?? '')
  if (program !== undefined) return inCommand(program, words.slice(0, -1), typed)
  const [word, next, ...rest] = words.slice(0, -1).filter((each, i) => i > 0 || each !== '--json')
  if (word === undefined) return { ...nothing, choices: firstWords() }
  if (word === 'help') return next === undefined ? { ...nothing, choices: firstWords() } : ofGroup(next, rest.length)
  const single = commandNamed(word)
  if (single !== undefined) return inCommand(single, words.slice(1, -1), typed)
  const named = next === undefined ? undefined : commandNamed(`${word} ${next}`)
  if (named !== undefined) return inCommand(named, rest, typed)
  if (next !== undefined && !next.startsWith('-')) return nothing
  const usual = commandNamed(`${word} ${groupDefaults[word]}`)
  const wantsOption = typed.startsWith('-') || next !== undefined
  return wantsOption && usual !== undefined ? inCommand(usual, words.slice(1, -1), typed) : ofGroup(word, 0)
}

function inCommand(command: CommandSpec, given: readonly string[], typed: string): Completion {
  const options = { ...command.options, ...globalOptions }
  const optionOf = (word: string): [string, OptionSpec] | undefined =>
    Object.entries(options).find(([name, { short }]) => word === `--${name}` || word === `-${short}`)
  let operands = 0
  let waiting: OptionSpec | undefined
  const used = new Set<string>()
  for (const [i, word] of given.entries()) {
    if (word === '--') return ofOperand(command, operands + given.length - i - 1)
    if (waiting !== undefined) waiting = undefined
    else if (word.startsWith('-')) {
      const [name, option] = optionOf(word.split('=')[0] ?? '') ?? []
      if (name !== undefined && option?.many !== true) used.add(name)
      if (option?.value !== undefined && !word.includes('=')) waiting = option
    } else operands += 1
  }
  if (waiting !== undefined) return ofValue(waiting, '')
  const [name = '', ...value] = typed.split('=')
  const [, inline] = value.length > 0 ? (optionOf(name) ?? []) : []
  if (inline?.value !== undefined) return ofValue(inline, `${name}=`)
  if (!typed.startsWith('-')) return ofOperand(command, operands)
  const left = Object.entries(options).filter(([option]) => !used.has(option))
  return { ...nothing, choices: left.map(([option, { says }]) => ({ word: `--${option}`, says })) }
}

function ofOperand({ operands }: CommandSpec, at: number): Completion {
  const last = operands.at(-1)
  const operand = operands[at] ?? (last?.many === true ? last : undefined)
  return operand === undefined ? nothing : ofValue(operand, '')
}

function ofValue(
  of: { readonly words?: readonly string[]; readonly completes?: Completes },
  before: string,
): Completion {
  return { choices: (of.words ?? []).map(word => ({ word: before + word, says: '' })), names: of.completes, before }
}

function ofGroup(group: string, further: number): Completion {
  const commands = further > 0 ? [] : commandTable.filter(({ name }) => name.startsWith(`${group} `))
  return { ...nothing, choices: commands.map(({ name, says }) => ({ word: name.slice(group.length + 1), says })) }
}

function firstWords(): Choice[] {
  const groups = Object.keys(groupDefaults).map(group => {
    const words = ofGroup(group, 0).choices.map(({ word }) => word)
    return { word: group, says: words.join(', ') }
  })
  const singles = commandTable.filter(({ name }) => !name.includes(' ')).map(({ name, says }) => ({ word: name, says }))
  return [...singles, ...groups, { word: 'help', says: 'say more about a command' }]
}

function commandNamed(name: string): CommandSpec | undefined {
  return commandTable.find(command => command.name === name)
}
