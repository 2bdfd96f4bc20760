import type { PlaceToLookAt, Survey } from '../remote/survey.ts'
import { takeSurvey } from '../remote/take-survey.ts'
import { systemClock } from '../replica/system-clock.ts'
import { surveyOrderOf } from './parameters.ts'
import { lookAtPlace } from './root-place.ts'

/** Directories to look at. */
export interface SurveyParameters {
  readonly places: readonly PlaceToLookAt[]
}

/** A program that runs dsync, and its version as in `24.21.0`. */
export interface RunningRuntime {
  readonly kind: 'node' | 'deno'
  readonly path: string
  readonly version: string
  /** Something is at that path still: an upgrade may have taken it away. */
  readonly exists: boolean
}

/** What a daemon finds in its own surroundings, which may be a service's. */
export interface DaemonContext {
  readonly survey: Survey
  readonly runtime: RunningRuntime
}

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

/** What runs this process. */
export function runningRuntime(): RunningRuntime {
  const deno = process.versions['deno']
  const path = process.execPath
  return {
    kind: deno === undefined ? 'node' : 'deno',
    path,
    version: deno ?? process.versions.node,
    exists: lookAtPlace(path).kind !== 'missing',
  }
}
