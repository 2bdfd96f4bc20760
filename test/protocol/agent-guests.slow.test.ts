import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { SyncError, codeOf } from '../../lib/core/errors.ts'
import { guestsLimit } from '../../lib/protocol/bounds.ts'
import type { GuestDesk } from '../../lib/protocol/guest-door.ts'
import { askAgent, askHub, away } from '../../lib/relay/ask-agent.ts'
import { until } from '../pipe/until.ts'
import { LingerRig } from './linger-rig.ts'

const request = { version: '1', verb: 'status', parameters: '{"a":1}' }

interface Asking {
  readonly emit: (event: unknown) => void
  readonly end: (value: unknown) => void
  readonly signal: AbortSignal
}

/** A root that a hub drives whose guests a test answers. */
async function served(t: TestContext) {
  const rig = new LingerRig(t)
  const asked: Asking[] = []
  const guests: GuestDesk = {
    news: () => '{"hub":"laptop"}',
    answer: (_request, { emit, signal }) =>
      new Promise(resolve => asked.push({ emit, signal, end: value => resolve({ what: 'result', value }) })),
  }
  const hub = rig.connect({ epoch: 5, guests })
  await hub.events.next('ready')
  await until('the agent listens', () => existsSync(rig.socketPath))
  return { rig, hub, asked }
}

function call(): { readonly events: unknown[]; readonly leave: AbortController } & Parameters<typeof askHub>[2] {
  const [events, leave]: [unknown[], AbortController] = [[], new AbortController()]
  return { events, leave, signal: leave.signal, emit: event => events.push(event) }
}

describe('a command at the socket of an agent', () => {
  it('hears from the hub what happens, and the answer', async t => {
    const { rig, asked } = await served(t)
    const asking = call()
    const answer = askHub(rig.socketPath, request, asking)
    await until('the hub is asked', () => asked.length === 1)
    asked[0]?.emit({ queued: 1 })
    asked[0]?.end({ text: 'two\nlines' })
    assert.deepEqual(await answer, { text: 'two\nlines' })
    assert.deepEqual(asking.events, [{ queued: 1 }])
  })

  it('that goes is heard of at the hub', async t => {
    const { rig, asked } = await served(t)
    const asking = call()
    const answer = askHub(rig.socketPath, request, asking)
    await until('the hub is asked', () => asked.length === 1)
    asking.leave.abort(new SyncError('INTERRUPTED', 'Interrupted'))
    await assert.rejects(answer, error => codeOf(error) === 'INTERRUPTED')
    await until('the hub hears of it', () => asked[0]?.signal.aborted === true)
  })

  it('waits for no hub that is lost, and asks the trash of its own host all the same', async t => {
    const { rig, hub, asked } = await served(t)
    const answer = askHub(rig.socketPath, request, call())
    await until('the hub is asked', () => asked.length === 1)
    hub.cut()
    assert.equal(await answer, away)
    assert.equal(await askHub(rig.socketPath, request, call()), away)
    assert.equal(rig.told.at(-1), undefined)
    const own = await askAgent(rig.socketPath, { about: 'trash', path: undefined, limit: 5 }, call().signal)
    assert.deepEqual(own, { about: 'trash', items: [] })
    const back = await askAgent(rig.socketPath, { about: 'restore', trash: ['x'] }, call().signal)
    assert.ok(back !== away && back.about === 'restore' && back.refused.length === 1)
  })

  it('is one of a few at most', async t => {
    const { rig, asked } = await served(t)
    const answers = Array.from({ length: guestsLimit }, () => askHub(rig.socketPath, request, call()))
    await until('the hub is asked', () => asked.length === guestsLimit)
    await assert.rejects(askHub(rig.socketPath, request, call()), error => codeOf(error) === 'BUSY')
    for (const { end } of asked) end(null)
    await Promise.all(answers)
    assert.equal(asked.length, guestsLimit)
  })

  it('that says something else is cut off', async t => {
    const { rig, asked } = await served(t)
    const lines = [
      '{"guest":{}}',
      '{"guest":{"kind":"hub","request":{"verb":1}}}',
      '{"guest":{"kind":"own","question":{"about":"text","path":"a"}}}',
      'x',
      `"${'x'.repeat(70_000)}"`,
    ]
    for (const line of lines) {
      const socket = connect(rig.socketPath)
      socket.on('error', () => {})
      socket.write(`${line}\n`)
      const heard: string[] = []
      socket.on('data', data => heard.push(String(data)))
      await until('it is cut off', () => socket.destroyed)
      assert.deepEqual([heard, asked.length], [[], 0], line.slice(0, 60))
    }
  })
})
