import type { HubClaim } from '../core/hub.ts'
import type { Followed } from '../daemon/verbs.ts'
import { escape } from './escape.ts'
import type { Paint } from './paint.ts'
import { agoText } from './quantities.ts'

/** On a host that follows the hub of another: who that is, and whether it is there. @param now by this host's clock */
export function followedLines({ hub }: Followed, paint: Paint, now: number): string[] {
  if (hub?.state === undefined) return []
  const name = paint.bold(escape(hub.name))
  if (hub.state === 'connected') return [`  The hub is ${name}, and it is there.`]
  const heard =
    hub.lastHeard === undefined ? 'was not heard of yet' : `was last heard of ${agoText(hub.lastHeard, now)}`
  return [
    `  The hub is ${name}, which is ${paint.yellow('away')} and ${heard}; what follows was so then.`,
    '  → dsync conflicts, dsync trash and dsync undo work here meanwhile',
  ]
}

/** On a hub that is one of two: what that means, and what ends it. */
export function rivalWords({ name, epoch }: HubClaim): { readonly what: string; readonly next: string } {
  const what = `${escape(name)} and this host took the roots apart from each other (epoch ${epoch}), and neither follows the other`
  return { what, next: `dsync hub take here, or on ${escape(name)}` }
}

/** Below an answer that a hub which is away does not know of. */
export function awayLines({ hub, asOf }: Followed, paint: Paint, now: number): string[] {
  if (hub?.state !== 'away') return []
  const known = asOf === undefined ? 'nothing is known of it' : `as it told ${agoText(asOf, now)}`
  return [`  ${paint.yellow('away')}: ${escape(hub.name)}, the hub; ${known}.`]
}

/** What an answer says of the hub, for `--json`. */
export function followedJson({ hub, asOf }: Followed): Followed {
  return { ...(hub !== undefined && { hub }), ...(asOf !== undefined && { asOf }) }
}
