import assert from 'node:assert/strict'
import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { at, emptyTree } from '../../lib/core/tree.ts'
import type { LinkEnd, OutgoingLink } from '../../lib/ports/link.ts'
import type { Replica } from '../../lib/ports/replica.ts'
import { connectReplica } from '../../lib/protocol/remote-replica.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { until } from '../pipe/until.ts'
import { Events } from './connection.ts'

const script = fileURLToPath(new URL('../../scripts/agent.ts', import.meta.url))

type Child = ChildProcessByStdio<Writable, Readable, Readable>

interface Connection {
  readonly child: Child
  readonly replica: Replica
  readonly events: Events
  /** The exit code, or the signal that ended it. */
  readonly exited: Promise<number | string | null>
}

/** A home with one root on a host of its own, and agents for it as a hub's connections start them. */
class Home {
  readonly base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-agent-')))
  readonly home = join(this.base, '.dsync')
  readonly root = join(this.base, 'project')
  readonly #children: Child[] = []

  constructor(t: TestContext) {
    mkdirSync(this.root)
    mkdirSync(this.home)
    writeFileSync(join(this.root, 'a'), '1')
    this.serve([{ id: 'r1', path: this.root }])
    t.after(() => {
      for (const child of this.#children) child.kill('SIGKILL')
      rmSync(this.base, { recursive: true, force: true })
    })
  }

  serve(roots: readonly { id: string; path: string }[]): void {
    writeFileSync(join(this.home, 'roots.json'), JSON.stringify(roots), { mode: 0o600 })
  }

  /** The agent's socket, once there is one. */
  socket(): string | undefined {
    const run = join(this.home, 'run')
    return existsSync(run) ? readdirSync(run).find(name => name.endsWith('.sock')) : undefined
  }

  connect(epoch: number): Connection {
    const environment = { ...process.env, HOME: this.base, DSYNC_HOME: this.home }
    const child = spawn(process.execPath, [script], { env: environment, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#children.push(child)
    child.stdin.on('error', () => {})
    child.stderr.resume()
    const exited = new Promise<number | string | null>(resolve =>
      child.on('exit', (code, signal) => resolve(signal ?? code)),
    )
    const events = new Events()
    const request = { root: 'r1', path: this.root, options: {} }
    const open = connectReplica(() => linkOf(child), { clock: systemClock, request, epoch })
    return { child, exited, events, replica: open(() => emptyTree, events.listener) }
  }

  /** The first agent of the root, once it listens for others. */
  async served(epoch: number): Promise<Connection> {
    const connection = this.connect(epoch)
    await connection.events.next('ready')
    await until('the agent listens', () => this.socket() !== undefined)
    return connection
  }
}

/** The pipes of a process, which closing the link does not end. */
function linkOf(child: Child): OutgoingLink {
  return {
    write: bytes => !child.stdin.writable || child.stdin.write(bytes),
    onOpen: listen => listen(),
    onData: listen => void child.stdout.on('data', listen),
    onDrain: listen => void child.stdin.on('drain', listen),
    onClose: (listen: (end: LinkEnd) => void) =>
      void child.stdout.on('close', () => listen({ code: 'TRANSPORT_LOST', why: 'the pipe was closed' })),
    close: () => void child.stdin.end(),
  }
}

/** The hub dies: its ends of all pipes are gone. */
function vanish({ child }: Connection): void {
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy()
}

async function answers({ replica, events }: Connection): Promise<void> {
  const heard = events.all.length
  replica.send({ type: 'fence', id: 1, verify: false })
  await events.next('fenced', heard)
}

describe('an agent process whose hub is lost', { timeout: 60_000 }, () => {
  it('outlives its pipes and a hang-up, serves the next connection through another process, and ends with it', async t => {
    const home = new Home(t)
    const first = await home.served(1)
    vanish(first)
    first.child.kill('SIGHUP')
    writeFileSync(join(home.root, 'b'), 'meanwhile')
    const second = home.connect(2)
    await second.events.next('ready')
    await answers(second)
    assert.equal(at(second.events.tree(), 'b')?.kind, 'file')
    assert.equal(first.child.exitCode, null)
    await second.replica.close()
    assert.deepEqual([await first.exited, await second.exited], [0, 0])
    assert.equal(home.socket(), undefined)
  })

  it('is taken from a hub that reads nothing and hangs up nothing', async t => {
    const home = new Home(t)
    const first = await home.served(1)
    first.child.stdout.pause()
    const second = home.connect(2)
    await second.events.next('ready')
    await answers(second)
    assert.equal(first.child.exitCode, null)
  })

  it('is taken from a process in between that stands still', async t => {
    const home = new Home(t)
    const first = await home.served(1)
    vanish(first)
    const second = home.connect(2)
    await second.events.next('ready')
    second.child.kill('SIGSTOP')
    const third = home.connect(3)
    await third.events.next('ready')
    await answers(third)
    assert.equal(first.child.exitCode, null)
  })

  it('waits again when the process in between is killed', async t => {
    const home = new Home(t)
    const first = await home.served(1)
    vanish(first)
    const second = home.connect(2)
    await second.events.next('ready')
    second.child.kill('SIGKILL')
    assert.equal((await second.events.next('closed')).code, 'TRANSPORT_LOST')
    const third = home.connect(3)
    await third.events.next('ready')
    assert.equal(first.child.exitCode, null)
  })

  it('leaves its root free when it is killed, and the process in between ends', async t => {
    const home = new Home(t)
    const first = await home.served(1)
    vanish(first)
    const second = home.connect(2)
    await second.events.next('ready')
    first.child.kill('SIGKILL')
    await second.events.next('closed')
    assert.equal(await second.exited, 0)
    const third = home.connect(3)
    await third.events.next('ready')
    await answers(third)
  })

  it('is not taken while it stands still itself, and is once it goes on', async t => {
    const home = new Home(t)
    const first = await home.served(1)
    vanish(first)
    first.child.kill('SIGSTOP')
    const second = home.connect(2)
    const closed = await second.events.next('closed')
    assert.deepEqual([closed.code, closed.verdict], ['BUSY', 'retry'], closed.why)
    first.child.kill('SIGCONT')
    const third = home.connect(3)
    await third.events.next('ready')
    assert.equal(first.child.exitCode, null)
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends at once on ${signal}, and leaves no socket`, async t => {
      const home = new Home(t)
      const first = await home.served(1)
      vanish(first)
      first.child.kill(signal)
      assert.equal(await first.exited, 0)
      assert.equal(home.socket(), undefined)
    })
  }

  const reasons: readonly (readonly [string, (home: Home) => void])[] = [
    ['when its root is removed from the list', home => home.serve([])],
    ['when the kit home is gone', home => rmSync(home.home, { recursive: true })],
  ]
  for (const [when, happen] of reasons) {
    it(`ends within seconds ${when}`, async t => {
      const home = new Home(t)
      const first = await home.served(1)
      vanish(first)
      happen(home)
      assert.equal(await first.exited, 0)
    })
  }
})
