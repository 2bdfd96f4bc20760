/** One line of the audit log, or of the real-time log. The engine emits them; nobody in `lib` prints. */
export interface LogEvent {
  readonly at: number
  readonly level: 'info' | 'notice' | 'warning' | 'error'
  /** What happened, in a word: `put`, `remove`, `move`, `conflict`, `resolved`, `held`, `fallback`, `connected`, … */
  readonly event: string
  readonly root?: string
  readonly host?: string
  readonly path?: string
  /** Anything else worth a column; never content, secrets or environment values. */
  readonly [detail: string]: unknown
}

/** Takes a log line. Never throws and never blocks: a full log disk must not stop a sync. */
export type Log = (event: LogEvent) => void
