import type { CommandSpec, OptionSpec } from './command-spec.ts'
import { hubCommands } from './table/hub-commands.ts'
import { setUpCommands } from './table/set-up-commands.ts'
import { syncCommands } from './table/sync-commands.ts'
import { versionCommands } from './table/version-commands.ts'

/** Every command. What is not in here does not exist: parsing, help and suggestions read nothing else. */
export const commandTable: readonly CommandSpec[] = [
  ...syncCommands,
  ...versionCommands,
  ...setUpCommands,
  ...hubCommands,
]

/** What every command takes. */
export const globalOptions: Readonly<Record<string, OptionSpec>> = {
  json: { says: 'print one JSON object' },
  help: { says: 'show this', short: 'h' },
}

/** What each group does when it is named alone. */
export const groupDefaults: Readonly<Record<string, string>> = {
  hosts: 'list',
  roots: 'list',
  config: 'get',
  hub: 'show',
  service: 'status',
}
