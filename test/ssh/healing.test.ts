import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { logins } from '../hosts/host.ts'
import { providers, sshHosts } from '../hosts/ssh-hosts.ts'
import { until } from '../pipe/until.ts'
import { sharedConnections } from './shared-connections.ts'
import { SshPair, agents } from './ssh-pair.ts'

/** What is done to the link, and how long it may take until changes travel both ways again (ms). */
interface Harm {
  readonly says: string
  readonly limitMs: number
  readonly isDone: (pair: SshPair) => Promise<unknown>
  /** Takes back what would outlast the test. */
  readonly isUndone?: (pair: SshPair) => void
}

/** How long the network stays cut (ms). */
const cutMs = 10_000

/** Attempts at a lost host are no further apart than this (ms), and one takes a while. */
const retryMs = 30_000

const harms: readonly Harm[] = [
  { says: 'the agent was killed', limitMs: 5_000, isDone: pair => pair.other.kill(agents) },
  { says: 'ssh was killed', limitMs: 5_000, isDone: pair => pair.killAgent() },
  { says: 'the login was killed', limitMs: 5_000, isDone: pair => pair.other.kill(logins) },
  {
    says: 'the shared connection was killed',
    limitMs: 5_000,
    isDone: async pair => {
      const masters = sharedConnections(pair)
      assert.notEqual(masters.length, 0)
      for (const pid of masters) process.kill(pid, 'SIGKILL')
    },
  },
  {
    says: 'the shared connection stood still',
    limitMs: 10_000,
    isDone: async pair => {
      const masters = sharedConnections(pair)
      assert.notEqual(masters.length, 0)
      for (const pid of masters) process.kill(pid, 'SIGSTOP')
    },
    isUndone: pair => {
      for (const pid of sharedConnections(pair)) process.kill(pid, 'SIGCONT')
    },
  },
  {
    says: `the network was cut for ${cutMs / 1000} s`,
    limitMs: retryMs + 10_000,
    isDone: async pair => {
      await pair.other.cutNetwork('drop')
      await after(cutMs)
      await pair.other.healNetwork()
    },
  },
  { says: 'the other host was restarted', limitMs: retryMs + 10_000, isDone: pair => pair.other.restart() },
]

/** A busy machine is slower by this. */
const patience = 6

describe('nobody has to do anything', () => {
  for (const { name, skip } of providers()) {
    it(`over ssh, ${name}`, { skip, timeout: 400_000 }, async t => {
      const set = await sshHosts(t, name, 1)
      const pair = await SshPair.over(set, { victims: ['ssh'] })
      t.after(() => pair.close())
      await pair.start()
      await pair.ok('sync')
      for (const harm of harms) await heals(t, pair, harm)
      assert.equal(pair.daemonLog(), '')
    })
  }
})

async function heals(t: TestContext, pair: SshPair, { says, limitMs, isDone, isUndone }: Harm): Promise<void> {
  await isDone(pair)
  const begun = performance.now()
  writeFileSync(join(pair.alpha, `here when ${says}`), 'here')
  await pair.other.write(`project/there when ${says}`, 'there')
  const limit = limitMs * patience
  await until(
    `what was written there is here after ${says}`,
    () => existsSync(join(pair.alpha, `there when ${says}`)),
    limit,
  )
  await until(
    `what was written here is there after ${says}`,
    async () => (await pair.other.run(`ls project`)).includes(`here when ${says}`),
    limit,
  )
  isUndone?.(pair)
  t.diagnostic(`${says}: healed after ${Math.round(performance.now() - begun)} ms`)
}
