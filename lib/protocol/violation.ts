import { SyncError } from '../core/errors.ts'

/** The other end broke the protocol: nothing more it says is believed, and only a person starts it again. */
export function violation(message: string, cause?: unknown): SyncError {
  return new SyncError('PROTOCOL', `Cannot trust the other end: ${message.slice(0, 500)}`, { verdict: 'halt', cause })
}
