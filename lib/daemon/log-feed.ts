import type { LogEvent } from '../ports/log.ts'
import { openAuditLog } from './audit-log.ts'
import { auditTail } from './audit-tail.ts'
import type { Call } from './control-server.ts'
import type { KitHome } from './kit-home.ts'
import { logsOf } from './parameters.ts'

/** Size at which a log is put aside (bytes), and how many are kept. */
const rotation = { maxBytes: 16 * 1024 * 1024, keep: 5 }

/** How many past lines one request may ask for. */
export const logLinesLimit = 10_000

/**
 * Both logs of a daemon, and whoever follows them. `sync.log` takes every event; `realtime.log` takes those that tell
 * how long a change took to travel (`latencyMs`).
 */
export class LogFeed {
  readonly #home: KitHome
  readonly #sync: ReturnType<typeof openAuditLog>
  readonly #realtime: ReturnType<typeof openAuditLog>
  readonly #followers = new Set<(event: LogEvent) => void>()

  constructor(home: KitHome) {
    this.#home = home
    this.#sync = openAuditLog(home.syncLog, rotation)
    this.#realtime = openAuditLog(home.realtimeLog, rotation)
  }

  readonly log = (event: LogEvent): void => {
    this.#sync.log(event)
    if (isRealtime(event)) this.#realtime.log(event)
    for (const follow of this.#followers) follow(event)
  }

  /** Tells every event from now on. */
  follow(hear: (event: LogEvent) => void): void {
    this.#followers.add(hear)
  }

  dropped(): number {
    return this.#sync.dropped() + this.#realtime.dropped()
  }

  /** Sends past lines as events, then, with `follow`, each new one until the client goes. */
  async answer(parameters: unknown, call: Call): Promise<Record<string, never>> {
    const { lines, follow, realtime } = logsOf(parameters)
    const log = realtime ? this.#realtime : this.#sync
    log.flush()
    const past = auditTail(realtime ? this.#home.realtimeLog : this.#home.syncLog, Math.min(lines, logLinesLimit))
    for (const event of past) call.emit(event)
    if (!follow || call.signal.aborted) return {}
    const send = (event: LogEvent): void => {
      if (!realtime || isRealtime(event)) call.emit(event)
    }
    this.#followers.add(send)
    await new Promise<void>(resolve => call.signal.addEventListener('abort', () => resolve(), { once: true }))
    this.#followers.delete(send)
    return {}
  }

  flush(): void {
    this.#sync.flush()
    this.#realtime.flush()
  }

  close(): void {
    this.#sync.close()
    this.#realtime.close()
  }
}

function isRealtime(event: LogEvent): boolean {
  return typeof event['latencyMs'] === 'number'
}
