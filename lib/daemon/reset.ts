import { SyncError } from '../core/errors.ts'
import { requireConfig } from './config-reader.ts'
import type { KitHome } from './kit-home.ts'
import { ensureKitHome } from './kit-home.ts'
import { lockRefused, takeLock } from './lock.ts'
import { resetOf } from './parameters.ts'
import type { PauseRecord } from './pause-record.ts'
import { thisProcess } from './process-identity.ts'
import { pathIn, selectWhole } from './selection.ts'
import type { Here } from './session-specs.ts'
import { sessionName, sessionSpecs } from './session-specs.ts'
import type { Sessions } from './sessions.ts'
import { spellings } from './sessions.ts'
import type { ResetParameters, SessionName } from './verbs.ts'

/** Forgets, whole or not at all, what a session (`ID/HOST`) that is not open has agreed on. */
export type ForgetSession = (session: string) => Promise<void>

export interface ResetHands {
  readonly forget: ForgetSession
  readonly pauses: PauseRecord
  /** Runs something while nothing else opens or closes sessions. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>
}

/** Makes the sessions meant begin as new ones: what they agreed on is forgotten while they are closed. */
export async function answerReset(
  sessions: Sessions,
  parameters: unknown,
  { forget, pauses, inTurn }: ResetHands,
): Promise<{ roots: readonly SessionName[] }> {
  const { dryRun, ...selection } = resetOf(parameters)
  return await inTurn(async () => {
    const selected = selectWhole(sessions, selection).map(({ session }) => session)
    for (const session of dryRun === true ? [] : selected) {
      await sessions.renew(session, { forget, paused: pauses.names().has(session.name) })
    }
    return { roots: selected.map(({ handle: { root, host } }) => ({ root, host })) }
  })
}

/** As `answerReset`, where no daemon runs, and none starts meanwhile. Throws DAEMON_RUNNING when one has. */
export async function resetStopped(
  here: Here & { readonly forgetSession: (home: KitHome, session: string) => Promise<void> },
  { dryRun, paths = [], host }: ResetParameters,
): Promise<{ roots: readonly SessionName[] }> {
  const { home } = here
  ensureKitHome(home)
  const lock = takeLock(home.run, 'daemon', thisProcess(here.host))
  if (!lock.taken) throw lockRefused(lock)
  try {
    const { specs } = sessionSpecs(requireConfig(home), here, new Set())
    const on = specs.filter(spec => host === undefined || spec.beta.host === host)
    const meant = on.filter(({ alpha }) => paths.length === 0 || pathIn(spellings(alpha.root), paths) !== undefined)
    if (meant.length === 0 && (paths.length > 0 || host !== undefined)) {
      const what = paths[0] ?? `the host ${JSON.stringify(host)}`
      throw new SyncError('USAGE', `Cannot find a root for ${what}`, { hint: 'dsync roots list' })
    }
    for (const { id, beta } of dryRun === true ? [] : meant) {
      await here.forgetSession(home, sessionName(id, beta.host))
    }
    return { roots: meant.map(({ alpha, beta }) => ({ root: alpha.root, host: beta.host })) }
  } finally {
    lock.release()
  }
}
