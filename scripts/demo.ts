/**
 * Shows what dsync does, on real files: two directories of this machine and the real daemon, all of it in one temporary
 * folder that is gone at the end. Exits with 0 only when every step was verified.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SyncError, codeOf } from '../lib/core/errors.ts'
import { coloured, plain } from '../lib/cli/paint.ts'
import type { Scene } from './demo/scene.ts'
import { pause } from './demo/scene.ts'
import type { Figure } from './demo/screen.ts'
import { Screen } from './demo/screen.ts'
import { dsyncProgram } from './stage/command.ts'
import { Stage } from './stage/stage.ts'
import { burst, firstSync, liveEdits, manyEdits, renameDirectory } from './demo/steps.ts'
import { atRest, conflict, undo } from './demo/versions.ts'

const usage = `Usage: ./install.sh --demo [--keep]

Shows dsync at work on two directories of this machine, and leaves nothing behind.

  --keep   leave the two directories and the daemon for playing; it says how to end them
`

interface Step {
  readonly name: string
  readonly says: string
  /** A figure each, in this order. */
  readonly play: readonly ((scene: Scene) => Promise<Figure>)[]
}

interface Row extends Figure {
  readonly verdict: 'ok' | 'failed' | 'not reached'
}

const steps: readonly Step[] = [
  { name: 'First sync', says: 'a second host is a directory of this machine', play: [firstSync] },
  {
    name: 'Changes as they happen',
    says: 'from saved on one side to whole on the other',
    play: [liveEdits, scene => manyEdits(scene, 'out'), scene => manyEdits(scene, 'back')],
  },
  { name: 'A burst', says: '1,000 new files at once', play: [burst] },
  { name: 'A renamed directory', says: 'with those 1,000 files in it', play: [renameDirectory] },
  { name: 'A conflict', says: 'both sides edit one file at once', play: [conflict] },
  { name: 'Undo', says: 'what was deleted or replaced comes back', play: [undo] },
  { name: 'At rest', says: 'nothing is under way', play: [atRest] },
]

/** Ends with these when it is told to end: 128 and the signal's number, as shells count. */
const endings = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const

/** How long a person is given to follow (ms). */
const pauseMs = 350

const interrupt = new AbortController()

function end(signal: keyof typeof endings): void {
  if (interrupt.signal.aborted) return
  process.exitCode = endings[signal]
  interrupt.abort(new SyncError('INTERRUPTED', 'Interrupted'))
}

/** Plays the steps until one fails. Throws only when it was interrupted. */
async function play(scene: Scene): Promise<{ readonly rows: readonly Row[]; readonly failure?: string }> {
  const rows: Row[] = []
  for (const [i, { name, says, play: parts }] of steps.entries()) {
    scene.screen.step(name, says)
    try {
      for (const part of parts) rows.push({ ...(await part(scene)), verdict: 'ok' })
      await pause(scene, 2)
    } catch (error) {
      scene.signal.throwIfAborted()
      rows.push({ what: name, figure: '', verdict: 'failed' })
      for (const later of steps.slice(i + 1)) rows.push({ what: later.name, figure: '', verdict: 'not reached' })
      return { rows, failure: await failureOf(error, scene) }
    }
  }
  return { rows }
}

async function failureOf(error: unknown, { stage, screen }: Scene): Promise<string> {
  screen.command(['status'])
  screen.output((await stage.dsync('status')).output)
  if (codeOf(error) === 'ENOSPC') return `The disk of ${stage.top} is full. Make room there, or set TMPDIR`
  return error instanceof Error ? error.message : String(error)
}

/** Takes everything away, and makes that a row of the table. */
async function leave(stage: Stage): Promise<Row> {
  const { ended, left } = await stage.close()
  const what = 'left behind'
  if (left.length > 0) return { what, figure: left.join(', '), verdict: 'failed' }
  return { what, figure: `nothing: ${ended} processes ended, temporary folder removed`, verdict: 'ok' }
}

function openStage(): Stage | undefined {
  try {
    return new Stage(interrupt.signal)
  } catch (error) {
    if (codeOf(error)?.startsWith('E') !== true || !(error instanceof Error)) throw error
    process.stderr.write(
      `demo: Cannot make a folder in ${tmpdir()}: ${error.message}. Make room there, or set TMPDIR\n`,
    )
    process.exitCode = 1
    return undefined
  }
}

async function main(screen: Screen, keep: boolean): Promise<void> {
  const stage = openStage()
  if (stage === undefined) return
  const scene: Scene = { stage, screen, signal: interrupt.signal, pauseMs: process.stdout.isTTY ? pauseMs : 0 }
  screen.line(
    `${screen.paint.bold('dsync')} keeps two directories of this machine the same. Ctrl-C ends it at any time.`,
  )
  screen.line(`   here          ${stage.here}\n   twin          ${stage.there}`)
  try {
    const { rows, failure } = await play(scene)
    interrupt.signal.throwIfAborted()
    const all = keep ? rows : [...rows, await leave(stage)]
    screen.table(all)
    screen.line()
    if (failure !== undefined) screen.line(screen.paint.red(`Failed: ${failure}`))
    if (all.every(({ verdict }) => verdict === 'ok')) screen.line(screen.paint.green('Every step was verified.'))
    else process.exitCode = 1
    if (keep) screen.line(keptText(stage))
  } catch (error) {
    screen.line(interrupt.signal.aborted ? '\nInterrupted: taking everything away …' : '')
    const { figure, verdict } = await leave(stage)
    if (!interrupt.signal.aborted) throw error
    screen.line(verdict === 'ok' ? 'Nothing is left behind.' : `Left behind: ${figure}`)
  }
}

/** What to type while it is kept, and to end it. */
function keptText({ top, kitHome, here, there }: Stage): string {
  const dsync = `DSYNC_HOME=${shellWord(kitHome)} ${shellWord(dsyncProgram)}`
  return `
Kept, with the daemon running. To play:
  echo hello > ${shellWord(join(here, 'hello.txt'))}
  cat ${shellWord(join(there, 'hello.txt'))}
  ${dsync} status
  ${dsync} logs --follow
To end it:
  ${dsync} stop && rm -r ${shellWord(top)}`
}

/** A text as one word of a command line (POSIX.1-2017 2.2.2). */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false }, help: { type: 'boolean' } } })
const { NO_COLOR, TERM } = process.env
const screen = new Screen(
  text => void process.stdout.write(text),
  process.stdout.isTTY && !NO_COLOR && TERM !== 'dumb' ? coloured : plain,
)
if (values.help === true) {
  process.stdout.write(usage)
} else {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => end(signal))
  // A reader that has seen enough (`| head`) has interrupted too.
  process.stdout.on('error', error => {
    if (codeOf(error) !== 'EPIPE') throw error
    end('SIGPIPE')
  })
  await main(screen, values.keep)
}
