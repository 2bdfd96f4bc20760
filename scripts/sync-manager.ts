/** `dsync`: reads the command line and its surroundings, runs one command, sets the exit code. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SyncError } from '../lib/core/errors.ts'
import { runCommand } from '../lib/cli/run-command.ts'
import { agentSocketPath } from '../lib/daemon/agent-socket-path.ts'
import type { Following } from '../lib/daemon/asker.ts'
import { sshSockets } from '../lib/daemon/control-socket-path.ts'
import { ensureKitHome } from '../lib/daemon/kit-home.ts'
import type { EquipHost } from '../lib/cli/surroundings.ts'
import type { AskHost } from '../lib/daemon/host-question.ts'
import type { TakeSurvey } from '../lib/doctor/examination.ts'
import { foregroundPrograms } from './foreground-programs.ts'
import { startWords } from './start-words.ts'
import { packageVersion, processFacts, serviceSurroundings } from './surroundings.ts'
import { processTerminal } from './process-terminal.ts'

const foreground = foregroundPrograms()
const interrupt = new AbortController()
process.on('SIGINT', () => {
  if (foreground.isRunning()) return
  if (interrupt.signal.aborted) process.exit(130)
  interrupt.abort(new SyncError('INTERRUPTED', 'Interrupted'))
})

/** The daemon beside this script: source beside source, bundle beside bundle. */
function daemonCommand(): [string, ...string[]] {
  const source = fileURLToPath(new URL('./daemon.ts', import.meta.url))
  const script = existsSync(source) ? source : fileURLToPath(new URL('./daemon.js', import.meta.url))
  return [process.execPath, ...process.execArgv, ...startWords, script]
}

/** The person's editor: a program and its arguments with blanks between, as in `code --wait`. */
function editor(): [string, ...string[]] {
  const { VISUAL, EDITOR } = process.env
  const [program = 'vi', ...words] = (VISUAL?.trim() || EDITOR?.trim() || 'vi').split(/\s+/)
  return [program, ...words]
}

/** Loads what reaching other machines takes only when one is asked. */
const askHost: AskHost = async (host, question) => {
  const { hostAsker, sshSurroundings } = await import('./reach-host.ts')
  ensureKitHome(facts.home)
  return await hostAsker(sshSurroundings(sshSockets(facts.home, facts.socketParents)))(host, question)
}

/** What this process can say for a host whose hub is another, when no daemon runs there. */
async function following(): Promise<Following> {
  const { FollowedRoots } = await import('../lib/relay/followed-roots.ts')
  return new FollowedRoots({
    ...facts,
    ...{ version: packageVersion(), pid: 0, since: Date.now() },
    socketPath: root => agentSocketPath(facts.home, root, '/tmp'),
    openServed: async request => (await import('./serve-root.ts')).openServedRoot(request),
  })
}

/** The same for what another host is to get. */
const equipHost: EquipHost = (host, options) => {
  let made: Promise<ReturnType<EquipHost>> | undefined
  const equipment = async () => await (made ??= import('./equip-host.ts').then(each => each.equipHost(host, options)))
  return {
    survey: async () => await (await equipment()).survey(),
    bringRuntime: async () => await (await equipment()).bringRuntime(),
    bringKit: async () => await (await equipment()).bringKit(),
    takeAway: async isPurge => await (await equipment()).takeAway(isPurge),
  }
}

const takeSurvey: TakeSurvey = async order => {
  const { sshSurroundings, surveyor } = await import('./reach-host.ts')
  // Looking must not make a home where there is none.
  const sockets = existsSync(facts.home.run) ? sshSockets(facts.home, facts.socketParents) : undefined
  return await surveyor(sshSurroundings(sockets), interrupt.signal)(order)
}

const facts = processFacts()
process.exitCode = await runCommand(process.argv.slice(2), {
  ...facts,
  version: packageVersion(),
  terminal: processTerminal(interrupt.signal),
  cwd: process.cwd(),
  signal: interrupt.signal,
  forgetSession: async (home, session) => await (await import('./forget-session.ts')).forgetAgreed(home, session),
  acquaintSession: async (home, session) => await (await import('./forget-session.ts')).acquaint(home, session),
  editor: editor(),
  runProgram: foreground.run,
  environment: process.env,
  daemonCommand: daemonCommand(),
  dsyncCommand: [process.execPath, ...process.execArgv, ...startWords, fileURLToPath(import.meta.url)],
  following,
  service: serviceSurroundings(),
  askHost,
  equipHost,
  takeSurvey,
})
