import type { OpenReplica } from '../ports/replica.ts'
import type { LocalReplica } from './local-replica.ts'

/** Opens the replica when the first session attaches, and closes it when the last one leaves. */
export function shareReplica(open: () => LocalReplica): OpenReplica {
  let shared: LocalReplica | undefined
  return (baseline, listener) => {
    const replica = (shared ??= open())
    const attachment = replica.attach(baseline, listener)
    return {
      send: command => attachment.send(command),
      close: async () => {
        await attachment.close()
        if (shared === replica && replica.isClosed) shared = undefined
      },
    }
  }
}
