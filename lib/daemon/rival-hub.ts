import type { HubClaim } from '../core/hub.ts'
import { claimOf, isRival, isSameClaim } from '../core/hub.ts'
import { homeId } from './home-id.ts'
import type { KitHome } from './kit-home.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { parsedJson } from './parsed-json.ts'

/** Where a hub keeps who took the same roots apart from it: `state/rival.json`, 0600. */
function rivalFile(home: KitHome): string {
  return `${home.state}/rival.json`
}

/** Remembers a claim that was refused, when it is a rival's. */
export function noteRival(home: KitHome, own: HubClaim, refused: HubClaim): void {
  if (own.hub !== homeId(home) || !isRival(own, refused) || isSameClaim(rivalOf(home, own), refused)) return
  const { hub, name, epoch, at } = refused
  writePrivateFile(rivalFile(home), `${JSON.stringify({ hub, name, epoch, at })}\n`)
}

/**
 * Who took the roots apart from this home, whose record says `own`, as last heard of: there are two hubs until one of
 * them takes the roots again, both follow a third, or they have no root in common any more. What cannot be read is heard again.
 */
export function rivalOf(home: KitHome, own: HubClaim | undefined): HubClaim | undefined {
  if (own === undefined || own.hub !== homeId(home)) return undefined
  const text = readPrivateFile(rivalFile(home))
  const known = text === undefined ? undefined : claimOf(parsedJson(text))
  return known !== undefined && isRival(own, known) ? known : undefined
}
