import type { HubClaim } from '../core/hub.ts'
import { SyncError } from '../core/errors.ts'
import type { Config } from '../daemon/config.ts'
import { requireConfig } from '../daemon/config-reader.ts'
import { homeId } from '../daemon/home-id.ts'
import { readHub } from '../daemon/hub-record.ts'
import type { HostPlaces } from '../daemon/other-host.ts'
import { homeIdOn, hostWithHome, rememberHost, wayTo } from '../daemon/other-host.ts'
import { checkTarget } from '../remote/ssh-target.ts'
import type { Way } from '../sync/session-spec.ts'
import type { Surroundings } from './surroundings.ts'

/** How this host reaches the hub that it follows. */
export interface WayToHub {
  /** What the hub calls itself. */
  readonly hub: string
  readonly way: Way
}

type HereAndSsh = Pick<Surroundings, 'home' | 'userHome' | 'host' | 'takeSurvey'>

/**
 * The hub of this host, when `host` is what it calls itself or what the settings here call its home: reached as those
 * say, else as `ssh NAME` does. One that was not reached from here before is looked at now, lest a name that two machines
 * have leads to the wrong one. Undefined for another host; throws why nothing leads to it, with what to do.
 * @param isDry what is found is not remembered
 */
export async function wayToHub(host: string, around: HereAndSsh, isDry = false): Promise<WayToHub | undefined> {
  const { home, userHome } = around
  const claim = readHub(home)
  if (claim === undefined) return undefined
  const config = requireConfig(home)
  const known = Object.hasOwn(config.hosts, claim.name) ? claim.name : hostWithHome(config, claim.hub, home)
  if (host !== claim.name && host !== known) return undefined
  const name = known ?? claim.name
  const byName = (): Config => ({ ...config, hosts: { [name]: { ssh: checkTarget(name) } } })
  const way = wayTo(known === undefined ? byName() : config, name, userHome)
  if (way === undefined) return undefined
  if (way.kind === 'ssh' && homeIdOn(way, name, home) !== claim.hub) {
    const found = await lookAt(way, { claim, isKnown: known !== undefined }, around)
    if (found !== undefined && !isDry) rememberHost(home, name, { ...found, target: way.target, homeId: claim.hub })
  }
  return { hub: claim.name, way }
}

type SshWay = Extract<Way, { readonly kind: 'ssh' }>

interface Meant {
  readonly claim: HubClaim
  /** The settings here say how it is reached. */
  readonly isKnown: boolean
}

/** Where things lie on the hub; undefined where what was reached does not say whose home it has: it may have another place. */
async function lookAt(way: SshWay, { claim, isKnown }: Meant, around: HereAndSsh): Promise<HostPlaces | undefined> {
  const { home } = around
  const cannot = (why: string, hint: string | undefined): SyncError =>
    new SyncError('TRANSPORT_LOST', `Cannot switch to ${claim.name}: ${why}`, hint === undefined ? {} : { hint })
  // Two machines may have one name, and none gives its own to another.
  const own = requireConfig(home).name ?? around.host
  const sayHow = `dsync hosts add ${claim.name === own ? 'NAME' : claim.name} --ssh USER@HOST --no-kit, as ssh reaches it from here`
  const { user, kit } = await around.takeSurvey({ way, places: [] }).catch((error: unknown) => {
    if (!(error instanceof SyncError)) throw error
    // What waits for a person, as an unknown host key does, says itself what that person has to do.
    const why = error.message.replace(/^Cannot reach \S+: /, '')
    throw cannot(
      `ssh ${way.target} does not reach it: ${why}`,
      isKnown || error.verdict === 'halt' ? error.hint : sayHow,
    )
  })
  if (kit.id === claim.hub) return { userHome: user.home, kitHome: kit.home }
  if (kit.id === homeId(home)) throw cannot(`ssh ${way.target} leads to this very host`, sayHow)
  if (kit.id !== undefined) throw cannot(`ssh ${way.target} leads to another machine with dsync`, sayHow)
  return undefined
}
