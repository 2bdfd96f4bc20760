import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Side } from '../../lib/core/operation.ts'
import { openGate } from '../../lib/ports/gate.ts'
import type { LogEvent } from '../../lib/ports/log.ts'
import type { Carrier } from '../../lib/ports/carrier.ts'
import type { RsyncCarrierOptions } from '../../lib/remote/rsync-carrier.ts'
import { rsyncCarrier } from '../../lib/remote/rsync-carrier.ts'
import { rsyncAbilities } from '../../lib/remote/rsync-abilities.ts'
import { digest } from '../../lib/replica/hash.ts'
import { loadNative } from '../../lib/replica/disk/native.ts'
import { openRoot } from '../../lib/replica/open-root.ts'
import { shareReplica } from '../../lib/replica/share-replica.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { pinned } from '../../lib/sync/pinned.ts'
import { SessionLoop } from '../../lib/sync/session-loop.ts'
import { until } from '../pipe/until.ts'
import { SimStorage } from '../sim/store.ts'
import { startWorker } from '../worker.ts'

/** Why rsync cannot be run here; undefined when it can. */
export function rsyncIsMissing(): string | undefined {
  const { stdout } = spawnSync('rsync', ['--version'], { encoding: 'utf8' })
  const abilities = rsyncAbilities(stdout ?? '')
  return abilities?.secluded === true ? undefined : 'rsync 3 is not installed: apt-get install rsync'
}

/** How long one step of a story may take (ms). */
const limitMs = 40_000

/** Runs a command and passes so many bytes to it; then the connection is gone. */
const cutter = `
const [limit, command] = process.argv.slice(1)
const child = require("node:child_process").spawn("sh", ["-c", command], { stdio: ["pipe", "inherit", "inherit"] })
let left = Number(limit)
process.stdin.on("data", bytes => {
  child.stdin.write(bytes.subarray(0, left))
  left -= bytes.length
  if (left <= 0) {
    process.stdin.destroy()
    child.stdin.end()
  }
})
child.on("close", () => process.exit(255))
`

/** A stand-in for ssh: runs what it is told to by a shell of this machine. Files beside it say what befalls it. */
const standIn = `#!/bin/sh
here=$(dirname "$0")
while [ "$1" != -- ]; do shift; done
shift 2
case "$*" in *--server*) echo run >> "$here/runs" ;; *) exec sh -c "$*" ;; esac
if [ -f "$here/cut" ]; then
  bytes=$(cat "$here/cut")
  rm "$here/cut"
  exec '${process.execPath}' -e '${cutter}' "$bytes" "$*"
fi
if [ -f "$here/full" ]; then
  ulimit -f "$(cat "$here/full")"
fi
while [ -f "$here/hold" ]; do sleep 0.02; done
exec sh -c "$*"
`

/** A root of two replicas in this process, with real rsync between them over a stand-in for ssh. */
export class LanePair {
  readonly base: string
  readonly roots: Record<Side, string>
  readonly log: LogEvent[] = []
  readonly #loop: SessionLoop

  constructor(t: TestContext, environment: Readonly<Record<string, string | undefined>> = process.env) {
    this.base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-lane-')))
    this.roots = { alpha: join(this.base, 'alpha', 'the root'), beta: join(this.base, 'beta', "o'hara’s root") }
    for (const root of Object.values(this.roots)) mkdirSync(root, { recursive: true })
    writeFileSync(join(this.base, 'my ssh'), standIn, { mode: 0o700 })
    this.#loop = new SessionLoop({
      root: this.roots.alpha,
      hosts: { alpha: 'here', beta: 'there' },
      open: { alpha: this.#replica('alpha'), beta: this.#replica('beta') },
      store: new SimStorage().open(),
      clock: systemClock,
      gate: openGate,
      digester: digest,
      paused: false,
      carrier: this.carrier(undefined, environment),
    })
    this.#loop.onEvent(event => this.log.push(event))
    t.after(async () => {
      this.allow('hold')
      await this.#loop.close()
      rmSync(this.base, { recursive: true, force: true })
    })
  }

  carrier(
    pin: RsyncCarrierOptions['pin'] = directory => pinned(this.roots.alpha, directory, loadNative()),
    environment: RsyncCarrierOptions['environment'] = process.env,
  ): Carrier {
    const ssh = { program: join(this.base, 'my ssh'), target: 'other', configFile: undefined }
    return rsyncCarrier({ ssh, root: this.roots.beta, environment, clock: systemClock, pin })
  }

  #replica(side: Side) {
    return shareReplica(() =>
      openRoot({
        root: this.roots[side],
        work: join(this.base, side, 'kit home', 'work'),
        host: side,
        watcher: 'auto',
        ignore: { patterns: [], gitignore: false },
        clock: systemClock,
        startWorker,
      }),
    )
  }

  path(side: Side, name: string): string {
    return join(this.roots[side], name)
  }

  write(side: Side, name: string, content: Uint8Array | string): void {
    mkdirSync(dirname(this.path(side, name)), { recursive: true })
    writeFileSync(this.path(side, name), content)
  }

  /** Waits until a side's file is this. */
  async arrives(side: Side, name: string, content: Uint8Array | string): Promise<void> {
    const expected = Buffer.from(content)
    const isThere = (): boolean =>
      existsSync(this.path(side, name)) && readFileSync(this.path(side, name)).equals(expected)
    await until(`${name} is at ${side}`, isThere, limitMs)
  }

  /** Waits for a line of the log. */
  async logged(event: string, count = 1): Promise<LogEvent[]> {
    const lines = (): LogEvent[] => this.log.filter(line => line.event === event)
    await until(`${event} is logged`, () => lines().length >= count, limitMs)
    return lines()
  }

  /** What befalls the next rsync, or all of them: see the stand-in. */
  befall(what: 'cut' | 'full' | 'hold', how = ''): void {
    writeFileSync(join(this.base, what), how)
  }

  allow(what: 'full' | 'hold'): void {
    rmSync(join(this.base, what), { force: true })
  }

  /** How often rsync was started at the other end. */
  get runs(): number {
    const file = join(this.base, 'runs')
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0
  }

  slots(side: Side): readonly string[] {
    return readdirSync(join(this.base, side, 'kit home', 'work', 'slots'))
  }
}

/** Content that nothing compresses and no two files share. */
export function noise(mebibytes: number): Buffer {
  return randomBytes(mebibytes * 1024 * 1024)
}
