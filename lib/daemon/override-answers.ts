import { SyncError } from '../core/errors.ts'
import { tellingProgress } from './barrier-answer.ts'
import type { Call } from './control-server.ts'
import { foreseeOf, overrideOf } from './parameters.ts'
import type { Selected } from './selection.ts'
import { selectWhole } from './selection.ts'
import type { SessionList } from './sessions.ts'
import type { ForeseeParameters, OverridePlace, RootForecast, RootOverridden } from './verbs.ts'

/** What `push` or `pull` would change in every root meant. Throws USAGE for a root on several hosts when none is named. */
export async function answerForesee(
  sessions: SessionList,
  parameters: unknown,
  call: Call,
): Promise<{ roots: readonly RootForecast[] }> {
  const { take, timeoutMs, ...selection } = foreseeOf(parameters)
  const selected = selectOne(sessions, { ...selection, take })
  return {
    roots: await Promise.all(
      selected.map(async each => {
        const { handle } = each.session
        const forecast = await handle.foresee({ ...orderOf(each, take), timeoutMs }, call.signal)
        return { ...placeOf(each, take), paused: handle.status().state === 'paused', ...forecast }
      }),
    ),
  }
}

/** Does what was foreseen, where it is still the same. */
export async function answerOverride(
  sessions: SessionList,
  parameters: unknown,
  call: Call,
): Promise<{ roots: readonly RootOverridden[] }> {
  const { take, timeoutMs, marks, ...selection } = overrideOf(parameters)
  const selected = selectOne(sessions, { ...selection, take })
  const markOf = ({ session: { handle } }: Selected): string | undefined =>
    marks.find(mark => mark.root === handle.root && mark.host === handle.host)?.mark
  const shown = selected.filter(each => markOf(each) !== undefined)
  const roots = await tellingProgress(shown, call, async (each): Promise<RootOverridden> => {
    const order = { ...orderOf(each, take), timeoutMs }
    return { ...placeOf(each, take), ...(await each.session.handle.override(order, markOf(each) ?? '', call.signal)) }
  })
  return { roots }
}

type Take = ForeseeParameters['take']

function selectOne(sessions: SessionList, { take, ...selection }: Omit<ForeseeParameters, 'timeoutMs'>): Selected[] {
  const selected = selectWhole(sessions, selection)
  const verb = take === 'mine' ? 'push' : 'pull'
  if (selected.length === 0)
    throw new SyncError('NOT_FOUND', `Cannot ${verb}: no root is set up`, { hint: 'dsync roots add DIR' })
  const hosts = new Map<string, string>()
  for (const { handle } of selected.map(({ session }) => session)) {
    const other = hosts.get(handle.root)
    if (other !== undefined) {
      throw new SyncError(
        'USAGE',
        `Cannot tell which host is meant: ${handle.root} is on ${other} and ${handle.host}`,
        {
          hint: `dsync ${verb} --on ${other}`,
        },
      )
    }
    hosts.set(handle.root, handle.host)
  }
  return selected
}

function orderOf({ path }: Selected, take: Take) {
  return { path, take: take === 'mine' ? ('alpha' as const) : ('beta' as const) }
}

function placeOf({ session: { handle, spec }, path }: Selected, take: Take): OverridePlace {
  const [here, there] = [spec.alpha.host, spec.beta.host]
  const [from, to] = take === 'mine' ? [here, there] : [there, here]
  return { root: handle.root, host: handle.host, path, from, to }
}
