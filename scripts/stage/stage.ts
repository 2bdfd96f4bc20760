import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { exitCodes } from '../../lib/cli/exit-codes.ts'
import { bytesText } from '../../lib/cli/quantities.ts'
import { SyncError } from '../../lib/core/errors.ts'
import { socketBytesLimit } from '../../lib/daemon/control-socket-path.ts'
import { processState } from '../../lib/daemon/process-identity.ts'
import type { Ran } from './command.ts'
import { answerOf, runDsync } from './command.ts'
import { processesBelow } from './processes.ts'

/** What it takes on the disk, with room to spare (bytes). */
const neededBytes = 64_000_000

/** How long a process may take to be gone after its daemon has stopped (ms). */
const endMs = 5000

/**
 * Two hosts on this machine in one temporary folder, for a real daemon that is driven by commands alone: a root and a
 * kit's home for this host, the same for the host `twin`, and a home directory and a place for temporary files, so that
 * nothing outside is touched.
 */
export class Stage {
  readonly top: string
  readonly kitHome: string
  /** The root on this host, and on the twin. */
  readonly here: string
  readonly there: string
  readonly #signal: AbortSignal

  /**
   * @param signal ends every command but `start` and `stop`, which leave no process half started.
   * @param made the folder of a stage that was made before, instead of a new one
   */
  constructor(signal: AbortSignal, made?: string) {
    this.#signal = signal
    this.top = made ?? newFolder()
    this.kitHome = join(this.top, 'kit')
    this.here = join(this.top, 'here/project')
    this.there = join(this.top, 'twin/project')
    if (made !== undefined) return
    try {
      for (const directory of [this.here, this.kitHome, join(this.top, 'home'), join(this.top, 'tmp')]) {
        mkdirSync(directory, { recursive: true, mode: 0o700 })
      }
    } catch (error) {
      rmSync(this.top, { recursive: true, force: true })
      throw error
    }
  }

  /** Runs one command to its end, in the folder above both roots. */
  async dsync(...words: readonly string[]): Promise<Ran> {
    const signal = words[0] === 'start' || words[0] === 'stop' ? undefined : this.#signal
    signal?.throwIfAborted()
    const ran = await this.#run(words, signal)
    signal?.throwIfAborted()
    return ran
  }

  /** What a command with `--json` answers. */
  async json(...words: readonly string[]): Promise<unknown> {
    return answerOf(words, await this.dsync(...words, '--json'))
  }

  /** Stops the daemon, sees every process gone, removes the folder. Says what would have been left. */
  async close(): Promise<{ readonly ended: number; readonly left: readonly string[] }> {
    const pids = await this.#processes()
    const { code, output } = await this.#run(['stop'], undefined)
    const alive = await stillAlive(pids)
    for (const pid of alive) process.kill(pid, 'SIGKILL')
    rmSync(this.top, { recursive: true, force: true, maxRetries: 5 })
    const left = [
      ...(code === exitCodes.ok ? [] : [`perhaps the daemon (${output.trim()})`]),
      ...alive.map(pid => `process ${pid}, which had to be killed`),
      ...(existsSync(this.top) ? [this.top] : []),
    ]
    return { ended: pids.length, left }
  }

  /** The daemon and the processes below it; none when it does not run. */
  async #processes(): Promise<number[]> {
    const { code, output } = await this.#run(['status', '--json'], undefined)
    if (code !== exitCodes.ok) return []
    const { daemon } = JSON.parse(output) as { daemon: { pid: number } }
    return [daemon.pid, ...processesBelow(daemon.pid)]
  }

  #run(words: readonly string[], signal: AbortSignal | undefined): Promise<Ran> {
    return runDsync(words, { cwd: this.top, environment: this.environment(), signal })
  }

  /** What commands and the daemon are given: nothing that leads outside. */
  environment(): NodeJS.ProcessEnv {
    const { PATH, LANG, LC_ALL } = process.env
    const places = { HOME: join(this.top, 'home'), TMPDIR: join(this.top, 'tmp'), DSYNC_HOME: this.kitHome }
    return { PATH, ...(LANG === undefined ? {} : { LANG }), ...(LC_ALL === undefined ? {} : { LC_ALL }), ...places }
  }
}

async function stillAlive(pids: readonly number[]): Promise<number[]> {
  const deadline = performance.now() + endMs
  for (;;) {
    const alive = pids.filter(pid => processState(pid).alive)
    if (alive.length === 0 || performance.now() > deadline) return alive
    await after(10)
  }
}

function newFolder(): string {
  const parent = roomForSocket()
  refuseFullDisk(parent)
  return realpathSync(mkdtempSync(join(parent, 'dsync-stage-')))
}

/** Throws ENOSPC when a disk has not enough left. */
function refuseFullDisk(directory: string): void {
  const { bavail, bsize } = statfsSync(directory)
  if (bavail * bsize >= neededBytes) return
  const room = `${bytesText(bavail * bsize)} are free in ${directory}, and this needs ${bytesText(neededBytes)}`
  throw new SyncError('ENOSPC', room)
}

/** The folder for temporary files, or /tmp where its path is so long that no socket fits below. */
function roomForSocket(): string {
  const wanted = realpathSync(tmpdir())
  return Buffer.byteLength(join(wanted, 'dsync-stage-XXXXXX/kit/run/control.sock')) <= socketBytesLimit
    ? wanted
    : '/tmp'
}
