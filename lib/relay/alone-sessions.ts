import type { Answer, Question } from '../core/messages.ts'
import type { ConflictSession } from '../daemon/conflict-answers.ts'
import type { ServedRoot } from '../daemon/served-roots.ts'
import type { SessionList } from '../daemon/sessions.ts'
import type { TrashSession } from '../daemon/trash-answers.ts'
import type { OwnQuestion } from '../protocol/guest-line.ts'
import type { ConflictInfo } from '../sync/session-handle.ts'
import type { Told } from './told-record.ts'

/** A root of this host that a hub elsewhere drives, with what is known of it. */
export interface FollowedRoot extends ServedRoot {
  readonly told: Told | undefined
  /** The root as typed, and with links followed: people stand in either. */
  readonly roots: readonly string[]
}

interface Alone {
  readonly here: string
  readonly hub: string
  /** Why the hub does not answer. */
  readonly away: string
  readonly ask: (root: FollowedRoot, question: OwnQuestion) => Promise<Answer>
}

/** What stands for the sessions of roots whose hub is away: this host answers, the other end does not. */
export function aloneSessions(
  roots: readonly FollowedRoot[],
  { here, hub, away, ask }: Alone,
): SessionList<TrashSession & ConflictSession> {
  const opened = roots.map(root => ({
    name: root.id,
    roots: root.roots,
    spec: { alpha: { host: here }, beta: { host: hub } },
    handle: {
      root: root.path,
      host: hub,
      conflicts: (): readonly ConflictInfo[] =>
        (root.told?.news.conflicts ?? []).map(conflict => ({ ...conflict, root: root.path })),
      ask: async (side: 'alpha' | 'beta', question: Question): Promise<Answer> => {
        if (side === 'alpha' && (question.about === 'trash' || question.about === 'restore'))
          return await ask(root, question)
        return { about: 'error', code: 'TRANSPORT_LOST', message: away }
      },
    },
  }))
  return { opened: () => opened, failed: () => [] }
}
