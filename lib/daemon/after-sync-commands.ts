import { createHash } from 'node:crypto'
import type { Config } from './config.ts'
import { contractHome, expandHome } from './host-paths.ts'
import type { Here } from './session-specs.ts'
import { findRoot } from './session-specs.ts'

/** A command that settings want to be run when changes have arrived in a root. */
export interface AfterSyncCommand {
  /** The root's id, and its path on this host. */
  readonly id: string
  readonly root: string
  /** Where changes are to have arrived, and where it runs. */
  readonly host: string
  readonly command: readonly string[]
  readonly timeoutMs: number
  /** Of root, host and words: what a person trusts. */
  readonly hash: string
}

/** How long one may take if the settings do not say (s). */
const defaultSeconds = 600

/** The commands of all roots that are switched on. Pure. */
export function afterSyncCommands(config: Config, here: Here): AfterSyncCommand[] {
  return config.paths.flatMap(path => {
    const root = findRoot(config, path, here.userHome)?.root
    return (root?.afterSync ?? []).map(({ command, on = here.host, timeoutSeconds = defaultSeconds }) => {
      const id = root?.id ?? ''
      const hash = createHash('sha256')
        .update(JSON.stringify([id, on, command]))
        .digest('hex')
      return { id, root: expandHome(path, here.userHome), host: on, command, timeoutMs: timeoutSeconds * 1000, hash }
    })
  })
}

/** One as people read it: words that a blank would take apart in quotes. */
export function commandText({ command }: Pick<AfterSyncCommand, 'command'>): string {
  return command.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ')
}

/** Where it runs, as people read it. */
export function placeOfCommand({ root, host }: AfterSyncCommand, userHome: string): string {
  return `${contractHome(root, userHome)} on ${host}`
}
