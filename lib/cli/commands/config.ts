import { SyncError, codeOf } from '../../core/errors.ts'
import { ruleChangeText } from '../../core/rule-change.ts'
import { configWith, whileEditing } from '../../daemon/config-edit.ts'
import { problemNext, problemPlace } from '../../daemon/config-problem.ts'
import { checkTexts, readConfig, requireConfig, unusable } from '../../daemon/config-reader.ts'
import type { Setting } from '../../daemon/config-settings.ts'
import { listSettings } from '../../daemon/config-settings.ts'
import { readEnvFile } from '../../daemon/env-file.ts'
import { contractHome } from '../../daemon/host-paths.ts'
import { readPrivateFile, writePrivateFile } from '../../daemon/private-file.ts'
import { sessionSpecs } from '../../daemon/session-specs.ts'
import type { ConfigProblem, RootRules } from '../../daemon/verbs.ts'
import type { Cell } from '../aligned.ts'
import { aligned } from '../aligned.ts'
import { changedLines } from '../changed-lines.ts'
import type { Arguments } from '../command-spec.ts'
import { ask } from '../daemon-access.ts'
import { reloadDaemon, reloadedLines } from '../daemon-reload.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { nearestWord } from '../nearest-word.ts'
import { placeText } from '../places.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** A setting as `--json` prints it. */
interface Shown {
  readonly key: string
  /** Absent when nobody said anything and there is no default. */
  readonly value?: unknown
  /** `FILE:LINE:COLUMN`, or `default`. */
  readonly from: string
}

/** Shows settings in force: all, or those whose key is or begins with the one asked for. */
export async function get(given: Arguments, around: Surroundings): Promise<Outcome> {
  const [key] = given.operands
  const config = requireConfig(around.home)
  const all: Shown[] = [
    ...settings(around).map(setting => shown(setting, around)),
    { key: 'paths', value: config.paths, from: around.home.paths },
    ...environment(around),
  ]
  const found = key === undefined ? all : all.filter(each => each.key === key || each.key.startsWith(`${key}.`))
  if (key !== undefined && found.length === 0) throw unknownKey(key, all)
  return {
    exit: exitCodes.ok,
    json: { config: found },
    lines: paint =>
      aligned(
        found.map((each): Cell[] => [
          { text: escape(each.key), paint: 'cyan' },
          valueText(each.value),
          { text: escape(contractHome(each.from, around.userHome)), paint: 'dim' },
        ]),
        paint,
      ),
  }
}

/** Changes one setting once nothing is wrong with what comes out. */
export async function set(given: Arguments, around: Surroundings): Promise<Outcome> {
  const [key = '', word] = given.operands
  const dryRun = given.has('dry-run')
  if ((word === undefined) !== given.has('default')) {
    throw new SyncError('USAGE', `Cannot tell what ${key} is to be: give a VALUE, or --default`, {
      hint: 'dsync help config set',
    })
  }
  const edited = (): Change => {
    requireConfig(around.home)
    const changed = change(key, word, around)
    if (!dryRun && changed.after !== changed.before) writePrivateFile(around.home.config, changed.after)
    return changed
  }
  const { setting, before, after } = await whileEditing(around, edited, { dryRun })
  const same = before === after
  const rules = dryRun && !same ? await rulesAfter(after, around) : []
  const reloaded = dryRun || same ? undefined : await reloadDaemon(around)
  return {
    exit: exitCodes.ok,
    json: { config: [shown(setting, around)], changed: !same, ...(dryRun && { dryRun, rules }) },
    lines: paint => {
      if (same) return [`${escape(key)} is so already.`]
      const head = dryRun ? `Would change ${escape(key)}:` : `Changed ${escape(key)}:`
      return [
        head,
        ...changedLines(before, after, paint),
        ...rules.flatMap(each => rulesLines(each, around)),
        ...(reloaded === undefined ? [] : reloadedLines(reloaded, paint)),
      ]
    },
  }
}

/** What other ignore rules would change, asked of the daemon; one that does not run knows of nothing. */
async function rulesAfter(config: string, around: Surroundings): Promise<readonly RootRules[]> {
  try {
    return (await ask(around, 'rules', { config })).rules
  } catch (error) {
    if (codeOf(error) === 'DAEMON_DOWN') return []
    throw error
  }
}

function rulesLines({ root, changes }: RootRules, { userHome }: Surroundings): string[] {
  const text = ruleChangeText(changes)
  return [`${placeText(userHome, root)}: ${text === undefined ? 'nothing there changes by it.' : `${escape(text)}.`}`]
}

/** Lists every mistake in the files that people edit. */
export async function check(_given: Arguments, around: Surroundings): Promise<Outcome> {
  const read = readConfig(around.home)
  const problems = [
    ...read.problems,
    ...(read.config === undefined ? [] : sessionSpecs(read.config, around, new Set()).problems),
    ...readEnvFile(around.home).problems,
  ]
  return {
    exit: problems.length > 0 ? exitCodes.usage : exitCodes.ok,
    json: { config: problems },
    lines: paint => (problems.length === 0 ? [paint.green('Nothing is wrong.')] : problemLines(problems)),
  }
}

/** A mistake a line, with the next command below it. */
export function problemLines(problems: readonly ConfigProblem[]): string[] {
  return problems.flatMap(problem => [
    escape(`${problemPlace(problem)}: ${problem.message}`),
    `  → ${escape(problemNext(problem))}`,
  ])
}

/** The names alone of what `env` sets: values may be secrets. */
function environment({ home }: Surroundings): Shown[] {
  const names = Object.keys(readEnvFile(home).values)
  return names.length === 0 ? [] : [{ key: 'env', value: names, from: home.env }]
}

function settings(around: Surroundings): Setting[] {
  return listSettings(readPrivateFile(around.home.config) ?? '', around.host)
}

function shown({ key, value, at }: Setting, { home }: Surroundings): Shown {
  const from = at === undefined ? 'default' : `${home.config}:${at.line}:${at.column}`
  return value === undefined ? { key, from: 'not set' } : { key, value, from }
}

function valueText(value: unknown): string {
  if (value === undefined) return '–'
  return escape(typeof value === 'string' ? value : JSON.stringify(value))
}

/** A setting as it comes out, and the file's text. */
interface Change {
  readonly setting: Setting
  readonly before: string
  readonly after: string
}

/** Throws USAGE when the text after has a mistake. */
function change(key: string, word: string | undefined, around: Surroundings): Change {
  const before = readPrivateFile(around.home.config) ?? ''
  const known = listSettings(before, around.host)
  refuseElsewhere(key)
  const setting = known.find(each => each.key === key)
  if (setting === undefined) throw unknownKey(key, known)
  const value = word === undefined ? undefined : valueOf(setting, word)
  const isSame = word === undefined ? setting.at === undefined : setting.at !== undefined && isEqual(setting, value)
  if (isSame) return { setting, before, after: before }
  const after = configWith(before, [...setting.path], value)
  const { problems } = checkTexts(around.home, { config: after })
  if (problems.length > 0) throw unfit(setting, word, problems)
  const changed = listSettings(after, around.host).find(each => each.key === key)
  return { setting: changed ?? setting, before, after }
}

function isEqual(setting: Setting, value: unknown): boolean {
  return JSON.stringify(setting.value) === JSON.stringify(value)
}

function valueOf({ key, takes }: Setting, word: string): unknown {
  const isJson = /^\s*[[{]/.test(word)
  if (takes === 'text' && !isJson) return word
  if (takes === 'list' && !isJson) return word.split(',').map(each => each.trim())
  try {
    return JSON.parse(word)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    if (!isJson) return word
    throw new SyncError('USAGE', `Cannot set ${key}: ${word} is not JSON`, { hint: `dsync config get ${key}` })
  }
}

/** What more than a file must know of: other hosts, or records that go by an id. */
function refuseElsewhere(key: string): void {
  const root = /^roots\.(.*)\.(id|on|at)$/.exec(key)
  if (root?.[2] === 'id') {
    throw new SyncError('USAGE', `Cannot set ${key}: the other hosts know the root by it`, { hint: 'dsync roots list' })
  }
  if (root !== null) {
    throw new SyncError('USAGE', `Cannot set ${key}: the other hosts must be told too`, {
      hint: root[2] === 'on' ? `dsync roots add ${root[1]} --on HOST` : `dsync roots add ${root[1]} --at HOST=PATH`,
    })
  }
  if (key === 'paths') throw new SyncError('USAGE', 'Cannot set paths: it is a file', { hint: 'dsync roots add DIR' })
}

function unfit({ key, words }: Setting, word: string | undefined, problems: readonly ConfigProblem[]): SyncError {
  const [first] = problems
  if (first === undefined) return unusable(problems)
  const near = word === undefined ? undefined : nearestWord(word, words)
  const meant = near === undefined ? '' : `; did you mean ${near}?`
  return new SyncError('USAGE', `Cannot set ${key}: ${first.message}${meant}`, {
    hint: near === undefined ? (first.hint ?? `dsync config get ${key}`) : `dsync config set ${key} ${near}`,
  })
}

function unknownKey(key: string, known: readonly { readonly key: string }[]): SyncError {
  const keys = known.map(each => each.key)
  const near = nearestWord(key, [...keys, ...keys.flatMap(each => each.split('.')[0] ?? '')])
  const meant = near === undefined ? '' : `; did you mean ${near}?`
  return new SyncError('USAGE', `There is no setting ${JSON.stringify(key)}${meant}`, {
    hint: near === undefined ? 'dsync config get' : `dsync config get ${near}`,
  })
}
