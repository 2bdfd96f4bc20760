/** `dsync`: reads the command line and its surroundings, runs one command, sets the exit code. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SyncError } from '../lib/core/errors.ts'
import { runCommand } from '../lib/cli/run-command.ts'
import { leanFlags } from './lean-flags.ts'
import { processFacts } from './surroundings.ts'
import { processTerminal } from './process-terminal.ts'

const interrupt = new AbortController()
process.on('SIGINT', () => {
  if (interrupt.signal.aborted) process.exit(130)
  interrupt.abort(new SyncError('INTERRUPTED', 'Interrupted'))
})

/** The daemon beside this script: source beside source, bundle beside bundle. */
function daemonCommand(): [string, ...string[]] {
  const source = fileURLToPath(new URL('./daemon.ts', import.meta.url))
  const script = existsSync(source) ? source : fileURLToPath(new URL('./daemon.js', import.meta.url))
  return [process.execPath, ...process.execArgv, ...leanFlags, script]
}

process.exitCode = await runCommand(process.argv.slice(2), {
  ...processFacts(),
  terminal: processTerminal(interrupt.signal),
  cwd: process.cwd(),
  signal: interrupt.signal,
  daemonCommand: daemonCommand(),
})
