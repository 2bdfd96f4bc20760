import { SyncError } from '../core/errors.ts'
import type { SupervisorKind } from '../daemon/supervisor-kind.ts'
import { saidBy } from './run-tool.ts'
import type { RunTool } from './supervisor.ts'
import { systemctl } from './systemctl.ts'

/** What keeps services up here. Throws REFUSED where nothing does, with why. */
export async function chooseSupervisor(platform: string, run: RunTool): Promise<SupervisorKind> {
  if (platform === 'darwin') return 'launchd'
  const systemd = await run(systemctl.ready())
  if (systemd?.code === 0) return 'systemd'
  const crontab = await run(['crontab', '-l'])
  if (crontab !== undefined && (crontab.code === 0 || /\bno crontab for\b/i.test(crontab.stderr))) return 'cron'
  const whys = [
    systemd === undefined ? 'there is no systemd' : `systemd runs no services of yours (${saidBy(systemd)})`,
    crontab === undefined ? 'and no crontab' : `and cron none either (${saidBy(crontab)})`,
  ]
  throw new SyncError('REFUSED', `Cannot install a service: ${whys.join(' ')}`, {
    hint: systemd === undefined ? 'dsync start, after each boot' : 'loginctl enable-linger, then try again',
  })
}
