import { parseArgs } from 'node:util'
import type { CommandSpec, OptionSpec } from './command-spec.ts'
import { Arguments, callOf, helpOf } from './command-spec.ts'
import { commandTable, globalOptions, groupDefaults } from './command-table.ts'
import { nearestWord } from './nearest-word.ts'

/** What a person asked for, or what is wrong with how. */
export type CommandLine =
  | { readonly kind: 'run'; readonly command: CommandSpec; readonly given: Arguments }
  /** Help of one command, of a group (`roots`), or of all. */
  | { readonly kind: 'help'; readonly of: CommandSpec | string | undefined }
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly message: string; readonly hint: string }

/** Reads a command line (without program and script). Pure, and never throws. */
export function readCommandLine(words: readonly string[]): CommandLine {
  const first = words.findIndex(word => !/^(--json|--help|-h)$/.test(word))
  const [leading, rest] = first < 0 ? [words, []] : [words.slice(0, first), words.slice(first)]
  const [word, next] = rest
  const help = leading.some(each => each !== '--json')
  if (word === undefined) return { kind: 'help', of: undefined }
  if (word === '--version' || word === 'version') return { kind: 'version' }
  if (word === 'help') return helpOn(rest.slice(1))
  if (help) return helpOn(rest)
  if (word.startsWith('-')) return wrong(`There is no option ${word} before a command`, 'dsync help')
  const single = commandNamed(word)
  if (single !== undefined) return readArguments(single, [...leading, ...rest.slice(1)])
  if (!isGroup(word)) return unknownCommand(word)
  const named = next === undefined || next.startsWith('-') ? undefined : next
  const command = commandNamed(`${word} ${named ?? groupDefaults[word]}`)
  if (command === undefined) return unknownCommand(`${word} ${named}`)
  if (named === undefined && rest.some(each => each === '--help' || each === '-h')) return { kind: 'help', of: word }
  return readArguments(command, [...leading, ...rest.slice(named === undefined ? 1 : 2)])
}

/** Reads what follows the name of a command. Pure, and never throws. */
export function readArguments(command: CommandSpec, words: readonly string[]): CommandLine {
  const options = { ...globalOptions, ...command.options }
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(Object.entries(options).map(([name, option]) => [name, parsed(option)])),
  })
  const operands: string[] = []
  const values = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (option === undefined) return unknownOption(command, token.rawName)
    const mistake = mistakeIn(option, token.rawName, token)
    if (mistake !== undefined) return wrong(mistake, helpOf(command))
    values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? ''])
  }
  if (values.has('help')) return { kind: 'help', of: command }
  for (const [name, given] of values) {
    if (given.length > 1 && options[name]?.value !== undefined && options[name].many !== true) {
      return wrong(`--${name} can be given once`, helpOf(command))
    }
  }
  return checkOperands(command, operands, values)
}

function checkOperands(command: CommandSpec, operands: string[], values: Map<string, string[]>): CommandLine {
  const missing = command.operands.find((operand, i) => operand.needed && operands[i] === undefined)
  if (missing !== undefined) return wrong(`${missing.name} is missing: ${missing.says}`, helpOf(command))
  const last = command.operands.at(-1)
  const extra = last?.many === true ? undefined : operands[command.operands.length]
  if (extra !== undefined) return wrong(`There is one word too many: ${extra}`, helpOf(command))
  const empty = command.operands.find((operand, i) => operands[i] === '' && operand.many !== true)
  if (empty !== undefined) return wrong(`${empty.name} is empty`, helpOf(command))
  return { kind: 'run', command, given: new Arguments(operands, values) }
}

interface GivenOption {
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function mistakeIn(option: OptionSpec, name: string, { value, inlineValue }: GivenOption): string | undefined {
  if (option.value === undefined) return value === undefined ? undefined : `${name} takes no value`
  if (value === undefined || value === '') return `${name} needs a value: ${option.value}`
  if (inlineValue !== true && value.startsWith('-'))
    return `${name} needs a value: ${option.value} (write ${name}=${value} if that is it)`
  if (option.atLeast !== undefined && !isNumber(value, option.atLeast)) {
    return `${name} must be a number, not less than ${option.atLeast}: not ${JSON.stringify(value)}`
  }
  return undefined
}

function isNumber(text: string, atLeast: number): boolean {
  return /^[0-9]{1,9}(\.[0-9]{1,6})?$/.test(text) && Number(text) >= atLeast
}

function parsed(option: OptionSpec): { type: 'string' | 'boolean'; multiple: boolean; short?: string } {
  const type = option.value === undefined ? 'boolean' : 'string'
  return { type, multiple: true, ...(option.short === undefined ? {} : { short: option.short }) }
}

function helpOn(words: readonly string[]): CommandLine {
  const [word, next] = words.filter(each => !each.startsWith('-'))
  if (word === undefined) return { kind: 'help', of: undefined }
  const command = commandNamed(word) ?? (next === undefined ? undefined : commandNamed(`${word} ${next}`))
  if (command !== undefined) return { kind: 'help', of: command }
  if (isGroup(word) && next === undefined) return { kind: 'help', of: word }
  return unknownCommand(next === undefined ? word : `${word} ${next}`)
}

function unknownCommand(name: string): CommandLine {
  const near = nearestWord(name, [...commandTable.map(command => command.name), ...groups()])
  return wrong(`There is no command ${JSON.stringify(name)}`, near === undefined ? 'dsync help' : `dsync ${near}`)
}

function unknownOption(command: CommandSpec, name: string): CommandLine {
  const known = Object.keys({ ...globalOptions, ...command.options }).map(each => `--${each}`)
  const near = nearestWord(name, known)
  const meant = near === undefined ? '' : `; did you mean ${near}?`
  const takesAll = command.operands.at(-1)?.many === true && command.isProgram !== true
  const next = takesAll ? `write -- before words that are not for dsync: ${callOf(command)} -- …` : undefined
  return wrong(`${callOf(command)} has no option ${name}${meant}`, next ?? helpOf(command))
}

function wrong(message: string, hint: string): CommandLine {
  return { kind: 'wrong', message, hint }
}

function commandNamed(name: string): CommandSpec | undefined {
  return commandTable.find(command => command.name === name)
}

function isGroup(word: string): boolean {
  return groups().includes(word)
}

function groups(): string[] {
  return [...new Set(commandTable.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0] ?? ''] : [])))]
}
