import type { ErrorCode } from '../core/errors.ts'

/** One line from a client: JSON, then a newline. `id` is the client's own and comes back in every reply. */
export interface ControlRequest {
  readonly id: number
  /** What `run/token` holds. Node cannot tell who is at the other end of a socket. */
  readonly token: string
  /** The client's version of dsync; a daemon of another version answers `stop` only. */
  readonly version: string
  readonly verb: string
  readonly parameters: unknown
}

/** One line from the daemon: any number of events, then one result or error. */
export type ControlReply =
  | { readonly id: number; readonly event: unknown }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ControlError }

export interface ControlError {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
}

/** A request is small: paths and digests (bytes). */
export const requestBytesLimit = 256 * 1024

/** The longest reply is a list of conflicts, a few hundred bytes each (bytes). */
export const replyBytesLimit = 256 * 1024 * 1024

/** Clients at once, and requests at once of each. */
export const clientLimit = 64
export const requestLimit = 32

/** A client that shows no token within this is cut off (ms). */
export const introductionMs = 5000

/** A client that does not read what it asked for is cut off when this waits for it (bytes), a single long reply aside. */
export const unreadBytesLimit = 8 * 1024 * 1024
