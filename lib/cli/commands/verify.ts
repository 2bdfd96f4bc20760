import type { PathDifference, RootVerified, VerifyProgress, VerifyState } from '../../daemon/verbs.ts'
import type { EntryInfo } from '../../sync/session-handle.ts'
import type { Cell } from '../aligned.ts'
import { aligned } from '../aligned.ts'
import type { Arguments } from '../command-spec.ts'
import { ask, selected } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import type { ExitCode } from '../exit-codes.ts'
import { exitCodes } from '../exit-codes.ts'
import { haltNext, holdNext } from '../hold-next.ts'
import type { Paint } from '../paint.ts'
import { placeText, placeWord } from '../places.ts'
import { bytesText, countText, durationText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import { versionText } from '../version-text.ts'

/** How much later than asked the daemon may answer before it counts as hanging (ms). */
const graceMs = 60_000

/** How many paths are named before the rest is counted. */
const namedItems = 20

/** Reads both sides anew and says where they differ. */
export async function verify(given: Arguments, around: Surroundings): Promise<Outcome> {
  const seconds = given.number('timeout')
  const timeoutMs = seconds === undefined ? undefined : seconds * 1000
  const begun = Date.now()
  const onEvent = (progress: VerifyProgress): void =>
    around.terminal.progress(progressText(progress, Date.now() - begun))
  const parameters = { ...selected(around, given), ...(timeoutMs === undefined ? {} : { timeoutMs }) }
  const waitMs = timeoutMs === undefined ? undefined : timeoutMs + graceMs
  const { roots } = await ask(around, 'verify', parameters, { onEvent, waitMs })
  return {
    exit: verifyExit(roots.map(({ state }) => state)),
    json: { verify: roots },
    lines: paint => roots.flatMap(root => rootLines(root, { paint, userHome: around.userHome })),
  }
}

const exits: Readonly<Record<VerifyState, ExitCode>> = {
  different: exitCodes.conflicts,
  disconnected: exitCodes.unreachable,
  timeout: exitCodes.timeout,
  halted: exitCodes.held,
  held: exitCodes.held,
  paused: exitCodes.paused,
  equal: exitCodes.ok,
}

/** One exit code for several roots: a difference counts most, then why something was not compared. */
function verifyExit(states: readonly VerifyState[]): ExitCode {
  const worst = (Object.keys(exits) as VerifyState[]).find(state => states.includes(state))
  return worst === undefined ? exitCodes.ok : exits[worst]
}

/** One line while it lasts: how much was read, how fast, and how long it will go on at that rate. */
export function progressText({ entries, bytes, expected }: VerifyProgress, elapsedMs: number): string {
  if (elapsedMs < 1000) return ''
  const total = Math.max(entries, expected)
  const rate = `${bytesText(bytes / (elapsedMs / 1000))}/s`
  const left = entries === 0 ? '' : `, ${durationText((elapsedMs / entries) * (total - entries))} to go`
  return `Verifying: ${entries.toLocaleString('en-US')} of ${countText(total, 'entry', 'entries')}, ${bytesText(bytes)}, ${rate}${left}`
}

interface View {
  readonly paint: Paint
  readonly userHome: string
}

function rootLines(verified: RootVerified, view: View): string[] {
  const { root, host, state, hosts, read, differing, standing } = verified
  const { paint, userHome } = view
  const place = `${placeText(userHome, root)} with ${escape(host)}`
  const word = placeWord(userHome, root)
  const bytes = bytesText(read.alpha.bytes + read.beta.bytes)
  const entries = (side: 'alpha' | 'beta'): string =>
    `${countText(read[side].entries, 'entry', 'entries')} on ${escape(hosts[side])}`
  const figures = `${entries('alpha')}, ${entries('beta')}, ${bytes} read`
  const why = verified.why === undefined ? '' : `: ${escape(verified.why)}`
  switch (state) {
    case 'equal':
      return [`${paint.green('equal')}  ${place}  ${paint.dim(figures)}`, ...standingLines(standing, root, view)]
    case 'different':
      return [
        `${paint.red(countText(differing.total, 'difference'))}  ${place}  ${paint.dim(figures)}`,
        ...differenceLines(verified, view),
        ...standingLines(standing, root, view),
        ...(verified.isCut ? ['  There are so many that not everything was read.'] : []),
        '  What a host is found to hold now counts as a change made there. What it replaces goes to the trash.',
        `  → dsync history ${word}`,
      ]
    case 'held':
      return [`${paint.red('held')}  ${place}${why}  → ${holdNext(verified.holds, word)}`]
    case 'halted': {
      const next = verified.holds.length > 0 ? holdNext(verified.holds, word) : haltNext(verified.code, word)
      return [`${paint.red('halted')}  ${place}${why}  → ${next}`]
    }
    case 'paused':
      return [`${paint.yellow('paused')}  ${place}  → dsync resume ${word}`]
    case 'disconnected':
      return [`${paint.red('disconnected')}  ${place}${why}  → dsync hosts check ${escape(host)}`]
    case 'timeout':
      return [`${paint.red('timed out')}  ${place}  ${paint.dim(figures)}  → dsync verify ${word} --timeout SECONDS`]
  }
}

const says: Readonly<Record<PathDifference['how'], string>> = {
  changed: 'changed without anybody noticing',
  missing: 'missing',
  new: 'new without anybody noticing',
  mode: 'different mode',
  unreadable: 'cannot be read',
  apart: 'not the same on both hosts',
}

function differenceLines({ root, hosts, differing }: RootVerified, { paint, userHome }: View): string[] {
  const rows = differing.first
    .slice(0, namedItems)
    .flatMap(({ path, how, on, sides }): Cell[][] => [
      [placeText(userHome, root, path), `${says[how]}${on.length === 0 ? '' : ` on ${on.map(escape).join(' and ')}`}`],
      ...(['alpha', 'beta'] as const).map(side => [`  ${escape(hosts[side])}`, sideText(sides[side])]),
    ])
  return [...aligned(rows, paint), ...moreLines(differing)]
}

function sideText(entry: EntryInfo): string {
  return entry.kind === 'absent' ? 'nothing' : versionText(entry)
}

function standingLines(standing: RootVerified['standing'], root: string, { paint, userHome }: View): string[] {
  const rows = standing.first.slice(0, namedItems).map(({ path, why, on }): Cell[] => {
    const where = on === undefined ? '' : ` on ${escape(on)}`
    return [placeText(userHome, root, path), { text: `not compared: ${escape(why)}${where}`, paint: 'yellow' }]
  })
  return [...aligned(rows, paint), ...moreLines(standing)]
}

function moreLines({ total, first }: { readonly total: number; readonly first: readonly unknown[] }): string[] {
  const unnamed = total - Math.min(first.length, namedItems)
  return unnamed > 0 ? [`  and ${unnamed.toLocaleString('en-US')} more`] : []
}
