import { lookAtPlace } from './root-place.ts'

/** A program that runs dsync, and its version as in `24.21.0`. */
export interface RunningRuntime {
  readonly kind: 'node' | 'deno'
  readonly path: string
  readonly version: string
  /** Something is at that path still: an upgrade may have taken it away. */
  readonly exists: boolean
}

/** What runs this process. */
export function runningRuntime(): RunningRuntime {
  const deno = process.versions['deno']
  const path = process.execPath
  return {
    kind: deno === undefined ? 'node' : 'deno',
    path,
    version: deno ?? process.versions.node,
    exists: lookAtPlace(path).kind !== 'missing',
  }
}
