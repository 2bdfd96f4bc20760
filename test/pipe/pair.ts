import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeOf } from '../../lib/core/errors.ts'
import { lockHolder } from '../../lib/daemon/lock.ts'
import { processState, thisProcess } from '../../lib/daemon/process-identity.ts'
import type { Runtime } from './runtimes.ts'
import { runtimes } from './runtimes.ts'
import { until } from './until.ts'

/** How long one command may take (ms): the longest barrier and its grace. */
const commandMs = 150_000

/** What a command did. `json` is what it printed, when that is JSON. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly json: unknown
}

/** A line of `sync.log`. */
export interface AuditLine {
  readonly time: string
  readonly event: string
  readonly path?: string
  readonly [detail: string]: unknown
}

/** Events of the audit log that say that something on a disk was changed. */
const changes = new Set(['put', 'remove', 'move'])

/** Where a command runs, and what its environment holds besides. */
export interface RunPlace {
  readonly cwd?: string
  readonly variables?: Readonly<Record<string, string>>
}

/** What `roots add` is told besides the directory. */
export interface PairOptions {
  /** `[HOST=]NAME`, as `--watcher` takes them. */
  readonly watchers?: readonly string[]
  /** Default: Node from source. */
  readonly runtime?: Runtime
}

/** Pairs not closed yet: a test that is cut short leaves nothing behind either. */
const open = new Set<Pair>()
process.on('exit', () => {
  for (const pair of open) pair.vanish()
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))

/**
 * Two hosts on this machine, kept in sync by a real daemon that is driven by commands alone: a user's home of its own
 * with a kit home in it, a host `twin` beside it, and one root, `project`, on both. All of it lies in one temporary
 * directory and is gone after `close`, with every process that was started for it.
 */
export class Pair {
  readonly base: string
  readonly userHome: string
  readonly twinHome: string
  /** The root on this host, and on the twin. */
  readonly alpha: string
  readonly beta: string
  readonly runtime: Runtime
  readonly #pids = new Set<number>()
  /** Every agent seen so far: one whose daemon was killed waits for the next, which then has another in between. */
  readonly #agents = new Set<number>()

  /** @param homes homes as seen from this machine; default: some of its own, `under` a path in its temporary directory */
  constructor(
    homes: { readonly user?: string; readonly twin?: string; readonly under?: string } = {},
    runtime: Runtime = runtimes.nodeSource,
  ) {
    this.runtime = runtime
    this.base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-')))
    this.userHome = homes.user ?? join(this.base, homes.under ?? '', 'home')
    this.twinHome = homes.twin ?? join(this.base, 'twin')
    this.alpha = join(this.userHome, 'project')
    this.beta = join(this.twinHome, 'project')
    if (homes.user === undefined) mkdirSync(this.alpha, { recursive: true })
    open.add(this)
  }

  /** A pair with its host and root registered, not started. */
  static async make(options: PairOptions = {}): Promise<Pair> {
    const pair = new Pair({}, options.runtime)
    await pair.register(['--pipe', pair.twinHome], options)
    return pair
  }

  /** Registers the host and the root. @param way how the host is reached, as `hosts add` takes it */
  protected async register(way: readonly string[], options: PairOptions): Promise<void> {
    try {
      await this.ok('hosts', 'add', 'twin', ...way)
      const watchers = (options.watchers ?? []).flatMap(watcher => ['--watcher', watcher])
      await this.ok('roots', 'add', '~/project', ...watchers)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Whose files a side's are, where that is not who runs this. */
  uidOf(_side: 'alpha' | 'beta'): number | undefined {
    return undefined
  }

  /** Where a path that a command named lies as seen from this machine. */
  here(_side: 'alpha' | 'beta', path: string): string {
    return path
  }

  /** Runs one command to its end, or kills it after `commandMs`. */
  dsync(...words: readonly string[]): Promise<Ran> {
    return this.dsyncIn({}, ...words)
  }

  /** The same in another directory than the home, or with variables of its own. */
  dsyncIn({ cwd = this.userHome, variables = {} }: RunPlace, ...words: readonly string[]): Promise<Ran> {
    const { PATH, NODE_COMPILE_CACHE, NODE_OPTIONS, DENO_DIR, DENO_NO_UPDATE_CHECK } = process.env
    const env = {
      PATH,
      NODE_COMPILE_CACHE,
      NODE_OPTIONS,
      DENO_DIR,
      DENO_NO_UPDATE_CHECK,
      HOME: this.userHome,
      ...variables,
    }
    const [program, ...before] = this.runtime.command
    return new Promise((resolve, reject) => {
      const child = spawn(program, [...before, ...words], { env, cwd, timeout: commandMs })
      const [out, err]: [Buffer[], Buffer[]] = [[], []]
      child.stdin.end()
      child.stdout.on('data', (data: Buffer) => out.push(data))
      child.stderr.on('data', (data: Buffer) => err.push(data))
      child.once('error', reject)
      child.once('close', code => {
        const stdout = Buffer.concat(out).toString()
        resolve({ code, stdout, stderr: Buffer.concat(err).toString(), json: parsed(stdout) })
      })
    })
  }

  /** Runs a command that must end with 0. */
  async ok(...words: readonly string[]): Promise<Ran> {
    const ran = await this.dsync(...words)
    if (ran.code !== 0) throw new Error(`dsync ${words.join(' ')} ended with ${ran.code}: ${ran.stdout}${ran.stderr}`)
    return ran
  }

  async start(): Promise<number> {
    const { json } = await this.ok('start', '--json')
    const pid = (json as { start: { pid: number } }).start.pid
    this.#pids.add(pid)
    return pid
  }

  async stop(): Promise<void> {
    await this.ok('stop')
  }

  /** Waits until both sides agree, whatever the exit code says about it. */
  sync(...words: readonly string[]): Promise<Ran> {
    return this.dsync('sync', '--json', ...words)
  }

  /** The daemon's process number, as its lock tells; undefined when none runs. */
  running(): number | undefined {
    try {
      return lockHolder(join(this.userHome, '.dsync/run'), 'daemon', thisProcess(hostname()))?.record.pid
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      return undefined
    }
  }

  /** Processes that were started for this pair and live: daemons, and the agents that they started. */
  live(): { readonly daemons: readonly number[]; readonly agents: readonly number[] } {
    const running = this.running()
    if (running !== undefined) this.#pids.add(running)
    const daemons = [...this.#pids].filter(pid => processState(pid).alive)
    for (const agent of daemons.flatMap(childrenOf)) this.#agents.add(agent)
    return { daemons, agents: [...this.#agents].filter(pid => processState(pid).alive) }
  }

  /** A daemon of another home, which is not to outlive this pair either. */
  adopt(pid: number): void {
    this.#pids.add(pid)
  }

  /** Ends the daemon as a crash would. Its agents wait for the next one. */
  async killDaemon(): Promise<void> {
    const { daemons } = this.live()
    for (const pid of daemons) process.kill(pid, 'SIGKILL')
    await until('the daemon is gone', () => !daemons.some(pid => processState(pid).alive))
  }

  /** Ends the agent as a crash would. Says whether there was one. */
  killAgent(): boolean | Promise<boolean> {
    const { agents } = this.live()
    for (const pid of agents) if (processState(pid).alive) process.kill(pid, 'SIGKILL')
    return agents.length > 0
  }

  /** The lines of the audit log, oldest first. */
  audit(): AuditLine[] {
    const file = join(this.userHome, '.dsync/sync.log')
    if (!existsSync(file)) return []
    return readFileSync(file, 'utf8')
      .split('\n')
      .flatMap(line => (line === '' ? [] : [JSON.parse(line) as AuditLine]))
  }

  /** The operations in the audit log. */
  operations(): AuditLine[] {
    return this.audit().filter(({ event }) => changes.has(event))
  }

  /** The same, once the log holds all that was done: it gathers lines for some milliseconds, and a command is answered after them. */
  async settledOperations(): Promise<AuditLine[]> {
    await this.ok('status')
    return this.operations()
  }

  daemonLog(): string {
    const file = join(this.userHome, '.dsync/run/daemon.log')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  /** Stops what runs and removes everything. */
  async close(): Promise<void> {
    try {
      const { code } = await this.dsync('stop')
      if (code !== 0) await this.killDaemon()
    } finally {
      this.vanish()
    }
  }

  /** Ends and removes at once what is left. */
  vanish(): void {
    open.delete(this)
    const { daemons, agents } = this.live()
    for (const pid of [...daemons, ...agents]) process.kill(pid, 'SIGKILL')
    rmSync(this.base, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** What a command printed, when that is JSON. */
export function parsed(text: string): unknown {
  if (!text.startsWith('{')) return undefined
  return JSON.parse(text)
}

function childrenOf(parent: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=', '-o', 'ppid='], { encoding: 'utf8' })
  return stdout.split('\n').flatMap(line => {
    const [pid, of] = line.trim().split(/\s+/).map(Number)
    return pid !== undefined && of === parent ? [pid] : []
  })
}
