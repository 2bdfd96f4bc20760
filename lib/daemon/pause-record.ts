import { join } from 'node:path'
import type { KitHome } from './kit-home.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

/** Which sessions a person paused: a restart does not resume them. */
export class PauseRecord {
  readonly #path: string
  readonly #names: Set<string>

  constructor(home: KitHome) {
    this.#path = join(home.state, 'paused.json')
    this.#names = new Set(namesIn(readPrivateFile(this.#path) ?? '[]'))
  }

  names(): ReadonlySet<string> {
    return this.#names
  }

  /** Records a session as paused or resumed. */
  set(name: string, paused: boolean): void {
    if (paused) this.#names.add(name)
    else this.#names.delete(name)
    writePrivateFile(this.#path, `${JSON.stringify([...this.#names])}\n`)
  }
}

/** A record that cannot be read pauses nothing: status shows what runs. */
function namesIn(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value.filter(name => typeof name === 'string') : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}
