import type { AfterSyncCommand } from '../../daemon/after-sync-commands.ts'
import { afterSyncCommands, commandText, placeOfCommand } from '../../daemon/after-sync-commands.ts'
import { trustCommands, trustedCommands } from '../../daemon/command-trust.ts'
import { requireConfig } from '../../daemon/config-reader.ts'
import { ensureKitHome } from '../../daemon/kit-home.ts'
import type { Arguments } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { countText } from '../quantities.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** Shows the after-sync commands that nobody has looked at, asks, and lets exactly these be run. */
export async function trust(given: Arguments, around: Surroundings): Promise<Outcome> {
  const { home, terminal } = around
  const config = requireConfig(home)
  const all = afterSyncCommands(config, { ...around, host: config.name ?? around.host })
  const before = trustedCommands(home)
  const fresh = all.filter(({ hash }) => !before.has(hash))
  const dryRun = given.has('dry-run')
  const json = { trust: fresh.map(({ root, host, command, hash }) => ({ root, host, command, hash })) }
  if (fresh.length === 0) {
    return {
      exit: exitCodes.ok,
      json: { ...json, ...(dryRun && { dryRun }) },
      lines: () => ['No command waits for your trust.'],
    }
  }
  if (dryRun)
    return { exit: exitCodes.ok, json: { ...json, dryRun }, lines: () => linesOf('would trust', fresh, around) }
  if (!given.has('json')) terminal.err(`${linesOf('to trust', fresh, around).join('\n')}\n`)
  await confirm(`Run ${countText(fresh.length, 'command')} like this, whenever changes arrive?`, given, around)
  ensureKitHome(home)
  trustCommands(
    home,
    all.map(({ hash }) => hash),
  )
  return { exit: exitCodes.ok, json, lines: paint => linesOf(paint.green('trusted'), fresh, around) }
}

function linesOf(word: string, commands: readonly AfterSyncCommand[], { userHome }: Surroundings): string[] {
  return commands.map(each => `${word}  ${escape(placeOfCommand(each, userHome))}: ${escape(commandText(each))}`)
}
