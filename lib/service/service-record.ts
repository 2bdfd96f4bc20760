import { join } from 'node:path'
import type { KitHome } from '../daemon/kit-home.ts'
import { readPrivateFile, removePrivateFile, writePrivateFile } from '../daemon/private-file.ts'
import { supervisorKind } from '../daemon/supervisor-kind.ts'
import type { ServicePlace } from './service-place.ts'

/** What is written down of a service that was installed. */
export interface InstalledService extends ServicePlace {
  /** We had systemd start the person's services without a login: so `remove` takes it back. */
  readonly lingers: boolean
}

/** The service of a home, or undefined when none is installed. A record that cannot be read counts as none. */
export function readService(home: KitHome): InstalledService | undefined {
  const text = readPrivateFile(fileOf(home))
  if (text === undefined) return undefined
  try {
    const { kind, userHome, home: directory, kit, runtime, lingers } = JSON.parse(text) as Record<string, unknown>
    const known = supervisorKind(String(kind))
    if (known === undefined) return undefined
    return {
      kind: known,
      ...{ userHome: String(userHome), home: String(directory), kit: String(kit), runtime: String(runtime) },
      lingers: lingers === true,
    }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}

export function writeService(home: KitHome, service: InstalledService): void {
  writePrivateFile(fileOf(home), `${JSON.stringify(service, null, 2)}\n`)
}

export function forgetService(home: KitHome): void {
  removePrivateFile(fileOf(home))
}

function fileOf(home: KitHome): string {
  return join(home.state, 'service.json')
}
