import { readConfig } from './config-reader.ts'
import { readEnvFile } from './env-file.ts'
import type { Here } from './session-specs.ts'
import { sessionSpecs } from './session-specs.ts'
import type { ConfigProblem, SessionName } from './verbs.ts'

/** What a daemon would open that is started now, and what it would find wrong with the settings. */
export interface ForeseenSessions {
  readonly roots: readonly SessionName[]
  readonly config: readonly ConfigProblem[]
}

/** Reads the settings as a daemon does at its start. */
export function foreseenSessions(here: Here): ForeseenSessions {
  const { config, problems } = readConfig(here.home)
  const env = readEnvFile(here.home).problems
  if (config === undefined) return { roots: [], config: [...problems, ...env] }
  const found = sessionSpecs(config, here, new Set())
  const roots = found.specs.map(({ alpha, beta }) => ({ root: alpha.root, host: beta.host }))
  return { roots, config: [...problems, ...found.problems, ...env] }
}
