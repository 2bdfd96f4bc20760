import type { Log } from '../ports/log.ts'
import { cleanOf } from './parameters.ts'
import { select } from './selection.ts'
import type { SessionList } from './sessions.ts'
import type { CleanedTrash, Unreachable, Verbs } from './verbs.ts'

/** Has every trash meant let go of what it need not keep, or only say what that is. SessionList that share a replica share its trash. */
export async function answerClean(
  sessions: SessionList,
  parameters: unknown,
  log: Log,
): Promise<Verbs['clean']['result']> {
  const { host, dryRun = false, ...selection } = cleanOf(parameters)
  const cleaned = new Map<string, CleanedTrash>()
  const unreachable = new Map<string, Unreachable>()
  for (const { session } of select(sessions, selection)) {
    for (const side of ['alpha', 'beta'] as const) {
      const { root } = session.handle
      const on = session.spec[side].host
      const key = `${root}\0${on}`
      if ((host !== undefined && host !== on) || cleaned.has(key)) continue
      const answer = await session.handle.ask(side, { about: 'clean', isTrial: dryRun })
      if (answer.about === 'error') unreachable.set(on, { host: on, why: answer.message })
      if (answer.about !== 'clean') continue
      const { items, bytes, bytesLeft } = answer
      cleaned.set(key, { root, host: on, items, bytes, bytesLeft })
      if (dryRun || items === 0) continue
      log({ at: Date.now(), level: 'info', event: 'trash-cleaned', root, host: on, items, bytes })
    }
  }
  return { cleaned: [...cleaned.values()], unreachable: [...unreachable.values()] }
}
