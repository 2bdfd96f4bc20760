import type { TestContext } from 'node:test'
import { runCommand } from '../../lib/cli/run-command.ts'
import { coloured, plain } from '../../lib/cli/paint.ts'
import type { TrashItem } from '../../lib/core/messages.ts'
import type { Screen, Surroundings } from '../../lib/cli/surroundings.ts'
import type { Daemon } from '../../lib/daemon/daemon.ts'
import { readEnvFile } from '../../lib/daemon/env-file.ts'
import { startDaemon } from '../../lib/daemon/daemon.ts'
import { addHost } from '../../lib/daemon/host-registration.ts'
import { addRoot } from '../../lib/daemon/root-registration.ts'
import type { Script, SessionDouble } from '../daemon/session-double.ts'
import { openDoubles } from '../daemon/session-double.ts'
import { foregroundPrograms } from '../../scripts/foreground-programs.ts'
import { sshSurroundings, surveyor } from '../../scripts/reach-host.ts'
import { temporaryHome } from '../daemon/temporary-home.ts'

/** An earlier version of `a.txt` in a trash. */
export const replacedFile: TrashItem = {
  id: '17-ab',
  group: 'g1',
  at: 1,
  why: 'replaced',
  path: 'a.txt',
  entry: { kind: 'file', size: 1, mode: 0o644, digest: 'd'.repeat(64) },
}

/** What a command did. */
export interface Ran {
  readonly exit: number
  readonly out: string
  readonly err: string
  /** What it printed, as JSON. */
  readonly json: <T = unknown>() => T
}

export interface RunOptions {
  /** What the person types when asked; without it nobody is there. */
  readonly answer?: string
  readonly cwd?: string
  readonly editor?: readonly [string, ...string[]]
  readonly colour?: boolean
  readonly signal?: AbortSignal
  /** The screen of the terminal; without it the output is none. */
  readonly screen?: Screen
  /** Told of everything the command prints. */
  readonly onOut?: (text: string) => void
}

export interface World {
  readonly userHome: string
  readonly directory: (path: string) => string
  readonly doubles: readonly SessionDouble[]
  readonly daemon: Daemon | undefined
  /** Sessions whose past is forgotten. */
  readonly forgotten: readonly string[]
  readonly run: (line: string, options?: RunOptions) => Promise<Ran>
}

/** A home with the root ~/projects on the host `twin`, its daemon in this process, and a terminal in memory. */
export async function makeWorld(t: TestContext, script: Script = {}, daemonRuns = true): Promise<World> {
  const here = temporaryHome(t)
  here.directory('projects')
  const { open, doubles } = openDoubles(script)
  const forgotten: string[] = []
  const forgetSession = async (session: string): Promise<void> => void forgotten.push(session)
  let daemon: Daemon | undefined
  if (daemonRuns) {
    await addHost(here, 'twin', { pipe: here.directory('twin') })
    await addRoot(here, '~/projects', { on: [], at: {}, watcher: {} })
    daemon = await startDaemon({
      ...here,
      version: '1',
      socketParents: [],
      openSession: open,
      forgetSession,
      env: readEnvFile(here.home),
      environment: process.env,
    })
    here.atEnd(() => daemon?.stop())
  }
  const run = async (line: string, options: RunOptions = {}): Promise<Ran> => {
    let [out, err] = ['', '']
    const paint = options.colour === true ? coloured : plain
    const around: Surroundings = {
      ...here,
      terminal: {
        out(text) {
          out += text
          options.onOut?.(text)
        },
        err: text => (err += text),
        canAsk: options.answer !== undefined,
        isTerminal: false,
        async ask(question) {
          err += question
          return options.answer ?? ''
        },
        progress: () => {},
        openScreen: () => options.screen,
        paint,
        paintErrors: paint,
      },
      version: '1',
      socketParents: [],
      cwd: options.cwd ?? here.userHome,
      signal: options.signal ?? new AbortController().signal,
      following: () => Promise.reject(new Error('This home follows nobody')),
      runProgram: foregroundPrograms().run,
      environment: process.env,
      takeSurvey: surveyor(sshSurroundings(undefined), new AbortController().signal),
      forgetSession: (_home, session) => forgetSession(session),
      acquaintSession: (_home, session) => forgetSession(session),
      dsyncCommand: ['/nowhere/dsync'],
      editor: options.editor ?? [process.execPath, '-e', ''],
      equipHost: () => ({
        survey: () => Promise.reject(new Error('no other machine')),
        bringRuntime: () => Promise.reject(new Error('no other machine')),
        bringKit: () => Promise.reject(new Error('no other machine')),
        takeAway: () => Promise.reject(new Error('no other machine')),
      }),
      daemonCommand: [process.execPath, '-e', 'process.exit(1)'],
      service: { platform: 'linux', uid: 0, userName: 'me', kit: here.userHome, runtime: process.execPath },
    }
    const words = line.split(' ').filter(word => word !== '')
    const exit = await runCommand(words, around)
    return { exit, out, err, json: <T>() => JSON.parse(out) as T }
  }
  return { userHome: here.userHome, directory: here.directory, doubles, daemon, forgotten, run }
}
