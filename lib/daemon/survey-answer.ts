import { takeSurvey } from '../remote/take-survey.ts'
import { systemClock } from '../replica/system-clock.ts'
import { surveyOrderOf } from './parameters.ts'
import { runningRuntime } from './running-runtime.ts'
import type { DaemonContext } from './verbs.ts'

/** Looks this machine over as a program that the daemon starts finds it. */
export async function answerSurvey(
  parameters: unknown,
  around: {
    readonly environment: Readonly<Record<string, string | undefined>>
    readonly home: { readonly directory: string }
    readonly signal: AbortSignal
  },
): Promise<DaemonContext> {
  const { places } = surveyOrderOf(parameters)
  const environment = { ...around.environment, DSYNC_HOME: around.home.directory }
  const survey = await takeSurvey({ environment, clock: systemClock, places, signal: around.signal })
  return { survey, runtime: runningRuntime() }
}
