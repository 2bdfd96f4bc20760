import type { KitHome } from '../lib/daemon/kit-home.ts'
import { acquaintSession, forgetSession } from '../lib/sync/forget-session.ts'
import { openSqliteStore } from '../lib/sync/sqlite-store.ts'
import { startWorker } from './start-worker.ts'

/** Forgets what a session of a home has agreed on. @param session `ID/HOST` */
export function forgetAgreed(home: KitHome, session: string): Promise<void> {
  return forgetSession(openSqliteStore({ file: storeFile(home), session, startWorker }))
}

/** Has a session of a home begin anew with two roots that another hub kept in sync until now. @param session `ID/HOST` */
export function acquaint(home: KitHome, session: string): Promise<void> {
  return acquaintSession(openSqliteStore({ file: storeFile(home), session, startWorker }))
}

/** Where the sessions of a home write down what they agree on. */
export function storeFile(home: KitHome): string {
  return `${home.state}/dsync.db`
}
