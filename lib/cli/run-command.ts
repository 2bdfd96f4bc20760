import { SyncError, codeOf } from '../core/errors.ts'
import { safeJson } from '../daemon/safe-json.ts'
import { readCommandLine } from './command-line.ts'
import type { Arguments, CommandSpec } from './command-spec.ts'
import { commandRuns } from './command-runs.ts'
import { escape } from './escape.ts'
import type { ExitCode } from './exit-codes.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import type { Outcome, Surroundings } from './surroundings.ts'
import { callText, codeNext, isForbidden } from './system-words.ts'

/** Carries out one command line, prints what it has to say, and returns the exit code. Mistakes of ours are thrown. */
export async function runCommand(words: readonly string[], around: Surroundings): Promise<number> {
  const json = words.includes('--json')
  const line = readCommandLine(words)
  switch (line.kind) {
    case 'version':
      around.terminal.out(`dsync ${around.version}\n`)
      return exitCodes.ok
    case 'help': {
      const { helpLines } = await import('./help.ts')
      around.terminal.out(text(helpLines(line.of, around.terminal.paint)))
      return exitCodes.ok
    }
    case 'wrong':
      return tellError(new SyncError('USAGE', line.message, { hint: line.hint }), around, { json })
    case 'run':
      return await runAndTell(line.command, line.given, around)
  }
}

async function runAndTell(command: CommandSpec, given: Arguments, around: Surroundings): Promise<number> {
  const { terminal } = around
  const json = given.has('json')
  let outcome: Outcome
  try {
    const run = await commandRuns[command.name]?.()
    if (run === undefined) throw new SyncError('INVARIANT', `No code for ${command.name}`, { verdict: 'bug' })
    outcome = await run(given, around)
  } catch (error) {
    terminal.progress('')
    const exit = tellError(error, around, { json, help: `dsync help ${command.name}` })
    return exit === exitCodes.interrupted ? exit : (command.failure ?? exit)
  }
  terminal.progress('')
  if (!json) terminal.out(text(outcome.lines(terminal.paint)))
  else if (outcome.json !== undefined) terminal.out(`${safeJson(outcome.json, 2)}\n`)
  return outcome.exit
}

/**
 * An error as one message and the next command: for wrong usage that names none, `help`. With `--json` it goes where the
 * answer would have gone.
 */
function tellError(
  error: unknown,
  around: Surroundings,
  { json, help }: { readonly json: boolean; readonly help?: string },
): ExitCode {
  const code = isForbidden(error) ? 'EPERM' : codeOf(error)
  if (!(error instanceof SyncError) && code?.startsWith('E') !== true) throw error
  const message = callText(error) ?? (error instanceof Error ? error.message : String(error))
  const exit = exitCodeOf(error)
  const own = error instanceof SyncError ? error.hint : undefined
  const hint = own ?? (exit === exitCodes.usage ? help : codeNext(codeOf(error)))
  const { terminal } = around
  if (json) {
    terminal.out(`${safeJson({ error: { code, message, ...(hint === undefined ? {} : { hint }) } }, 2)}\n`)
    return exit
  }
  const paint = terminal.paintErrors
  terminal.err(`${paint.red('dsync:')} ${escape(message)}\n`)
  if (hint !== undefined) terminal.err(`  → ${escape(hint)}\n`)
  return exit
}

function text(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}
