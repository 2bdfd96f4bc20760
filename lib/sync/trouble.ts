import type { SyncError } from '../core/errors.ts'
import type { Both } from '../core/session/messages.ts'
import type { Connection } from './connection.ts'
import { headline } from './headline.ts'
import type { SessionState, Trouble } from './session-handle.ts'

/** What a loop without a session is doing. */
export function stateWithout({ alpha, beta }: Both<Connection>, storeError: SyncError | undefined): SessionState {
  if (alpha.isHalted || beta.isHalted || storeError !== undefined) return 'halted'
  if (alpha.hasFailed || beta.hasFailed) return 'disconnected'
  return alpha.isReady || beta.isReady ? 'scanning' : 'connecting'
}

/** What keeps the session from running, in one line; all of it is in the log. */
export function troubleOf({ alpha, beta }: Both<Connection>, storeError: SyncError | undefined): Trouble {
  const code = alpha.code ?? beta.code ?? storeError?.code
  const store = storeError && `Cannot keep the record of what was agreed on: ${storeError.message}`
  const why = [alpha.why, beta.why, store].filter(text => text !== undefined).map(headline)
  const retryAt = alpha.retryAt ?? beta.retryAt
  return {
    ...(code !== undefined && { code }),
    ...(why.length > 0 && { why: why.join('; ') }),
    ...(retryAt !== undefined && { retryAt }),
  }
}
