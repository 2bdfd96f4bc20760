import type { HubClaim } from '../core/hub.ts'
import { homeId } from './home-id.ts'
import type { KitHome } from './kit-home.ts'
import { rivalOf } from './rival-hub.ts'
import type { SessionList } from './sessions.ts'
import type { DaemonStatus } from './verbs.ts'

/** What a daemon says of itself beside its sessions. */
type Around = Pick<DaemonStatus, 'version' | 'host' | 'since' | 'config' | 'logDropped' | 'crashes' | 'supervisor'> & {
  readonly home: KitHome
  readonly hub: HubClaim | undefined
}

/** How sessions are, and the daemon that runs them. */
export function statusOf(sessions: SessionList, { home, hub, ...around }: Around): DaemonStatus {
  const opened = sessions.opened().map(({ handle, spec }) => ({ ...handle.status(), transport: spec.way.kind }))
  const rival = opened.some(({ code }) => code === 'OTHER_HUB') ? rivalOf(home, hub) : undefined
  return {
    ...(hub !== undefined && {
      hub: { ...hub, isHere: hub.hub === homeId(home), ...(rival !== undefined && { rival }) },
    }),
    ...around,
    ...{ home: home.directory, pid: process.pid, now: Date.now() },
    sessions: opened,
    failed: sessions.failed().map(({ spec, error }) => ({
      root: spec.alpha.root,
      host: spec.beta.host,
      why: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })),
  }
}
