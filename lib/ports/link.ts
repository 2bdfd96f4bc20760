/**
 * A byte stream to an agent: `pipe` (a child process of this machine) or `ssh`. Bytes arrive in order or not at all.
 */
export interface Link {
  /** Queues bytes; false when the queue is long and the caller should wait for `onDrain`. */
  write(bytes: Uint8Array): boolean
  onData(listen: (bytes: Uint8Array) => void): void
  onDrain(listen: () => void): void
  /** Called once, when the other end is gone, with why in words a person can use. */
  onClose(listen: (why: LinkEnd) => void): void
  /** Ends the link and whatever process serves it. May be called twice. */
  close(): void
}

export interface LinkEnd {
  /** `TRANSPORT_LOST`, `AGENT_FAILED`, `CLOSED`, … */
  readonly code: string
  readonly why: string
  /** The next command to run. */
  readonly hint?: string
  /** Trying again is of no use before a person has done something. */
  readonly waits?: true
}

/** A link as the end that opens it has it. */
export interface OutgoingLink extends Link {
  /** Calls once, maybe at once, when an agent listens at the other end. A link that takes too long ends itself. */
  onOpen(listen: () => void): void
}

export type OpenLink = () => OutgoingLink
