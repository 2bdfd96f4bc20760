import { SyncError } from '../core/errors.ts'
import type { SupervisorKind } from '../daemon/supervisor-kind.ts'
import { saidBy } from './run-tool.ts'
import type { RunTool, ToolEnd } from './supervisor.ts'
import { systemctl } from './systemctl.ts'

/** What keeps services up here. Throws REFUSED where nothing does, with why. */
export async function chooseSupervisor(platform: string, run: RunTool): Promise<SupervisorKind> {
  if (platform === 'darwin') return 'launchd'
  const systemd = await run(systemctl.ready())
  if (systemd?.code === 0) return 'systemd'
  const crontab = await run(['crontab', '-l'])
  if (crontab !== undefined && (crontab.code === 0 || /\bno crontab for\b/i.test(crontab.stderr))) return 'cron'
  const hasBooted = systemd !== undefined && (await run(systemctl.state()))?.stdout.trim() !== 'offline'
  const whys = [
    whyNot(systemd, hasBooted),
    crontab === undefined ? 'and no crontab' : `and cron none either (${saidBy(crontab)})`,
  ]
  throw new SyncError('REFUSED', `Cannot install a service: ${whys.join(' ')}`, {
    hint: hasBooted ? 'dsync service install --linger' : 'dsync start, after each boot',
  })
}

/** @param hasBooted systemd is what started this machine, not only installed on it */
function whyNot(systemd: ToolEnd | undefined, hasBooted: boolean): string {
  if (systemd === undefined) return 'there is no systemd'
  return hasBooted
    ? `systemd runs no services of yours (${saidBy(systemd)})`
    : 'systemd is not what started this machine'
}
