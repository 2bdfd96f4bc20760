import type { SessionStore } from '../ports/store.ts'

/**
 * Makes a session one that has never agreed on anything: its ancestor and its list of conflicts go, in one transaction.
 * Nobody else may have its store open. Closes it. Throws what the disk says when it cannot; then it remembers
 * at least what both disks are known to hold, as after a power cut.
 */
export async function forgetSession(store: SessionStore): Promise<void> {
  try {
    // No start of a system has these ids, so nothing is trusted for them either.
    await store.load({ alpha: '', beta: '' })
    store.clear()
    await store.settled()
  } finally {
    await store.close()
  }
}
