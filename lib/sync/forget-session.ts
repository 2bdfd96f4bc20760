import { emptyTree } from '../core/tree.ts'
import type { SessionStore } from '../ports/store.ts'

/**
 * Makes a session one that has never agreed on anything: its ancestor and its list of conflicts go, in one transaction.
 * Nobody else may have its store open. Closes it. Throws what the disk says when it cannot; then it remembers
 * at least what both disks are known to hold, as after a power cut.
 */
export function forgetSession(store: SessionStore): Promise<void> {
  return rewrite(store, () => store.clear())
}

/**
 * As `forgetSession`, for two sides that synced until now by another hub: they agree that there is a root and on nothing
 * in it. What only one holds comes to the other, what differs is a conflict, and nothing is deleted.
 */
export function acquaintSession(store: SessionStore): Promise<void> {
  return rewrite(store, () => {
    store.clear()
    store.append([{ path: '', entry: emptyTree }])
    store.fold(store.mark())
  })
}

async function rewrite(store: SessionStore, change: () => void): Promise<void> {
  try {
    // No start of a system has these ids, so nothing is trusted for them either.
    await store.load({ alpha: '', beta: '' })
    change()
    await store.settled()
  } finally {
    await store.close()
  }
}
