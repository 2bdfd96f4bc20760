import type { KitHome } from '../lib/daemon/kit-home.ts'
import { forgetSession } from '../lib/sync/forget-session.ts'
import { openSqliteStore } from '../lib/sync/sqlite-store.ts'
import { startWorker } from './start-worker.ts'

/** Forgets what a session of a home has agreed on. @param session `ID/HOST` */
export function forgetAgreed(home: KitHome, session: string): Promise<void> {
  return forgetSession(openSqliteStore({ file: storeFile(home), session, startWorker }))
}

/** Where the sessions of a home write down what they agree on. */
export function storeFile(home: KitHome): string {
  return `${home.state}/dsync.db`
}
