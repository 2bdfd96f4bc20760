import type { TestContext } from 'node:test'
import { NoSystemd, openDockerHosts } from './docker-hosts.ts'
import { engineLacks } from './engine-client.ts'
import type { HostSet, ProviderName } from './host.ts'
import { loopbackLacks, openLoopbackHosts } from './loopback-hosts.ts'

const names = ['host-a', 'host-b', 'host-c', 'host-d']

/** A way to have hosts. */
export interface Provider {
  readonly name: ProviderName
  /** Why it cannot be used here, in one line, or false: what `skip` takes. */
  readonly skip: string | false
}

/**
 * The ways to have hosts, each with why it cannot be used, if so. `DSYNC_TEST_HOSTS=docker` or `loopback` chooses one.
 *
 *     for (const { name, skip } of providers()) {
 *       describe(`over ssh, ${name}`, { skip }, () => {
 *         it('…', async t => {
 *           const hosts = await sshHosts(t, name)
 */
export function providers(): readonly Provider[] {
  const chosen = process.env['DSYNC_TEST_HOSTS'] ?? ''
  const all: readonly Provider[] = [
    { name: 'docker', skip: engineLacks() ?? false },
    { name: 'loopback', skip: loopbackLacks() ?? false },
  ]
  const some = all.filter(({ name }) => chosen === '' || name === chosen)
  if (some.length === 0) throw new Error(`DSYNC_TEST_HOSTS=${chosen}: it is docker or loopback`)
  return some
}

/**
 * Starts hosts that end with the test. However the process ends, nothing of them remains.
 *
 * @param count one to four.
 */
export async function sshHosts(t: Pick<TestContext, 'after'>, provider: ProviderName, count = 2): Promise<HostSet> {
  const hosts = await openHosts(provider, count)
  t.after(() => hosts.close())
  return hosts
}

/** The same for a suite that closes them itself. */
export function openHosts(provider: ProviderName, count = 2): Promise<HostSet> {
  const chosen = names.slice(0, count)
  return provider === 'docker' ? openDockerHosts(chosen) : openLoopbackHosts(chosen)
}

/**
 * Two hosts in containers that systemd boots; where it cannot, two as ever, and why. `DSYNC_TEST_INIT=script` chooses
 * the latter.
 */
export async function openBootedHosts(): Promise<{ readonly hosts: HostSet; readonly lacksSystemd?: string }> {
  const chosen = names.slice(0, 2)
  const asEver = async (lacksSystemd: string) => ({ hosts: await openDockerHosts(chosen), lacksSystemd })
  if (process.env['DSYNC_TEST_INIT'] === 'script') return await asEver('DSYNC_TEST_INIT=script')
  try {
    return { hosts: await openDockerHosts(chosen, 'systemd') }
  } catch (error) {
    if (!(error instanceof NoSystemd)) throw error
    return await asEver(error.message)
  }
}
