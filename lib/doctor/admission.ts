import { SyncError } from '../core/errors.ts'
import type { Config } from '../daemon/config.ts'
import { wayTo } from '../daemon/other-host.ts'
import type { Survey } from '../remote/survey.ts'
import type { Check } from './check.ts'
import type { TakeSurvey } from './examination.ts'
import { admissionChecks } from './host-checks.ts'

/** What was found on a machine that is to be a host, or is one. */
export interface Admission {
  readonly survey: Survey
  /** What is not as it should be, the worst first. */
  readonly checks: readonly Check[]
}

/** Looks over a host that is reached by ssh; undefined for one that is not. Throws what keeps it from being reached. */
export async function lookOver(
  { config, userHome }: { readonly config: Config; readonly userHome: string },
  name: string,
  takeSurvey: TakeSurvey,
): Promise<Admission | undefined> {
  const way = wayTo(config, name, userHome)
  if (way?.kind !== 'ssh') return undefined
  const survey = await takeSurvey({ way, places: [] })
  const checks = admissionChecks(survey).filter(({ result }) => result !== 'ok')
  const worst = ['failed', 'warning', 'note']
  return { survey, checks: checks.toSorted((a, b) => worst.indexOf(a.result) - worst.indexOf(b.result)) }
}

/** Throws REFUSED for what stands in the way of a host: the first thing, with what mends it. */
export function refuseUnfit(name: string, { checks }: Admission): void {
  const wrong = checks.find(({ result }) => result === 'failed')
  if (wrong === undefined) return
  throw new SyncError('REFUSED', `Cannot use ${name} as a host: ${wrong.check}: ${wrong.meaning}`, {
    verdict: 'usage',
    ...(wrong.fix !== undefined && { hint: wrong.fix }),
  })
}

/** Absolute paths of the programs there, by name. */
export function programPaths({ programs }: Survey): Record<string, string> {
  return Object.fromEntries(Object.entries(programs).map(([name, { path }]) => [name, path]))
}
