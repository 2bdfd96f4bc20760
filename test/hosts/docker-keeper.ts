/** Starts a set of hosts in containers, and removes them. */
import { randomInt } from 'node:crypto'
import { rmSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { compose, hasImage, removeProject } from './engine-client.ts'
import type { Init } from './host.ts'
import { keep } from './kept.ts'

/** What a keeper of hosts in containers is started with. */
export interface DockerOrder {
  readonly base: string
  readonly project: string
  readonly names: readonly string[]
  /** The public key that may log in. */
  readonly key: string
  readonly init: Init
}

const order = JSON.parse(process.argv[2] ?? '') as DockerOrder

/** How many networks are tried before giving up: others may have the one that is drawn. */
const draws = 5

/** Starts the hosts and returns the first three numbers of their addresses. */
async function start(): Promise<string> {
  const variables = { DSYNC_TEST_KEY: order.key, DSYNC_TEST_NET: '172.29.255' }
  if (!(await hasImage())) {
    const built = await compose(order.project, ['build', 'host-a'], variables)
    if (built.code !== 0) throw new Error(`the image does not build: ${built.stdout}${built.stderr}`)
  }
  let said = ''
  for (let draw = 0; draw < draws; draw++) {
    const net = freeNet()
    const up = ['up', '--detach', '--no-build', ...order.names]
    const ran = await compose(order.project, up, { ...variables, DSYNC_TEST_NET: net }, order.init)
    if (ran.code === 0) return net
    said = ran.stderr
    await removeProject(order.project)
    if (!said.includes('overlap')) break
  }
  throw new Error(`compose could not start them: ${said}`)
}

/** One that no interface of this machine has: of another engine's networks this engine knows nothing. */
function freeNet(): string {
  const taken = Object.values(networkInterfaces()).flatMap(each => each?.map(({ address }) => address) ?? [])
  const isFree = (net: string): boolean => !taken.some(address => address.startsWith(`${net}.`))
  const nets = Array.from({ length: 254 }, (_, i) => `172.29.${i + 1}`).filter(isFree)
  return nets[randomInt(Math.max(1, nets.length))] ?? '172.29.254'
}

async function end(): Promise<void> {
  await removeProject(order.project)
  rmSync(order.base, { recursive: true, force: true })
}

keep({ start }, end)
