import { dirname } from 'node:path'
import type { FSWatcher } from 'chokidar'
import { watch } from 'chokidar'
import { codeOf } from '../core/errors.ts'
import type { KitHome } from './kit-home.ts'
import { readPrivateFile } from './private-file.ts'
import { realPath } from './root-place.ts'

/** An editor that saves truncates, writes and renames: the files are read once nothing has happened for so long (ms). */
const quietMs = 150

/** How often to look where the system has no watch left (ms). */
const pollMs = 2000

/** Tells when the files that people edit, `config.json` and `paths.txt`, hold another text than before. */
export class SettingsWatch {
  readonly #home: KitHome
  readonly #tell: () => void
  #seen: string
  #watcher: FSWatcher
  #quiet: NodeJS.Timeout | undefined
  #polls = false
  #closed = false

  /** @param tell called once after each change, and never after `close` */
  constructor(home: KitHome, tell: () => void) {
    this.#home = home
    this.#tell = tell
    this.#seen = this.#texts()
    this.#watcher = this.#open()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#quiet)
    void this.#watcher.close()
  }

  /** Watches the directories, since a save puts a new file in the place of the old one; a link's target may lie elsewhere. */
  #open(): FSWatcher {
    const files = this.#files()
    const directories = [...new Set(files.map(file => dirname(file)))]
    const watcher = watch(directories, {
      depth: 0,
      persistent: false,
      ignoreInitial: true,
      atomic: false,
      ignored: path => !directories.includes(path) && !files.includes(path),
      ...(this.#polls ? { backend: 'polling' as const, pollingInterval: pollMs } : {}),
    })
    const soon = (): void => {
      clearTimeout(this.#quiet)
      if (!this.#closed) this.#quiet = setTimeout(() => this.#look(), quietMs).unref()
    }
    watcher.on('all', soon)
    watcher.on('ready', soon)
    watcher.on('error', () => {
      if (this.#polls || this.#closed) return
      this.#polls = true
      void watcher.close()
      this.#watcher = this.#open()
    })
    return watcher
  }

  #look(): void {
    const texts = this.#texts()
    if (this.#closed || texts === this.#seen) return
    this.#seen = texts
    this.#tell()
  }

  #files(): string[] {
    const { config, paths } = this.#home
    return [...new Set([config, paths, ...[config, paths].map(targetOf)])]
  }

  #texts(): string {
    return JSON.stringify([this.#home.config, this.#home.paths].map(textOrCode))
  }
}

function textOrCode(file: string): { readonly text: string | undefined } | string {
  try {
    return { text: readPrivateFile(file) }
  } catch (error) {
    return codeOf(error) ?? 'unreadable'
  }
}

/** Where a link leads, as far as that can be told. */
function targetOf(file: string): string {
  try {
    return realPath(file)
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return file
  }
}
