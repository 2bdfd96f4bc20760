import type { HubClaim } from '../core/hub.ts'
import { SyncError } from '../core/errors.ts'
import { requireConfig } from '../daemon/config-reader.ts'
import { homeId } from '../daemon/home-id.ts'
import { readHub } from '../daemon/hub-record.ts'
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
 * have leads to the wrong one. Undefined for another host; throws what nothing leads back by, with what to do.
 */
export async function wayToHub(host: string, around: HereAndSsh): Promise<WayToHub | undefined> {
  const { home, userHome } = around
  const claim = readHub(home)
  if (claim === undefined) return undefined
  const config = requireConfig(home)
  const known = Object.hasOwn(config.hosts, claim.name) ? claim.name : hostWithHome(config, claim.hub, home)
  if (host !== claim.name && host !== known) return undefined
  const name = known ?? claim.name
  const byName = { [claim.name]: { ssh: checkTarget(claim.name) } }
  const way = wayTo(known === undefined ? { ...config, hosts: byName } : config, name, userHome)
  if (way === undefined) return undefined
  if (way.kind === 'ssh' && homeIdOn(way, name, home) !== claim.hub) {
    await lookAt(way, { name, claim, isKnown: known !== undefined }, around)
  }
  return { hub: claim.name, way }
}

type SshWay = Extract<Way, { readonly kind: 'ssh' }>

interface Meant {
  readonly name: string
  readonly claim: HubClaim
  /** The settings here say how it is reached. */
  readonly isKnown: boolean
}

async function lookAt(way: SshWay, { name, claim, isKnown }: Meant, around: HereAndSsh): Promise<void> {
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
  if (kit.id === claim.hub)
    rememberHost(home, name, { userHome: user.home, kitHome: kit.home, target: way.target, homeId: kit.id })
  else if (kit.id === homeId(home)) throw cannot(`ssh ${way.target} leads to this very host`, sayHow)
  else if (kit.id !== undefined) throw cannot(`ssh ${way.target} leads to another machine with dsync`, sayHow)
}
