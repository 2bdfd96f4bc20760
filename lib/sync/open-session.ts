import { join } from 'node:path'
import { ignoreText } from '../core/ignore-settings.ts'
import { loadNative } from '../replica/disk/native.ts'
import { digest } from '../replica/hash.ts'
import { shareReplica } from '../replica/share-replica.ts'
import { openRoot } from '../replica/open-root.ts'
import { wantedWatcher } from '../replica/watch/open-watcher.ts'
import type { HubClaim } from '../core/hub.ts'
import type { RootRequest } from '../protocol/handshake.ts'
import { connectReplica } from '../protocol/remote-replica.ts'
import type { Carrier } from '../ports/carrier.ts'
import type { Clock } from '../ports/clock.ts'
import { openGate } from '../ports/gate.ts'
import type { OpenLink } from '../ports/link.ts'
import type { OpenReplica } from '../ports/replica.ts'
import type { Signs } from '../ports/signs.ts'
import type { SessionStore } from '../ports/store.ts'
import type { StartWorker } from '../ports/worker.ts'
import { pipeLink } from '../remote/pipe-link.ts'
import { rsyncCarrier } from '../remote/rsync-carrier.ts'
import { SharedLine } from '../remote/shared-line.ts'
import type { SshLinkOptions } from '../remote/ssh-link.ts'
import { sshLink } from '../remote/ssh-link.ts'
import { pinned } from './pinned.ts'
import type { OpenSession } from './session-handle.ts'
import type { Placement, SessionSpec } from './session-spec.ts'
import { SessionLoop } from './session-loop.ts'

export interface SessionSurroundings {
  readonly clock: Clock
  readonly startWorker: StartWorker
  /** The agent as a program with its arguments; its kit home is told by the environment. */
  readonly agentCommand: readonly [program: string, ...rest: string[]]
  /** What the agent's environment is besides `DSYNC_HOME`. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** How other machines are reached. Called when the first one is. */
  readonly ssh: () => Pick<SshLinkOptions, 'environment' | 'clock' | 'agents' | 'loader' | 'sockets' | 'version'>
  readonly openStore: (session: string) => SessionStore
  readonly signs: Signs
  /** What this home says of itself to the agents of other hosts. Asked at every connection. */
  readonly hub: () => HubClaim | undefined
  /** Hears whom another host follows, when it is not this home. */
  readonly elsewhere: (stands: HubClaim) => void
}

/** How a daemon opens its sessions: one replica a root, whatever the number of its sessions, and an agent for each other side. */
export function sessionOpener(around: SessionSurroundings): OpenSession {
  const replicas = new Map<string, { readonly by: string; readonly open: OpenReplica }>()
  const lines = new Map<string, SharedLine>()
  let epoch = Math.floor(around.clock.now() / 1000)
  return (spec, guests) => {
    const known = replicas.get(spec.id)
    const by = JSON.stringify([spec.alpha, spec.ignore])
    const alpha = known?.by === by ? known.open : shareReplica(() => openRoot(rootOptions(spec, around)))
    replicas.set(spec.id, { by, open: alpha })
    const link = linkOf(spec, around, lines)
    const beta: OpenReplica = (baseline, listener) =>
      connectReplica(link, {
        clock: around.clock,
        request: { ...requestOf(spec), hub: around.hub() },
        epoch: ++epoch,
        guests,
        elsewhere: around.elsewhere,
      })(baseline, listener)
    const carrier = carrierOf(spec, around)
    return new SessionLoop({
      root: spec.alpha.root,
      hosts: { alpha: spec.alpha.host, beta: spec.beta.host },
      open: { alpha, beta },
      store: around.openStore(`${spec.id}/${spec.beta.host}`),
      clock: around.clock,
      gate: openGate,
      digester: digest,
      paused: spec.paused,
      mode: spec.mode,
      signs: around.signs,
      random: Math.random,
      ...(carrier !== undefined && { carrier }),
    })
  }
}

function linkOf({ way, beta }: SessionSpec, around: SessionSurroundings, lines: Map<string, SharedLine>): OpenLink {
  if (way.kind === 'ssh') {
    const key = JSON.stringify(way)
    const line = lines.get(key) ?? new SharedLine(around.clock)
    lines.set(key, line)
    return sshLink({ ...around.ssh(), ...way, host: beta.host, mode: 'serve', line })
  }
  return pipeLink({
    command: around.agentCommand,
    environment: { ...around.environment, DSYNC_HOME: beta.kitHome, DSYNC_HOST: beta.host },
    clock: around.clock,
  })
}

function requestOf({ id, beta, bandwidth, ignore }: SessionSpec): RootRequest {
  const limit = bandwidth === undefined ? {} : { bandwidth: String(bandwidth) }
  const options = { watcher: beta.watcher, ignore: ignoreText(ignore), ...limit }
  return { root: id, path: beta.root, options }
}

/** Large files go by rsync where there is an ssh to run it over, unless all together must stay within a limit. */
function carrierOf({ way, alpha, beta, bandwidth }: SessionSpec, around: SessionSurroundings): Carrier | undefined {
  if (way.kind !== 'ssh' || bandwidth !== undefined) return undefined
  const { environment, clock } = around.ssh()
  return rsyncCarrier({
    ssh: way,
    root: beta.root,
    programThere: beta.rsync,
    environment,
    clock,
    pin: directory => pinned(alpha.root, directory, loadNative()),
  })
}

function rootOptions(spec: SessionSpec, around: SessionSurroundings) {
  const { root, host, kitHome, watcher }: Placement = spec.alpha
  return {
    root,
    work: join(kitHome, 'work', spec.id),
    host,
    watcher: wantedWatcher(watcher),
    ignore: spec.ignore,
    clock: around.clock,
    startWorker: around.startWorker,
  }
}
