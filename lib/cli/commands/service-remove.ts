import { SyncError } from '../../core/errors.ts'
import { lay, readManifest, writeManifest } from '../../kit/lay.ts'
import { kitLayout } from '../../kit/layout.ts'
import { lookAt } from '../../kit/look.ts'
import { setLinger } from '../../service/linger.ts'
import { planServiceRemoval } from '../../service/service-files.ts'
import { forgetService, readService } from '../../service/service-record.ts'
import type { Arguments } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { stopDaemon } from '../daemon-process.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { placeText } from '../places.ts'
import type { ServiceHand } from '../service-hand.ts'
import { blockedLine, serviceHand } from '../service-hand.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

/** Takes the service away. The daemon stops with it; files and settings of the home stay. */
export async function remove(given: Arguments, around: Surroundings): Promise<Outcome> {
  const { home, service, userHome } = around
  const before = readService(home)
  if (before === undefined) {
    const json = { service: { changes: [] }, ...(given.has('dry-run') && { dryRun: true }) }
    return { exit: exitCodes.ok, json, lines: () => ['No service is installed.'] }
  }
  const hand = await serviceHand(around, before)
  const { changes, blocked } = planServiceRemoval(lookAt, readManifest(kitLayout(home.directory).manifest))
  const paths = [...changes.map(({ path }) => path), ...(before.kind === 'cron' ? ['crontab'] : [])]
  const json = { kind: before.kind, changes: paths }
  const lines = [...paths.map(path => `  ${placeText(userHome, path)}`), ...blocked.map(blockedLine)]
  if (given.has('dry-run')) {
    const head = `Would stop the daemon and remove the service (${before.kind}):`
    return { exit: exitCodes.ok, json: { service: json, dryRun: true }, lines: () => [head, ...lines] }
  }
  await confirm(`Stop the daemon and remove its service (${before.kind})?`, given, around)
  const untold = await takeAway(hand)
  if (before.lingers) await setLinger(service.userName, false, hand.run)
  return {
    exit: exitCodes.ok,
    json: { service: json },
    lines: paint => [
      `Removed the service (${before.kind}). The daemon has stopped.`,
      ...lines,
      ...(untold === undefined ? [] : [`  ${paint.yellow('!')} ${escape(untold)}`]),
      '  → dsync start',
    ],
  }
}

/**
 * Stops the daemon, and removes a service with every file of it. A supervisor that cannot be reached (a login that it
 * does not know of) finds nothing the next time it looks.
 * @returns what it said when it could not be told
 */
export async function takeAway({ supervisor, around }: ServiceHand): Promise<string | undefined> {
  const untold = await told(() => supervisor.unload())
  await stopDaemon(around)
  const { manifest } = kitLayout(around.home.directory)
  // What the supervisor removed by itself meanwhile is not there any more.
  const left = planServiceRemoval(lookAt, readManifest(manifest))
  lay(left.changes)
  writeManifest(manifest, left.traces)
  const unforgotten = await told(() => supervisor.forget())
  forgetService(around.home)
  return untold ?? unforgotten
}

async function told(tell: () => Promise<void>): Promise<string | undefined> {
  try {
    await tell()
    return undefined
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'REFUSED') throw error
    return error.message
  }
}
