import { createRequire } from 'node:module'
import type * as KoffiModule from 'koffi'

/** The foreign-function module, with which system calls are made that Node has no name for. */
export type Koffi = typeof KoffiModule

let loaded: Koffi | null | undefined

/**
 * Loads koffi once: the installed package, or for the agent a `koffi` folder beside its single file. Undefined where
 * no binary fits this platform and libc: callers have a way without, and say so.
 */
export function loadKoffi(): Koffi | undefined {
  loaded ??= tryEach(['koffi', './koffi']) ?? null
  return loaded ?? undefined
}

/** Why each name failed does not matter here: absent, for another platform or damaged all mean "do without". */
function tryEach(names: readonly string[]): Koffi | undefined {
  // A CommonJS bundle has `__filename` and may have an empty `import.meta`.
  const load = createRequire(import.meta.url ?? __filename)
  for (const name of names) {
    try {
      return load(name) as Koffi
    } catch {
      continue
    }
  }
  return undefined
}
