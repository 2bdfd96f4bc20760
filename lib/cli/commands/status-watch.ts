import { setTimeout } from 'node:timers/promises'
import { SyncError, codeOf } from '../../core/errors.ts'
import { safeJson } from '../../daemon/safe-json.ts'
import type { DaemonStatus } from '../../daemon/verbs.ts'
import { ask } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Paint } from '../paint.ts'
import { statusLines } from '../status-lines.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** How often to ask (ms). */
const everyMs = 1000

type Look = { readonly status: DaemonStatus } | { readonly down: SyncError }

/** Shows the status until the person interrupts: on a screen of its own, else a block whenever something changed. */
export async function watchStatus(json: boolean, around: Surroundings): Promise<Outcome> {
  const { terminal, signal } = around
  const screen = json ? undefined : terminal.openScreen()
  let [last, shown]: [string[], string] = [[], '']
  try {
    for (;;) {
      const now = await look(around)
      last = linesOf(now, around, terminal.paint)
      const seen = changing(now)
      screen?.draw(last)
      if (screen === undefined && seen !== shown) {
        const block = json ? `${safeJson(objectOf(now))}\n` : `${last.join('\n')}\n\n`
        terminal.out(block)
      }
      shown = seen
      await setTimeout(everyMs, undefined, { signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    screen?.close()
  }
  return { exit: exitCodes.interrupted, json: undefined, lines: () => (screen === undefined ? [] : last) }
}

async function look(around: Surroundings): Promise<Look> {
  try {
    return { status: await ask(around, 'status', {}) }
  } catch (error) {
    if (error instanceof SyncError && codeOf(error) === 'DAEMON_DOWN') return { down: error }
    throw error
  }
}

function linesOf(now: Look, { userHome }: Surroundings, paint: Paint): string[] {
  if ('status' in now) return statusLines(now.status, { paint, userHome })
  return [paint.red(escape(now.down.message)), `  → ${escape(now.down.hint ?? 'dsync start')}`]
}

function objectOf(now: Look): object {
  if ('down' in now) return { error: { code: now.down.code, message: now.down.message, hint: now.down.hint } }
  const { sessions, failed, config, ...daemon } = now.status
  return { status: sessions, failed, config, daemon }
}

/** What a person would call a change: all but clocks and measurements. */
function changing(now: Look): string {
  if ('down' in now) return now.down.message
  const { sessions, failed, config, pid } = now.status
  const states = sessions.map(session => {
    const { root, host, state, why, lastSyncAt, entries, queued, inFlight, conflicts, problems, holds, notices } =
      session
    return { root, host, state, why, lastSyncAt, entries, queued, inFlight, conflicts, problems, holds, notices }
  })
  return JSON.stringify({ states, failed, config, pid })
}
