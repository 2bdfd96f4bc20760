import { SyncError } from '../core/errors.ts'
import { dirname, join } from 'node:path'
import type { SupervisorKind } from '../daemon/supervisor-kind.ts'
import { kitLayout } from '../kit/layout.ts'
import { programTrouble } from './program-check.ts'
import type { ServicePlace } from './service-place.ts'
import { checkPlace } from './service-place.ts'

/** Who installs a service, and with what. */
export interface Installer {
  readonly kind: SupervisorKind
  readonly userHome: string
  readonly home: string
  /** The folder this program runs from. */
  readonly kit: string
  /** The runtime it runs under. */
  readonly runtime: string
}

/**
 * Where a service is to lie: the installed release by the link that outlives upgrades, else where this program is; the
 * runtime on PATH only if the launcher would not find one without. What is installed already stays as long as it works.
 * Throws REFUSED when its program does not start in the environment that it will have.
 */
export async function findPlace(installer: Installer, before: ServicePlace | undefined): Promise<ServicePlace> {
  const { kind, userHome, home } = installer
  const installed = kitLayout(home).currentRelease
  const folders = [...new Set([installed, installer.kit])]
  const runtimes = [...new Set([...(before === undefined ? [] : [before.runtime]), '', dirname(installer.runtime)])]
  const troubles: string[] = []
  for (const kit of folders) {
    for (const runtime of runtimes) {
      const place = { kind, userHome, home, kit, runtime }
      checkPlace(place)
      const trouble = await programTrouble(place)
      if (trouble === undefined) return place
      troubles.push(trouble)
    }
  }
  throw new SyncError(
    'REFUSED',
    `Cannot install the service: ${join(installer.kit, 'bin/dsync')} does not start: ${troubles.at(-1)}`,
    {
      hint: 'Give dsync a Node of its own: npm ci in its checkout, or ./install.sh',
    },
  )
}
