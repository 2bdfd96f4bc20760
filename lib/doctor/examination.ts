import { SyncError } from '../core/errors.ts'
import type { Config } from '../daemon/config.ts'
import { noConfig } from '../daemon/config.ts'
import { readConfig } from '../daemon/config-reader.ts'
import { sshSocketsPlace } from '../daemon/control-socket-path.ts'
import { readEnvFile } from '../daemon/env-file.ts'
import { hostRow } from '../daemon/host-registration.ts'
import { expandHome } from '../daemon/host-paths.ts'
import { placesOn, wayTo } from '../daemon/other-host.ts'
import { servedRoots } from '../daemon/served-roots.ts'
import type { Here } from '../daemon/session-specs.ts'
import { findRoot, placeOn, rootKey } from '../daemon/session-specs.ts'
import type { RunningRuntime } from '../daemon/running-runtime.ts'
import type { ConfigProblem, DaemonContext, DaemonStatus } from '../daemon/verbs.ts'
import type { PlaceToLookAt, Survey } from '../remote/survey.ts'
import type { Way } from '../sync/session-spec.ts'
import type { Check } from './check.ts'
import { failed } from './check.ts'
import { contextChecks } from './context-checks.ts'
import { daemonChecks, daemonDownCheck } from './daemon-checks.ts'
import type { SurveyedRoot } from './disk-checks.ts'
import { directoryChecks, hereChecks, otherChecks } from './host-checks.ts'
import type { FoundService } from './service-checks.ts'
import { serviceChecks } from './service-checks.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Looks a machine over: this one in some environment, or one that is reached by ssh. Throws what keeps it from that. */
export type TakeSurvey = (order: {
  readonly way?: Extract<Way, { readonly kind: 'ssh' }>
  readonly environment?: Environment
  readonly places: readonly PlaceToLookAt[]
}) => Promise<Survey>

/** What an examination is made with. */
export interface Examiner extends Here {
  readonly version: string
  readonly environment: Environment
  /** See `sshSockets`. */
  readonly socketParents: readonly string[]
  readonly runtime: RunningRuntime
  readonly takeSurvey: TakeSurvey
  /** Each throws DAEMON_DOWN when none runs. */
  readonly daemon: {
    readonly status: () => Promise<DaemonStatus>
    readonly survey: (places: readonly PlaceToLookAt[]) => Promise<DaemonContext>
  }
  /** What is known of the service of this home; undefined when none is installed. */
  readonly service: () => Promise<FoundService | undefined>
}

/** One place that was examined, with what was found there. */
export interface Examined {
  readonly host: string
  /** `here` and `daemon` are this machine as a person's shell and as the daemon find it. */
  readonly place: 'here' | 'daemon' | 'other'
  readonly isReached: boolean
  readonly checks: readonly Check[]
}

/** What is to be examined: all, only this host with its daemon, or only another. */
export type Scope = { readonly host?: string; readonly isHereOnly?: boolean }

/** Examines hosts, side by side. One that is not reached is told, and the others are examined. Throws USAGE for a name that no host has. */
export async function examine(examiner: Examiner, scope: Scope): Promise<Examined[]> {
  const { config = noConfig, problems } = readConfig(examiner.home)
  const names = scope.isHereOnly === true ? [] : Object.keys(config.hosts)
  const wanted = scope.host === undefined ? names : [hostRow(config, scope.host, examiner).name]
  const daemon = await askedDaemon(examiner)
  const others = wanted.map(name => examineOther({ examiner, config, daemon }, name))
  const here = scope.host === undefined ? [examineHere({ examiner, config, daemon }, problems)] : []
  return (await Promise.all([...here, ...others])).flat()
}

/** The daemon's answer, or why there is none. */
type AskedDaemon = { readonly status: DaemonStatus } | { readonly error: SyncError }

interface Case {
  readonly examiner: Examiner
  readonly config: Config
  readonly daemon: AskedDaemon
}

async function askedDaemon({ daemon }: Examiner): Promise<AskedDaemon> {
  try {
    return { status: await daemon.status() }
  } catch (error) {
    if (!(error instanceof SyncError) || error.code === 'INTERRUPTED') throw error
    return { error }
  }
}

async function examineHere(of: Case, problems: readonly ConfigProblem[]): Promise<Examined[]> {
  const { examiner, config, daemon } = of
  const { host: name } = examiner
  const { roots, problems: listed } = rootsHere(of)
  const places = roots.map(({ place, path }) => ({ name: place, path }))
  const [survey, context, service] = await Promise.all([
    reached(() => examiner.takeSurvey({ places })),
    'status' in daemon && daemon.status.pid !== 0 ? reached(() => examiner.daemon.survey([])) : undefined,
    examiner.service(),
  ])
  const host = config.name ?? name
  if ('check' in survey) return [{ host, place: 'here', isReached: false, checks: [survey.check] }]
  const checks = hereChecks(survey.found, {
    roots,
    isWatching: isWatching(daemon, undefined),
    needsSsh: Object.values(config.hosts).some(({ ssh }) => ssh !== undefined),
    sockets: sshSocketsPlace(examiner.home, examiner.socketParents),
    runtime: examiner.runtime,
    version: examiner.version,
  })
  const settings = problems.map(({ message, hint }) => failed('settings', message, hint ?? 'dsync config check'))
  // On a host that follows, the hub keeps the roots the same, whatever starts here.
  const follows = 'status' in daemon && daemon.status.hub?.state !== undefined
  const ofDaemon = [...serviceChecks(service, roots.length > 0 && !follows), ...daemonRows(of, survey.found, context)]
  return [
    { host, place: 'here', isReached: true, checks: [...checks, ...listed, ...settings] },
    {
      host,
      place: 'daemon',
      isReached: true,
      checks: ofDaemon.filter(row => !settings.some(({ meaning }) => meaning === row.meaning)),
    },
  ]
}

/** The roots of this host: those of its settings, and those that it serves to the hub of another. */
function rootsHere({ examiner, config }: Case): {
  readonly roots: readonly (SurveyedRoot & { readonly path: string })[]
  readonly problems: readonly Check[]
} {
  const { home, userHome } = examiner
  const own = config.paths.map(path => expandHome(path, userHome))
  const problems: Check[] = []
  let served: readonly string[] = []
  try {
    served = servedRoots(home).map(({ path }) => path)
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    problems.push(failed('served roots', error.message, error.hint))
  }
  const paths = [...new Set([...own, ...served])]
  return { roots: paths.map((path, i) => ({ place: `root.${i}`, shown: rootKey(path, userHome), path })), problems }
}

function daemonRows(
  { examiner, config, daemon }: Case,
  here: Survey,
  context: Reached<DaemonContext> | undefined,
): Check[] {
  if ('error' in daemon) {
    const { code, message, hint } = daemon.error
    if (code === 'DAEMON_DOWN') return [daemonDownCheck(rootsHere({ examiner, config, daemon }).roots.length > 0)]
    return [failed('daemon', message, hint ?? 'dsync restart')]
  }
  const shown = (root: string): string => rootKey(root, examiner.userHome)
  const rows = daemonChecks(daemon.status, { version: examiner.version, here, shown })
  if (context === undefined) return rows
  if ('check' in context) return [...rows, { ...context.check, check: 'daemon: surroundings' }]
  const isLinked = daemon.status.sessions.every(
    ({ state, transport }) => transport !== 'ssh' || state !== 'disconnected',
  )
  const set = Object.keys(readEnvFile(examiner.home).values)
  return [...rows, ...contextChecks(context.found, { shell: here, isLinked, set })]
}

async function examineOther({ examiner, config, daemon }: Case, name: string): Promise<Examined[]> {
  const way = wayTo(config, name, examiner.userHome)
  if (way === undefined) return []
  const roots = rootsOn(config, name, way, examiner)
  const places = roots.map(({ place, path }) => ({ name: place, path }))
  const environment =
    way.kind === 'pipe' ? { ...examiner.environment, HOME: way.directory, DSYNC_HOME: undefined } : undefined
  const survey = await reached(() =>
    examiner.takeSurvey(way.kind === 'ssh' ? { way, places } : { ...(environment && { environment }), places }),
  )
  if ('check' in survey) return [{ host: name, place: 'other', isReached: false, checks: [survey.check] }]
  if (way.kind === 'pipe' && survey.found.places.some(({ name: of, exists }) => of === 'home' && !exists)) {
    const gone = failed('directory', `${way.directory} is not there`, 'mount it, or put it back')
    return [{ host: name, place: 'other', isReached: false, checks: [gone] }]
  }
  const about = { roots, isWatching: isWatching(daemon, name), version: examiner.version, host: name }
  const checks = way.kind === 'ssh' ? otherChecks(survey.found, about) : directoryChecks(survey.found, roots)
  return [{ host: name, place: 'other', isReached: true, checks }]
}

/** The roots on a host, where they lie there. One whose place is not known yet is left out. */
function rootsOn(config: Config, host: string, way: Way, here: Here): (SurveyedRoot & { readonly path: string })[] {
  const otherHome = placesOn(way, host, here.home)?.userHome ?? '~'
  return config.paths.flatMap((line, i) => {
    const root = findRoot(config, line, here.userHome)?.root
    if (root === undefined || !root.on.includes(host)) return []
    const path = placeOn(expandHome(line, here.userHome), root, { host, otherHome, userHome: here.userHome })
    return path === undefined ? [] : [{ place: `root.${i}`, shown: rootKey(line, here.userHome), path }]
  })
}

/** Whether the roots are watched by now. @param host there; undefined: here */
function isWatching(daemon: AskedDaemon, host: string | undefined): boolean {
  if (!('status' in daemon)) return false
  return daemon.status.sessions.some(
    session =>
      (host === undefined || session.host === host) &&
      session.entries[host === undefined ? 'alpha' : 'beta'] !== undefined,
  )
}

type Reached<T> = { readonly found: T } | { readonly check: Check }

/** What came of reaching something, or the row that says why it was not reached. */
async function reached<T>(reach: () => Promise<T>): Promise<Reached<T>> {
  try {
    return { found: await reach() }
  } catch (error) {
    if (!(error instanceof SyncError) || error.code === 'INTERRUPTED') throw error
    return { check: failed('login', error.message, error.hint) }
  }
}
