import { randomBytes } from 'node:crypto'
import { basename, join } from 'node:path'
import { SyncError } from '../../core/errors.ts'
import { whileEditing } from '../../daemon/config-edit.ts'
import { checkTexts } from '../../daemon/config-reader.ts'
import { ensureKitHome } from '../../daemon/kit-home.ts'
import { readPrivateFile, removePrivateFile, writePrivateFile } from '../../daemon/private-file.ts'
import type { ConfigProblem } from '../../daemon/verbs.ts'
import type { Arguments } from '../command-spec.ts'
import { reloadDaemon, reloadedLines } from '../daemon-reload.ts'
import { exitCodes } from '../exit-codes.ts'
import { nearestWord } from '../nearest-word.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { problemLines } from './config.ts'

type EditedFile = 'config' | 'paths'

/**
 * Lets a person edit a copy of one file of the settings and puts it in place once nothing is wrong with it. Throws with
 * the path of the copy whenever it is not put in place, so nothing that was typed is lost.
 */
export async function edit(given: Arguments, around: Surroundings): Promise<Outcome> {
  const which = fileOf(given.operands[0] ?? 'config')
  const { terminal, home } = around
  if (!terminal.canAsk || given.has('json')) {
    throw new SyncError('USAGE', 'Cannot edit without a terminal', { hint: 'dsync config set KEY VALUE' })
  }
  ensureKitHome(home)
  const file = home[which]
  const before = readPrivateFile(file) ?? ''
  const copy = join(home.run, `edit-${randomBytes(4).toString('hex')}-${basename(file)}`)
  writePrivateFile(copy, before)
  const after = await editUntilRight(which, { before, copy }, around)
  if (after === before) {
    removePrivateFile(copy)
    return { exit: exitCodes.ok, json: { config: [] }, lines: () => ['Nothing was changed.'] }
  }
  await whileEditing(around, () => {
    if ((readPrivateFile(file) ?? '') !== before) {
      throw refused(copy, `Cannot change ${file}: it was changed meanwhile`, `diff ${copy} ${file}`)
    }
    writePrivateFile(file, after)
  })
  removePrivateFile(copy)
  const reloaded = await reloadDaemon(around)
  return {
    exit: exitCodes.ok,
    json: { config: [] },
    lines: paint => [`Changed ${basename(file)}.`, ...reloadedLines(reloaded, paint)],
  }
}

interface Draft {
  readonly before: string
  readonly copy: string
}

/** The text that came out, free of mistakes or as it was before. */
async function editUntilRight(which: EditedFile, { before, copy }: Draft, around: Surroundings): Promise<string> {
  const { terminal, home } = around
  for (;;) {
    const failed = await runEditor(around, copy)
    const after = readPrivateFile(copy)
    if (failed !== undefined || after === undefined) {
      const [program] = around.editor
      throw refused(
        copy,
        `Cannot edit with ${program}: ${failed ?? 'the copy is gone'}`,
        'EDITOR=nano dsync config edit',
      )
    }
    if (after === before) return after
    const { problems } = checkTexts(home, { [which]: after })
    const own = problems.filter(problem => problem.file === home[which])
    if (own.length === 0) return after
    terminal.err(`${problemLines(own.map(unhinted)).join('\n')}\n`)
    const answer = await askAgain(around, copy)
    if (/^n(o)?$/i.test(answer.trim())) throw gaveUp(copy)
  }
}

/** The next command for a mistake is to go on editing, unless it has one of its own. */
function unhinted(problem: ConfigProblem): ConfigProblem {
  return { ...problem, hint: problem.hint ?? 'go on editing' }
}

async function askAgain(around: Surroundings, copy: string): Promise<string> {
  try {
    return await around.terminal.ask('Go on editing? [Y/n] ')
  } catch (error) {
    if (!around.signal.aborted) throw error
    throw gaveUp(copy)
  }
}

function gaveUp(copy: string): SyncError {
  return new SyncError('INTERRUPTED', `Nothing was changed; what you typed is in ${copy}`, {
    hint: 'dsync config edit',
  })
}

function refused(copy: string, message: string, hint: string): SyncError {
  return new SyncError('REFUSED', `${message}; what you typed is in ${copy}`, { hint })
}

/** Runs the editor on this terminal, however long it takes; says why it failed. */
async function runEditor({ editor, runProgram }: Surroundings, file: string): Promise<string | undefined> {
  const { code, signal, startError } = await runProgram({ command: [...editor, file] })
  return startError ?? (code === 0 ? undefined : `it ended with ${signal ?? code}`)
}

function fileOf(word: string): EditedFile {
  if (word === 'config' || word === 'config.json') return 'config'
  if (word === 'paths' || word === 'paths.txt') return 'paths'
  const near = nearestWord(word, ['config', 'paths'])
  throw new SyncError('USAGE', `There is no file ${JSON.stringify(word)} of settings`, {
    hint: `dsync config edit ${near ?? 'config'}`,
  })
}
