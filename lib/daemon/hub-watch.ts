import { unwatchFile, watchFile } from 'node:fs'
import { hubFile } from './hub-record.ts'
import type { KitHome } from './kit-home.ts'

/** How often the record of the hub is looked at (ms): its directory is the store's too, whose writes would wake a watcher. */
const lookMs = 500

/** Tells when the record of the hub changes: agents of this host and commands write it beside the daemon. */
export class HubWatch {
  readonly #file: string
  readonly #changed: () => void

  constructor(home: KitHome, tell: () => void) {
    this.#file = hubFile(home)
    this.#changed = tell
    watchFile(this.#file, { interval: lookMs, persistent: false }, this.#changed)
  }

  close(): void {
    unwatchFile(this.#file, this.#changed)
  }
}
