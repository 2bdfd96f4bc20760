import { it } from 'node:test'
import { sshHosts } from '../hosts/ssh-hosts.ts'
import { storm } from '../storm/storm.ts'
import { SshPair } from './ssh-pair.ts'
for (const seed of [1, 2, 3, 1, 4, 5]) it('dbg', { timeout: 100_000 }, async t => {
  const pair = await SshPair.over(await sshHosts(t, 'loopback', 2), { victims: ['agent', 'ssh', 'sshd'] })
  t.after(() => pair.close())
  await pair.start()
  const { faults, ...figures } = await storm(pair, { seed, steps: 1000, plant: 300, kills: { daemon: 1, agent: 3 } })
  console.log(seed, JSON.stringify(figures), faults)
  if (figures.settleMs > 8000) for (const l of pair.audit().filter(l => ['lost','ready','started'].includes(l.event))) console.log(l.time, l.event, l['code'], l['why'], l['side'])
})
