import * as crypto from 'node:crypto'
import type { Digest, Digester } from '../core/entry.ts'

/** SHA-256 of some bytes. `crypto.hash` is faster on small ones, and younger than the oldest Node an agent runs on. */
export const digest: Digester =
  typeof crypto.hash === 'function'
    ? bytes => crypto.hash('sha256', bytes, 'hex')
    : bytes => crypto.createHash('sha256').update(bytes).digest('hex')

/** SHA-256 of content that comes in pieces. */
export interface Hasher {
  update(bytes: Uint8Array): void
  /** Of all pieces so far. Called once, at the end. */
  digest(): Digest
}

export function createHasher(): Hasher {
  const hash = crypto.createHash('sha256')
  return {
    update: bytes => {
      hash.update(bytes)
    },
    digest: () => hash.digest('hex'),
  }
}
