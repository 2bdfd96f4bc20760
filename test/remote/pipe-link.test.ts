import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { directory, emptyTree, withEntry } from '../../lib/core/tree.ts'
import type { Clock } from '../../lib/ports/clock.ts'
import type { Link, LinkEnd } from '../../lib/ports/link.ts'
import type { Operation } from '../../lib/core/operation.ts'
import type { Replica } from '../../lib/ports/replica.ts'
import { connectReplica } from '../../lib/protocol/remote-replica.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { pipeLink } from '../../lib/remote/pipe-link.ts'
import { Events, request } from '../protocol/connection.ts'
import { file, sameTree } from '../protocol/trees.ts'
import { ManualClock } from '../sim/clock.ts'

const agent = fileURLToPath(new URL('../protocol/agent-process.ts', import.meta.url))

interface Opened {
  readonly link: Link
  /** All that came, once `until` finds it in there. */
  until(text: string): Promise<string>
  readonly ended: Promise<LinkEnd>
}

/** A link to a Node process that runs some lines. */
function open(t: TestContext, program: string, clock: Clock = systemClock): Opened {
  const link = pipeLink({ command: [process.execPath, '-e', program], environment: process.env, clock })()
  let came = ''
  let wake = (): void => {}
  link.onData(bytes => {
    came += Buffer.from(bytes).toString()
    wake()
  })
  const ended = new Promise<LinkEnd>(resolve => link.onClose(resolve))
  t.after(async () => {
    link.close()
    if (clock === systemClock) await ended
  })
  return {
    link,
    ended,
    until: async text => {
      const deadline = AbortSignal.timeout(10_000)
      while (!came.includes(text)) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve
          deadline.addEventListener('abort', () => reject(new Error(`Only ${JSON.stringify(came)} came`)))
        })
      }
      return came
    },
  }
}

describe('a link to a child process', () => {
  it('carries bytes both ways and ends the process with it', async t => {
    const opened = open(t, 'process.stdin.pipe(process.stdout); process.stdout.write(`pid ${process.pid}\\n`)')
    opened.link.write(Buffer.from('there and back'))
    const pid = Number(/pid (\d+)/.exec(await opened.until('back'))?.[1])
    opened.link.close()
    opened.link.close()
    assert.equal((await opened.ended).code, 'CLOSED')
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  })

  it('says when it has enough, and when it wants more', async t => {
    const opened = open(
      t,
      "process.stdin.once('readable', () => setTimeout(() => process.stdin.on('data', () => {}).on('end', () => console.log('all')), 50))",
    )
    const drained = new Promise<void>(resolve => opened.link.onDrain(resolve))
    let writes = 0
    while (opened.link.write(Buffer.alloc(65536)) && writes < 1000) writes++
    assert.ok(writes < 1000)
    await drained
  })

  it('tells the exit code and the last words of a process that fails', async t => {
    const opened = open(t, "console.error('no such root'); process.exitCode = 3")
    const end = await opened.ended
    assert.equal(end.code, 'AGENT_FAILED')
    assert.match(end.why, /ended with code 3; it said: no such root/)
  })

  it('tells of a process that cannot be started', async () => {
    const link = pipeLink({ command: ['/no/such/program'], environment: {}, clock: systemClock })()
    const end = await new Promise<LinkEnd>(resolve => link.onClose(resolve))
    assert.equal(end.code, 'AGENT_FAILED')
    assert.match(end.why, /ENOENT/)
    link.write(Buffer.from('into nothing'))
    link.close()
  })

  it('hands the process its arguments as they are, read by no shell', async t => {
    const tricky = '$(touch x); `y` "z" \n'
    const link = pipeLink({
      command: [process.execPath, '-e', 'process.stdout.write(process.argv[1])', tricky],
      environment: process.env,
      clock: systemClock,
    })()
    const came = new Promise<string>(resolve => link.onData(bytes => resolve(Buffer.from(bytes).toString())))
    const ended = new Promise<LinkEnd>(resolve => link.onClose(resolve))
    assert.equal(await came, tricky)
    await ended
    t.after(() => link.close())
  })

  it('makes an end, by its number, of a process that will not end by itself', async t => {
    const clock = new ManualClock()
    const opened = open(
      t,
      "process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); console.log('up')",
      clock,
    )
    await opened.until('up')
    opened.link.close()
    clock.advance(3000)
    await opened.until('no')
    clock.advance(3000)
    assert.equal((await opened.ended).code, 'CLOSED')
  })
})

interface Served {
  readonly replica: Replica
  readonly events: Events
  /** The agent's process number, which it prints before it speaks. */
  readonly pid: Promise<number>
}

/** A replica served by a process that runs the real agent over a tree in memory. */
function serve(t: TestContext): Served {
  const events = new Events()
  const link = pipeLink({ command: [process.execPath, agent], environment: process.env, clock: systemClock })()
  const pid = new Promise<number>(resolve => {
    link.onData(bytes => {
      const printed = /pid (\d+)/.exec(Buffer.from(bytes).toString('latin1'))
      if (printed !== null) resolve(Number(printed[1]))
    })
  })
  const open = connectReplica(() => link, { clock: systemClock, request, epoch: 1 })
  const replica = open(() => emptyTree, events.listener)
  t.after(() => replica.close())
  return { replica, events, pid }
}

describe('a replica in a process of its own', () => {
  it('is served, changed and left, and its process ends by itself', async t => {
    const { replica, events, pid } = serve(t)
    const ready = await events.next('ready')
    const tree = directory(0o755, [['a', file('1')]])
    sameTree(ready.tree, tree)
    const operations: Operation[] = [{ kind: 'put', path: 'b', before: undefined, after: file('2') }]
    replica.send({ type: 'apply', batch: 1, operations, contents: new Map() })
    sameTree((await events.next('outcomes')).tree, withEntry(tree, 'b', file('2')))
    await replica.close()
    const number = await pid
    assert.throws(() => process.kill(number, 0), { code: 'ESRCH' })
  })

  it('is lost, in clear words, when its process is killed', async t => {
    const { events, pid } = serve(t)
    await events.next('ready')
    const number = await pid
    process.kill(number, 'SIGKILL')
    const closed = await events.next('closed')
    assert.deepEqual([closed.code, closed.verdict], ['TRANSPORT_LOST', 'retry'])
    assert.match(closed.why, new RegExp(`The agent \\(process ${number}\\) was ended by SIGKILL`))
    assert.equal(events.all.at(-1), closed)
  })
})
