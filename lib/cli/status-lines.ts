import type { SessionState } from '../sync/session-handle.ts'
import { problemNext, problemPlace } from '../daemon/config-problem.ts'
import type { DaemonStatus } from '../daemon/verbs.ts'
import type { Cell } from './aligned.ts'
import { aligned } from './aligned.ts'
import { escape } from './escape.ts'
import { followedLines, rivalWords } from './hub-lines.ts'
import { apartNext, haltNext, holdNext } from './hold-next.ts'
import type { Colour, Paint } from './paint.ts'
import { placeText, placeWord } from './places.ts'
import { agoText, bytesText, countText, durationText, inText, latencyText } from './quantities.ts'
import { codeNext, codeText } from './system-words.ts'
import { untakenText } from './untaken-text.ts'

export interface StatusView {
  readonly paint: Paint
  readonly userHome: string
  /** This host's clock (ms since 1970); default: as it is. */
  readonly clock?: number
}

type SessionLine = DaemonStatus['sessions'][number]

const stateColours: Readonly<Record<SessionState, Colour>> = {
  connecting: 'yellow',
  scanning: 'yellow',
  'first-sync': 'yellow',
  syncing: 'yellow',
  watching: 'green',
  paused: 'yellow',
  halted: 'red',
  disconnected: 'red',
}

/** How many things of one kind are named before the rest is counted. */
const namedItems = 3

/** The status of a daemon on one screen: what runs, then what waits for a person with the command to run next. */
export function statusLines(status: DaemonStatus, view: StatusView): string[] {
  const { paint } = view
  const up = durationText(status.now - status.since)
  const by = status.supervisor === undefined ? 'started by hand' : `kept up by ${status.supervisor}`
  const runs = status.pid === 0 ? 'no daemon runs here (dsync start)' : `up ${up}, process ${status.pid}, ${by}`
  const head = `${paint.bold('dsync')} on ${escape(status.hub?.here ?? status.host)}, ${runs}`
  return [
    head,
    ...followedLines(status, paint, view.clock ?? Date.now()),
    '',
    ...sessionLines(status, view),
    ...waitingLines(status, view),
  ]
}

function sessionLines(status: DaemonStatus, { paint, userHome }: StatusView): string[] {
  if (status.sessions.length + status.failed.length === 0) {
    if (status.hub?.isHere === false) return ['  Nothing is known of its roots yet.']
    return ['  No root is in sync yet.  → dsync roots add DIR']
  }
  const heads = ['ROOT', 'HOST', 'STATE', 'LAST SYNC', 'QUEUE', 'MEDIAN / P99', 'ENTRIES']
  const rows: (readonly Cell[])[] = [heads.map(text => ({ text, paint: 'dim' as const }))]
  for (const session of status.sessions) {
    rows.push([
      placeText(userHome, session.root) + (session.mode === 'two-way' ? '' : ` (${session.mode})`),
      `${escape(session.host)} (${linkText(session)})`,
      { text: session.state, paint: stateColours[session.state] },
      agoText(session.lastSyncAt, status.now),
      queueText(session),
      session.latency === undefined
        ? '–'
        : `${latencyText(session.latency.medianMs)} / ${latencyText(session.latency.p99Ms)}`,
      session.entries.alpha === undefined ? '–' : session.entries.alpha.toLocaleString('en-US'),
    ])
  }
  for (const { root, host } of status.failed) {
    rows.push([placeText(userHome, root), escape(host), { text: 'not open', paint: 'red' }])
  }
  return aligned(rows, paint)
}

function linkText({ transport, roundTripMs }: SessionLine): string {
  return roundTripMs === undefined ? transport : `${transport}, ${latencyText(roundTripMs)}`
}

function queueText({ queued, inFlight, bytesQueued }: SessionLine): string {
  const paths = queued + inFlight
  if (paths === 0) return '–'
  return bytesQueued > 0 ? `${paths.toLocaleString('en-US')}, ${bytesText(bytesQueued)}` : paths.toLocaleString('en-US')
}

/** One thing that waits: how many, what, and the command to run. */
interface Waiting {
  readonly colour: Colour
  readonly count: string
  readonly what: string
  readonly next: string
}

function waitingLines(status: DaemonStatus, { paint, userHome }: StatusView): string[] {
  const waiting = [
    ...rivalWaiting(status),
    ...status.config.map((problem): Waiting => {
      return {
        colour: 'red',
        count: 'settings',
        what: escape(`${problem.message} (${problemPlace(problem)})`),
        next: escape(problemNext(problem)),
      }
    }),
    ...status.failed.map(({ root, host, why, hint }): Waiting => {
      return {
        colour: 'red',
        count: 'not open',
        what: `${placeText(userHome, root)} with ${escape(host)}: ${escape(why)}`,
        next: escape(hint ?? 'dsync logs'),
      }
    }),
    ...status.sessions.flatMap(session => waitingOf(session, userHome, status)),
  ]
  const [crash] = status.crashes
  if (crash !== undefined) {
    const first = crash.why.split('\n')[0] ?? ''
    const file = placeWord(userHome, crash.file)
    waiting.push({
      colour: 'red',
      count: status.crashes.length === 1 ? 'crashed' : `crashed ${status.crashes.length} times`,
      what: `${agoText(crash.at, status.now)}: ${escape(first)}`,
      next: `cat ${file}  (rm it once read; dsync restart forgets it too)`,
    })
  }
  if (status.logDropped > 0) {
    waiting.push({
      colour: 'yellow',
      count: 'log',
      what: `${countText(status.logDropped, 'line')} could not be written`,
      next: 'make room on the disk',
    })
  }
  if (waiting.length === 0)
    return status.sessions.length === 0 ? [] : ['', `  ${paint.green('Nothing waits for you.')}`]
  const rows = waiting.map(({ colour, count, what, next }): Cell[] => [
    { text: count, paint: colour },
    what,
    next === '' ? '' : `→ ${next}`,
  ])
  return ['', ...aligned(rows, paint)]
}

/** Said once: what each session has to say of it is the same. */
function rivalWaiting({ hub }: DaemonStatus): Waiting[] {
  return hub?.rival === undefined ? [] : [{ colour: 'red', count: 'two hubs', ...rivalWords(hub.rival) }]
}

function waitingOf(session: SessionLine, userHome: string, { now, hub }: DaemonStatus): Waiting[] {
  const { root, host, state, code, why, retryAt, conflicts, problems, holds, notices, untaken, mode } = session
  // Who drives it is away: nothing can be done about that here.
  const isAway = hub?.state === 'away'
  const place = placeText(userHome, root)
  const word = placeWord(userHome, root)
  const waiting: Waiting[] = []
  for (const hold of holds) {
    const paths = hold.paths.total === 0 ? '' : ` (${countText(hold.paths.total, 'path')})`
    waiting.push({
      colour: 'red',
      count: 'held',
      what: `${place} with ${escape(host)}: ${escape(hold.why)}${paths}`,
      next: holdNext([hold], word),
    })
  }
  const isRival = code === 'OTHER_HUB' && hub?.rival !== undefined
  if ((state === 'halted' || state === 'disconnected' || why !== undefined) && holds.length === 0 && !isRival) {
    const again = retryAt === undefined ? '' : `; tried again ${inText(retryAt, now)}`
    waiting.push({
      colour: 'red',
      count: state,
      what: `${place} with ${escape(host)}: ${escape(why ?? 'no reason is known')}${again}`,
      next: isAway ? '' : state === 'disconnected' ? apartNext(code, escape(host)) : haltNext(code, word),
    })
  }
  if (state === 'paused')
    waiting.push({
      colour: 'yellow',
      count: 'paused',
      what: `${place} with ${escape(host)}`,
      next: `dsync resume ${word}`,
    })
  if (conflicts > 0)
    waiting.push({
      colour: 'red',
      count: countText(conflicts, 'conflict'),
      what: `${place} with ${escape(host)}`,
      next: `dsync conflicts ${word}`,
    })
  if (untaken.total > 0)
    waiting.push({
      colour: 'yellow',
      count: 'not taken',
      what: `${place}: ${untakenText(untaken.total, mode === 'send' ? host : '')}`,
      next: `${mode === 'send' ? 'dsync push' : 'dsync pull'} ${word}`,
    })
  for (const { path, side, why: reason } of problems.first.slice(0, namedItems)) {
    const where = side === 'beta' ? ` on ${escape(host)}` : ''
    waiting.push({
      colour: 'yellow',
      count: 'problem',
      what: `${placeText(userHome, root, path)}${where}: ${escape(codeText(reason))}`,
      next: codeNext(reason) ?? '',
    })
  }
  const unnamed = problems.total - Math.min(problems.first.length, namedItems)
  if (unnamed > 0)
    waiting.push({
      colour: 'yellow',
      count: countText(unnamed, 'more problem'),
      what: place,
      next: 'dsync status --json',
    })
  const recovered = notices.first.filter(({ kind }) => kind === 'recovered')
  for (const { path, side, why: reason = '', trash = '' } of recovered.slice(0, namedItems)) {
    const where = side === 'beta' ? ` on ${escape(host)}` : ''
    waiting.push({
      colour: 'yellow',
      count: 'recovered',
      what: `${placeText(userHome, root, path)}${where}: ${escape(reason)}`,
      next: `dsync undo ${escape(trash)}`,
    })
  }
  const rules = notices.first.filter(({ kind }) => kind === 'rules')
  for (const { path, why: reason = '' } of rules.slice(-namedItems)) {
    const what = `${placeText(userHome, root, path)}: ${escape(reason)}`
    waiting.push({ colour: 'dim', count: 'ignore rules', what, next: 'dsync logs' })
  }
  const others = notices.total - Math.min(recovered.length, namedItems) - Math.min(rules.length, namedItems)
  if (others > 0) waiting.push({ colour: 'dim', count: countText(others, 'notice'), what: place, next: 'dsync logs' })
  return waiting
}
