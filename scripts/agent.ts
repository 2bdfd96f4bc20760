/**
 * The other end of a link, on stdin and stdout, and ends with them: `serve` (as if nothing is said) serves one root of
 * this host's kit home to a hub, `answer` answers one question of it, `receive` takes a release of the kit.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Console } from 'node:console'
import { createInterface } from 'node:readline'
import { isMainThread } from 'node:worker_threads'
import { SyncError } from '../lib/core/errors.ts'
import { answerQuestion } from '../lib/daemon/host-answers.ts'
import { meetHub, readHub } from '../lib/daemon/hub-record.ts'
import type { HubClaim } from '../lib/core/hub.ts'
import { isSameClaim } from '../lib/core/hub.ts'
import type { KitHome } from '../lib/daemon/kit-home.ts'
import { ensureKitHome } from '../lib/daemon/kit-home.ts'
import { servedRoots } from '../lib/daemon/served-roots.ts'
import { writePlaces } from '../lib/daemon/shell-places.ts'
import { kitLayout } from '../lib/kit/layout.ts'
import { receiveRelease } from '../lib/kit/receive-release.ts'
import type { RootRequest } from '../lib/protocol/handshake.ts'
import { endingMs } from '../lib/protocol/bounds.ts'
import { runAgent } from '../lib/protocol/agent-main.ts'
import { ToldRecords, sweepTold } from '../lib/relay/told-record.ts'
import { stdioLink } from '../lib/protocol/stdio-link.ts'
import { giveBackSpareMemory } from '../lib/replica/spare-memory.ts'
import { systemClock } from '../lib/replica/system-clock.ts'
import { openServedRoot, servedSocketPath } from './serve-root.ts'
import { processFacts } from './surroundings.ts'

async function serve(): Promise<void> {
  const { home } = processFacts()
  const end = new AbortController()
  const records = new ToldRecords(home, Date.now)
  sweepTold(home)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end.abort())
  // A lost link takes the terminal and stderr with it, and the root is kept all the same.
  process.on('SIGHUP', () => {})
  process.stderr.on('error', () => {})
  giveBackSpareMemory(systemClock)
  const why = await Promise.race([
    aborted(end.signal),
    runAgent({
      stdin: process.stdin,
      stdout: process.stdout,
      clock: systemClock,
      openRoot: openServedRoot,
      told: (request, news) => records.told(request, news),
      keeping: {
        build: programDigest(),
        socketPath: servedSocketPath,
        isServed: request => isServed(home, request),
        meet,
        signal: end.signal,
      },
    }),
  ])
  console.error(why)
  process.exit(0)
}

/** Resolves some time after the process was told to end: by then it has ended by itself unless it cannot. */
function aborted(signal: AbortSignal): Promise<string> {
  return new Promise(resolve =>
    signal.addEventListener('abort', () => setTimeout(() => resolve('this process was told to end'), endingMs)),
  )
}

/** What this program is: its place, which names the agent's folder by its content, and its text. */
function programDigest(): string {
  const file = process.argv[1] ?? ''
  return createHash('sha256').update(file).update('\0').update(readFileSync(file)).digest('hex')
}

/** A hub that does not say who it is gets nothing from a host that follows one. */
async function meet({ hub }: RootRequest): Promise<HubClaim | undefined> {
  const facts = processFacts()
  if (hub === undefined) return readHub(facts.home)
  const stands = await meetHub(facts, hub)
  writePlaces(facts)
  return isSameClaim(stands, hub) ? undefined : stands
}

/** A list or a record that cannot be read serves nothing. */
function isServed(home: KitHome, { root, path, hub }: RootRequest): boolean {
  try {
    if (readHub(home)?.hub !== hub?.hub) return false
    return servedRoots(home).some(served => served.id === root && served.path === path)
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return false
  }
}

/** Takes a release of the kit, and ends once what it has to say of that has gone. */
async function receive(): Promise<void> {
  const { home } = processFacts()
  ensureKitHome(home)
  await receiveRelease(stdioLink(process.stdin, process.stdout), kitLayout(home.directory))
  process.stdout.write('', () => process.exit(0))
}

/** Reads one line of JSON, writes one. */
async function answer(): Promise<void> {
  const { home, userHome, host } = processFacts()
  const deno = process.versions['deno']
  const here = {
    home,
    userHome,
    host,
    platform: `${process.platform}-${process.arch}`,
    runtime: deno === undefined ? `node ${process.versions.node}` : `deno ${deno}`,
    rsync: await rsyncVersion(),
  }
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answerQuestion(here, questionOf(line)))}\n`, () => process.exit(0))
    return
  }
}

function questionOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function rsyncVersion(): Promise<string | undefined> {
  return new Promise(resolve =>
    execFile('rsync', ['--version'], { timeout: 5000 }, (error, stdout) =>
      resolve(error === null ? rsyncName(stdout) : undefined),
    ),
  )
}

/** `rsync 3.2.7` of what `rsync --version` says; for others, such as openrsync, its first line. */
function rsyncName(text: string): string {
  const [line = ''] = text.split('\n')
  const version = /^rsync +version (\S+)/.exec(line)?.[1]
  return version === undefined ? line.trim() : `rsync ${version}`
}

if (isMainThread) {
  if (process.stdin.isTTY) {
    console.error('This is the agent of dsync: a hub starts it. Run dsync --help for what you can do.')
    process.exitCode = 2
  } else {
    // Whatever prints must not end up between frames.
    globalThis.console = new Console(process.stderr, process.stderr)
    const { [process.argv[2] ?? '']: start = serve } = { answer, receive }
    void start()
  }
}
