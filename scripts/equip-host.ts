import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EquipHost } from '../lib/cli/surroundings.ts'
import { ensureKitHome } from '../lib/daemon/kit-home.ts'
import { HostEquipment } from '../lib/kit/equip-host.ts'
import { kitLayout } from '../lib/kit/layout.ts'
import { releaseOf } from '../lib/kit/release.ts'
import { takeSurvey } from '../lib/remote/take-survey.ts'
import { sshLink } from '../lib/remote/ssh-link.ts'
import { systemClock } from '../lib/replica/system-clock.ts'
import { sshSockets } from '../lib/daemon/control-socket-path.ts'
import { sshSurroundings } from './reach-host.ts'
import { processFacts } from './surroundings.ts'

/** This checkout, or this release: what lies above `scripts/` or `dist/`. */
const folder = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

/** Equips other hosts with what this one has. */
export const equipHost: EquipHost = (host, { wantsKit, wantsShell = false, survey, isOffline, signal, tell }) => {
  const facts = processFacts()
  ensureKitHome(facts.home)
  const around = sshSurroundings(sshSockets(facts.home, facts.socketParents))
  const { program, target, configFile } = host
  const ssh = { program, target, configFile, sockets: around.sockets }
  const reach = { ssh, environment: process.env, clock: systemClock, signal }
  return new HostEquipment({
    host: host.name,
    reach,
    survey: () => (survey === undefined ? takeSurvey(reach) : Promise.resolve(survey)),
    openAgent: sshLink({ ...around, ...host, host: host.name, mode: 'receive' }),
    fetching: {
      runtimes: kitLayout(facts.home.directory).runtimes,
      modules: [join(folder, 'node_modules')],
      ...{ npm: 'npm', environment: process.env, temporary: tmpdir(), isOffline, signal },
    },
    kit: wantsKit ? { folder, releaseFor: platform => releaseOf(folder, platform) } : undefined,
    wantsShell,
    tell,
    signal,
  })
}
