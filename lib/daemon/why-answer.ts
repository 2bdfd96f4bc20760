import { codeOf } from '../core/errors.ts'
import type { IgnoreReason } from '../core/ignore-rules.ts'
import type { Answer, Exemption } from '../core/messages.ts'
import type { Side } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import { selectionOf } from './parameters.ts'
import type { Selected } from './selection.ts'
import { select } from './selection.ts'
import type { SessionList } from './sessions.ts'
import type { PathWhy, Verbs } from './verbs.ts'

/** What is known of one path in every session whose root holds it; none when it lies in no root. Throws why a root that holds it is not open. */
export async function answerWhy(sessions: SessionList, parameters: unknown): Promise<Verbs['why']['result']> {
  const all = [...sessions.opened(), ...sessions.failed()]
  const roots = [...new Set(all.map(({ spec }) => spec.alpha.root))].toSorted()
  let selected: Selected[] = []
  try {
    selected = select(sessions, selectionOf(parameters))
  } catch (error) {
    // It lies in no root, which is an answer.
    if (codeOf(error) !== 'USAGE') throw error
  }
  return { why: await Promise.all(selected.map(whyOf)), roots }
}

async function whyOf(selected: Selected): Promise<PathWhy> {
  const { path, session } = selected
  const { handle, spec } = session
  const { state, since, why, lastSyncAt, holds } = handle.status()
  const about = handle.about(path)
  const [alpha, beta] = await Promise.all([stands(selected, 'alpha'), stands(selected, 'beta')])
  const [here, there] = await Promise.all([rule(selected, 'alpha'), rule(selected, 'beta')])
  return {
    root: handle.root,
    host: handle.host,
    path,
    hosts: { alpha: spec.alpha.host, beta: spec.beta.host },
    state,
    since,
    ...(why !== undefined && { reason: why }),
    ...(lastSyncAt !== undefined && { lastSyncAt }),
    holds,
    ignoredBy: {
      ...(here?.reason !== undefined && { alpha: here.reason }),
      ...(there?.reason !== undefined && { beta: there.reason }),
    },
    exemptFrom: {
      ...(here?.exemption !== undefined && { alpha: shown(here.exemption) }),
      ...(there?.exemption !== undefined && { beta: shown(there.exemption) }),
    },
    stands: { ...(alpha !== undefined && { alpha }), ...(beta !== undefined && { beta }) },
    ...(about !== undefined && { about }),
  }
}

/** Whether something stands at the path on that side's disk; undefined when the side does not say. */
async function stands({ session, path }: Selected, side: Side): Promise<boolean | undefined> {
  if (path === '') return undefined
  const answer = await session.handle.ask(side, { about: 'time', path })
  if (answer.about === 'time') return answer.mtimeMs !== undefined
  return answer.about === 'error' && (answer.code === 'ENOENT' || answer.code === 'ENOTDIR') ? false : undefined
}

/** What that side's rules say of the path; undefined when it does not say. */
async function rule({ session, path }: Selected, side: Side): Promise<(Answer & { about: 'rule' }) | undefined> {
  if (path === '') return undefined
  const answer = await session.handle.ask(side, { about: 'rule', path })
  return answer.about === 'rule' ? answer : undefined
}

function shown({ rule: wouldBe, repository }: Exemption): { readonly rule: IgnoreReason; readonly repository?: Path } {
  return { rule: wouldBe, ...(repository !== undefined && { repository }) }
}
