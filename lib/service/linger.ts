import { SyncError } from '../core/errors.ts'
import { saidBy } from './run-tool.ts'
import type { RunTool } from './supervisor.ts'

/** Whether systemd keeps a person's services while nobody is logged in; `unknown` where it does not say. */
export type Linger = 'yes' | 'no' | 'unknown'

export async function lingerOf(user: string, run: RunTool): Promise<Linger> {
  const end = await run(['loginctl', 'show-user', '--property=Linger', user])
  const found = /^Linger=(yes|no)$/m.exec(end?.stdout ?? '')
  if (found?.[1] === 'yes' || found?.[1] === 'no') return found[1]
  // Somebody who is not logged in and does not linger is no user to logind at all.
  return end !== undefined && /not logged in or lingering/.test(end.stderr) ? 'no' : 'unknown'
}

/** Throws REFUSED with what logind says: not everywhere may a person do this for themselves. */
export async function setLinger(user: string, lingers: boolean, run: RunTool): Promise<void> {
  const word = lingers ? 'enable-linger' : 'disable-linger'
  const end = await run(['loginctl', word, user])
  if (end?.code === 0) return
  const why = end === undefined ? 'there is no loginctl here' : saidBy(end)
  throw new SyncError('REFUSED', `Cannot let services of yours run while you are logged out: ${why}`, {
    hint: `sudo loginctl ${word} ${user}`,
  })
}
