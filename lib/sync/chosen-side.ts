import type { Answer, Question } from '../core/messages.ts'
import type { Side } from '../core/operation.ts'
import type { Path } from '../core/path.ts'
import type { Resolution, ResolveResult } from './session-handle.ts'

interface Asking {
  readonly ask: (side: Side, question: Question) => Promise<Answer>
  /** The other host's name. */
  readonly host: string
}

/** Which side's version ends a conflict, or why that cannot be said. For `both` the other side's is placed beside first. */
export async function chosenSide(path: Path, how: Resolution, { ask, host }: Asking): Promise<Side | ResolveResult> {
  if (how.take === 'alpha' || how.take === 'beta') return how.take
  if (how.take === 'both') {
    const answer = await ask('alpha', { about: 'place-copy', path, host })
    if (answer.about === 'place-copy' && answer.placed !== undefined) return 'alpha'
    const why = answer.about === 'error' ? answer.message : `no copy of the version on ${host} has arrived yet`
    return { state: 'failed', why }
  }
  const question: Question = { about: 'time', path }
  const [alpha, beta] = (await Promise.all([ask('alpha', question), ask('beta', question)])).map(timeOf)
  if (alpha === undefined || beta === undefined)
    return { state: 'failed', why: 'the times of both versions are not known' }
  return beta > alpha ? 'beta' : 'alpha'
}

function timeOf(answer: Answer): number | undefined {
  return answer.about === 'time' ? answer.mtimeMs : undefined
}
