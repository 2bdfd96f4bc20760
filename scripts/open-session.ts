import { networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../lib/replica/system-clock.ts'
import { clockSigns } from '../lib/sync/clock-signs.ts'
import { sessionOpener } from '../lib/sync/open-session.ts'
import type { OpenSession } from '../lib/sync/session-handle.ts'
import { openSqliteStore } from '../lib/sync/sqlite-store.ts'
import { meetHub, readHub } from '../lib/daemon/hub-record.ts'
import { noteRival } from '../lib/daemon/rival-hub.ts'
import { codeOf } from '../lib/core/errors.ts'
import type { HubClaim } from '../lib/core/hub.ts'
import { detach } from '../lib/ports/detached.ts'
import { sshSockets } from '../lib/daemon/control-socket-path.ts'
import { storeFile } from './forget-session.ts'
import { startWords } from './start-words.ts'
import { processFacts } from './surroundings.ts'
import { sshSurroundings } from './reach-host.ts'
import { startWorker } from './start-worker.ts'

const fromSource = import.meta.url.endsWith('.ts')
const agentFile = fileURLToPath(new URL(fromSource ? './agent.ts' : './agent.cjs', import.meta.url))

const facts = processFacts()

/** Where this machine can be reached, as far as others can. */
function addresses(): string {
  const all = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).filter(({ internal }) => !internal).map(({ address }) => `${name} ${address}`),
  )
  return all.toSorted().join('\n')
}

/** What cannot be recorded now is heard again with the next attempt to reach that host. */
async function hear(stands: HubClaim): Promise<void> {
  try {
    noteRival(facts.home, await meetHub(facts, stands), stands)
  } catch (error) {
    if (codeOf(error) === undefined) throw error
  }
}

/** Opens a session with the real engine: one replica here, an agent as a child process for the other side. */
export const openSession: OpenSession = sessionOpener({
  clock: systemClock,
  startWorker,
  agentCommand: [process.execPath, ...startWords, agentFile],
  environment: process.env,
  ssh: () => sshSurroundings(sshSockets(facts.home, facts.socketParents)),
  signs: clockSigns({ clock: systemClock, addresses }),
  hub: () => readHub(facts.home),
  elsewhere: stands => detach(hear(stands), systemClock),
  openStore: session => openSqliteStore({ file: storeFile(facts.home), session, startWorker }),
})
