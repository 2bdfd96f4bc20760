import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SyncError } from '../core/errors.ts'
import type { SupervisorKind } from '../daemon/supervisor-kind.ts'
import { supervisorVariable } from '../daemon/supervisor-kind.ts'

/** Where the service of one kit home lies: all that the texts which tell a supervisor about it are made from. */
export interface ServicePlace {
  readonly kind: SupervisorKind
  readonly userHome: string
  /** The kit's home. */
  readonly home: string
  /** The folder that holds `bin/dsync`: the link to the release in use, so that an upgrade changes no service. */
  readonly kit: string
  /** The folder of a Node that the launcher finds only when it is on PATH: '' when it finds one by itself. */
  readonly runtime: string
}

/** What comes after our own folders on PATH. A supervisor gives less, and reads no shell's files. */
const systemFolders: Readonly<Record<SupervisorKind, readonly string[]>> = {
  launchd: ['/opt/homebrew/bin', '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'],
  systemd: ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'],
  cron: ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'],
}

/** UTF-8 names in what is started, ssh and git among them: a supervisor sets no locale. macOS has had no `C.UTF-8` for long. */
const locales: Readonly<Record<SupervisorKind, string>> = {
  launchd: 'en_US.UTF-8',
  systemd: 'C.UTF-8',
  cron: 'C.UTF-8',
}

/** What every job of the service gets as its environment. Nothing secret: others may read the files it stands in. */
export function serviceEnvironment(place: ServicePlace): Readonly<Record<string, string>> {
  const folders = [place.runtime, join(place.home, 'bin'), ...systemFolders[place.kind]]
  return {
    DSYNC_HOME: place.home,
    [supervisorVariable]: place.kind,
    LC_ALL: locales[place.kind],
    PATH: folders.filter(folder => folder !== '').join(':'),
  }
}

/** Tells the service of another home than `~/.dsync` from that one: '' or a short word for names of files and jobs. */
export function instanceOf({ home, userHome }: Pick<ServicePlace, 'home' | 'userHome'>): string {
  return home === join(userHome, '.dsync') ? '' : createHash('sha256').update(home).digest('hex').slice(0, 8)
}

/** Throws REFUSED for a place that no supervisor's file can name: PATH has no way to quote, lines none to go on. */
export function checkPlace({ userHome, home, kit, runtime }: ServicePlace): void {
  for (const path of [userHome, home, kit, runtime]) {
    // oxlint-disable-next-line no-control-regex
    if (!/[\u0000-\u001F\u007F:]/.test(path)) continue
    throw new SyncError(
      'REFUSED',
      `Cannot make a service of ${JSON.stringify(path)}: its name holds ':' or a control character`,
      {
        hint: 'Choose another place with DSYNC_HOME',
      },
    )
  }
}
