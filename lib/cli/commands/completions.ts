import { SyncError } from '../../core/errors.ts'
import { namesIn } from '../../daemon/known-names.ts'
import type { Arguments, CommandSpec, Completes } from '../command-spec.ts'
import type { Choice } from '../completion.ts'
import { completionOf } from '../completion.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { nearestWord } from '../nearest-word.ts'
import { placeWord } from '../places.ts'
import { onDisk, shellCode, shells } from '../shell-code.ts'
import { dtestCommand } from '../table/dtest-command.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** Prints the code for a shell, or, as that code asks, what fits in the place of the last word. */
export async function completions(given: Arguments, around: Surroundings): Promise<Outcome> {
  const [word = '', ...line] = given.operands
  const shell = shells.find(each => each === word)
  if (shell === undefined) {
    const near = nearestWord(word, shells)
    throw new SyncError('USAGE', `Cannot complete words for ${JSON.stringify(word)}: only for ${shells.join(', ')}`, {
      hint: `dsync completions ${near ?? 'bash'}`,
    })
  }
  if (line.length === 0) {
    const code = shellCode[shell]
    return { exit: exitCodes.ok, json: { completions: [], code }, lines: () => code.trimEnd().split('\n') }
  }
  const { choices, names, before } = completionOf(line, programNamed(given.text('of')))
  const typed = line.at(-1) ?? ''
  const known = (await namesOf(names, around)).map(name => ({ word: before + name, says: '' }))
  // bash hands over what follows a `=` as a word of its own.
  const fits = ({ word: choice }: Choice): boolean => choice.startsWith(typed === '=' ? '' : typed)
  const fitting = [...choices, ...known].filter(fits)
  const place = names === 'files' || names === 'directories' ? [onDisk[names]] : []
  return {
    exit: exitCodes.ok,
    json: { completions: fitting },
    lines: () => [
      ...fitting.map(choice => (choice.says === '' ? choice.word : `${choice.word}\t${choice.says}`)),
      ...place,
    ],
  }
}

function programNamed(name: string | undefined): CommandSpec | undefined {
  if (name === undefined || name === dtestCommand.name) return name === undefined ? undefined : dtestCommand
  throw new SyncError('USAGE', `Cannot complete words for the program ${JSON.stringify(name)}`, {
    hint: `dsync completions bash --of ${dtestCommand.name}`,
  })
}

async function namesOf(names: Completes | undefined, { home, userHome, host }: Surroundings): Promise<string[]> {
  switch (names) {
    case 'hosts':
      return namesIn(home).hosts.map(escape)
    case 'roots':
      return namesIn(home).roots.map(root => placeWord(userHome, root))
    case 'settings': {
      const { settingKeys } = await import('../../daemon/config-settings.ts')
      return settingKeys(home, host).map(escape)
    }
    default:
      return []
  }
}
