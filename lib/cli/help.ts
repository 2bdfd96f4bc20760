import { aligned } from './aligned.ts'
import type { CommandSpec, OptionSpec } from './command-spec.ts'
import { callOf } from './command-spec.ts'
import { commandTable, globalOptions } from './command-table.ts'
import { exitCodeWords } from './exit-codes.ts'
import type { Paint } from './paint.ts'

/** The help of one command, of a group, or of all. */
export function helpLines(of: CommandSpec | string | undefined, paint: Paint): string[] {
  if (of === undefined) return overview(paint)
  return typeof of === 'string' ? groupHelp(of, paint) : commandHelp(of, paint)
}

function overview(paint: Paint): string[] {
  const rows = commandTable.map(({ name, says }) => [{ text: name, paint: 'cyan' as const }, says])
  return [
    'dsync keeps directories the same on all your machines, live and both ways.',
    '',
    'Usage: dsync COMMAND [ARGUMENTS]',
    '',
    ...aligned(rows, paint),
    '',
    'dsync help COMMAND says more. Every command takes --json and --help.',
    ...exitCodeLines(paint),
  ]
}

function groupHelp(group: string, paint: Paint): string[] {
  const commands = commandTable.filter(({ name }) => name.startsWith(`${group} `))
  const rows = commands.map(({ name, says }) => [{ text: name, paint: 'cyan' as const }, says])
  return [
    `Usage: dsync ${group} ${commands.map(({ name }) => name.split(' ')[1]).join('|')}`,
    '',
    ...aligned(rows, paint),
  ]
}

function commandHelp(command: CommandSpec, paint: Paint): string[] {
  const operands = command.operands.map(({ name, says }) => [name, says])
  const options = Object.entries({ ...command.options, ...globalOptions }).map(([name, option]) => [
    optionWords(name, option),
    `${option.says}${option.many === true ? '; may be repeated' : ''}`,
  ])
  const examples = command.examples.map(([line, says]) => [{ text: line, paint: 'cyan' as const }, says])
  return [
    sentence(command.says),
    ...(command.more ?? []),
    '',
    usageLine(command),
    ...(operands.length > 0 ? ['', ...aligned(operands, paint)] : []),
    '',
    paint.bold('Options'),
    ...aligned(options, paint),
    '',
    paint.bold('Examples'),
    ...aligned(examples, paint),
    ...exitCodeLines(paint),
  ]
}

/** `Usage: dsync roots add DIR [OPTIONS]`. */
export function usageLine(command: CommandSpec): string {
  const operands = command.operands.map(({ name, needed, many }) => {
    const word = many === true ? `${name}...` : name
    return needed ? word : `[${word}]`
  })
  // Words that are somebody else's may look like options.
  const takesAll = command.operands.at(-1)?.many === true && command.isProgram !== true
  const rest = takesAll ? ['[OPTIONS] --', ...operands] : [...operands, '[OPTIONS]']
  return ['Usage:', callOf(command), ...rest].join(' ')
}

function optionWords(name: string, option: OptionSpec): string {
  const short = option.short === undefined ? '' : `-${option.short}, `
  return `${short}--${name}${option.value === undefined ? '' : ` ${option.value}`}`
}

function exitCodeLines(paint: Paint): string[] {
  const words = exitCodeWords.map(([code, says]) => `${code} ${says}`)
  return ['', paint.bold('Exit codes'), `  ${words.slice(0, 5).join(' · ')}`, `  ${words.slice(5).join(' · ')}`]
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
