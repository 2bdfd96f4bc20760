/** `dtest`: proves dsync between this machine and another, or between two directories, and leaves nothing behind. */
import { fileURLToPath } from 'node:url'
import { readArguments } from '../lib/cli/command-line.ts'
import type { Arguments } from '../lib/cli/command-spec.ts'
import { escape } from '../lib/cli/escape.ts'
import { exitCodeOf, exitCodes } from '../lib/cli/exit-codes.ts'
import { aligned } from '../lib/cli/aligned.ts'
import { helpLines } from '../lib/cli/help.ts'
import { nearestWord } from '../lib/cli/nearest-word.ts'
import { dtestCommand, plannedScenarios, scenarioNames } from '../lib/cli/table/dtest-command.ts'
import { SyncError, codeOf } from '../lib/core/errors.ts'
import { namesIn } from '../lib/daemon/known-names.ts'
import { clear } from './dtest/clear.ts'
import { interrupted } from './dtest/ground.ts'
import type { Opened } from './dtest/host-ground.ts'
import { clearLeftovers, openHostGround } from './dtest/host-ground.ts'
import { startJanitor, waitAsJanitor } from './dtest/janitor.ts'
import { openPipeGround } from './dtest/pipe-ground.ts'
import type { RunRecord } from './dtest/record.ts'
import type { Result } from './dtest/report.ts'
import { closingLines, resultLines, resultsJson } from './dtest/report.ts'
import { scenarios } from './dtest/scenarios.ts'
import { processTerminal } from './process-terminal.ts'
import { processFacts } from './surroundings.ts'

type Name = (typeof scenarioNames)[number]

/** What this program is told when it is started to wait for its own end. */
const janitorWord = '--janitor'

/** Ends with these when it is told to end: 128 and the signal's number, as shells count. */
const endings = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

const facts = processFacts()
const interrupt = new AbortController()
const terminal = processTerminal(interrupt.signal)
let ending: number | undefined

/** The scenarios that are meant, in the order in which they are listed. Throws USAGE for a word that is none. */
function chosen(words: readonly string[]): readonly Name[] {
  for (const word of words) {
    if (scenarioNames.some(name => name === word)) continue
    if (plannedScenarios.some(name => name === word)) {
      throw new SyncError('USAGE', `Cannot prove ${word}: dsync cannot do that yet`, { hint: 'dtest --list' })
    }
    const near = nearestWord(word, scenarioNames)
    throw new SyncError('USAGE', `There is no scenario ${JSON.stringify(word)}`, {
      hint: near === undefined ? 'dtest --list' : `dtest ${near}`,
    })
  }
  return scenarioNames.filter(name => words.length === 0 || words.includes(name))
}

function list(given: Arguments): number {
  const names = [...scenarioNames, ...plannedScenarios]
  const says = (name: string): string => scenarios[name as Name]?.says ?? 'not there yet'
  if (given.has('json')) {
    const rows = names.map(name => ({ name, says: says(name), isThere: scenarioNames.some(each => each === name) }))
    terminal.out(`${JSON.stringify({ dtest: { list: rows } }, undefined, 2)}\n`)
  } else {
    terminal.out(
      `${aligned(
        names.map(name => [name, says(name)]),
        terminal.paint,
      ).join('\n')}\n`,
    )
  }
  return exitCodes.ok
}

/** Runs scenarios until the daemon is gone or somebody interrupts; one that fails does not keep the others. */
async function play({ ground }: Opened, names: readonly Name[], told: (result: Result) => void): Promise<Result[]> {
  const results: Result[] = []
  let isOver = false
  for (const name of names) {
    const begun = performance.now()
    const result = async (): Promise<Result> => {
      if (isOver) return { name, state: 'not reached', ms: 0, figures: [] }
      try {
        const figures = await scenarios[name].run(ground)
        return { name, state: 'ok', ms: performance.now() - begun, figures }
      } catch (error) {
        interrupt.signal.throwIfAborted()
        isOver = codeOf(error) === 'TRANSPORT_LOST' || (await ground.dsync('status')).code === exitCodes.daemonDown
        const why = escape(error instanceof Error ? error.message : String(error))
        return { name, state: 'failed', ms: performance.now() - begun, figures: [], why }
      }
    }
    results.push(await result())
    told(results.at(-1) as Result)
  }
  return results
}

async function prove(given: Arguments): Promise<number> {
  const names = chosen(given.operands)
  const host = hostOf(given)
  const begun = performance.now()
  const isJson = given.has('json')
  const say = (line: string): void => {
    if (!isJson) terminal.out(`${line}\n`)
  }
  const janitor = startJanitor(fileURLToPath(import.meta.url), janitorWord)
  let record: RunRecord | undefined
  const note = (next: RunRecord): void => {
    record = next
    janitor.note(next)
  }
  let opened: Opened | undefined
  let results: Result[] = []
  let failure: unknown
  try {
    if (host !== undefined) await tellLeftovers()
    const options = { signal: interrupt.signal, note }
    opened = host === undefined ? await openPipeGround(options) : await openHostGround(host, facts, options)
    const { here, there, root } = opened.ground
    say(`${terminal.paint.bold('dtest')} between ${here.name} and ${there.name}, in ${escape(root)}`)
    say('')
    results = await play(opened, names, result => resultLines(result, terminal.paint).forEach(say))
  } catch (error) {
    failure = error
    if (interrupt.signal.aborted) terminal.err('\nInterrupted: taking everything away …\n')
  }
  opened?.close()
  const left = record === undefined ? [] : await clear(record, facts)
  janitor.done()
  const ms = performance.now() - begun
  if (failure === undefined) {
    const { here, there } = opened?.ground ?? { here: { name: '' }, there: { name: '' } }
    if (isJson)
      terminal.out(
        `${JSON.stringify(resultsJson(results, { from: here.name, to: there.name, left, ms }), undefined, 2)}\n`,
      )
    else closingLines(results, { left, ms }, terminal.paint).forEach(say)
    return results.every(({ state }) => state === 'ok') && left.length === 0 ? exitCodes.ok : exitCodes.failed
  }
  for (const each of left) terminal.err(`dtest: Left behind: ${escape(each)}\n`)
  if (ending === undefined) throw failure
  if (left.length === 0) terminal.err('Nothing is left behind.\n')
  return ending
}

/** The host that is meant; undefined for two directories of this machine. */
function hostOf(given: Arguments): string | undefined {
  const host = given.text('host')
  if (given.has('pipe') && host === undefined) return undefined
  if (host !== undefined && !given.has('pipe')) return host
  const { hosts } = namesIn(facts.home)
  const known = hosts.length === 0 ? '' : `; hosts: ${hosts.map(escape).join(', ')}`
  throw new SyncError('USAGE', `Say either --host NAME or --pipe${known}`, {
    hint: hosts[0] === undefined ? 'dtest --pipe' : `dtest --host ${hosts[0]}`,
  })
}

async function tellLeftovers(): Promise<void> {
  const { runs, left } = await clearLeftovers(facts)
  if (runs > 0)
    terminal.err(`dtest: Took away what ${runs === 1 ? 'an earlier run' : `${runs} earlier runs`} had to leave.\n`)
  for (const each of left) terminal.err(`dtest: Still left behind: ${escape(each)}\n`)
}

async function main(words: readonly string[]): Promise<number> {
  const json = words.includes('--json')
  try {
    const line = readArguments(dtestCommand, words)
    if (line.kind === 'wrong') throw new SyncError('USAGE', line.message, { hint: line.hint })
    if (line.kind === 'run') return line.given.has('list') ? list(line.given) : await prove(line.given)
    terminal.out(`${helpLines(dtestCommand, terminal.paint).join('\n')}\n`)
    return exitCodes.ok
  } catch (error) {
    const code = codeOf(error)
    const message = error instanceof Error ? error.message : String(error)
    const hint = error instanceof SyncError ? error.hint : undefined
    if (json) terminal.out(`${JSON.stringify({ error: { code: code ?? 'FAILED', message, hint } }, undefined, 2)}\n`)
    else terminal.err(`dtest: ${escape(message)}\n${hint === undefined ? '' : `  → ${escape(hint)}\n`}`)
    return exitCodeOf(error)
  }
}

const [first] = process.argv.slice(2)
if (first === janitorWord) {
  await waitAsJanitor(facts)
} else {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      ending ??= endings[signal]
      interrupt.abort(interrupted())
    })
  }
  process.exitCode = await main(process.argv.slice(2))
}
