import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { KitLayout } from './layout.ts'
import { runtimeName } from './layout.ts'

/** A Node as it comes out of its package. */
export interface RuntimeProgram {
  readonly version: string
  readonly platform: string
  readonly bytes: Uint8Array
}

/** True when this runtime lies in the home, whole, and is the one in use. */
export function isRuntimePlaced(layout: KitLayout, { version, platform, bytes }: RuntimeProgram): boolean {
  const name = runtimeName(version, platform)
  const program = join(layout.runtimes, name, 'bin/node')
  const link = lstatSync(layout.currentRuntime, { throwIfNoEntry: false })
  if (link?.isSymbolicLink() !== true || readlinkSync(layout.currentRuntime) !== name || !existsSync(program))
    return false
  return lstatSync(program).size === bytes.length && Buffer.from(bytes).equals(readFileSync(program))
}

/**
 * Puts a runtime into the home and makes it the one in use, each by a rename; older ones go, what runs from them runs on.
 * @param mark tells what is not finished from what another process does
 */
export function placeRuntime(layout: KitLayout, runtime: RuntimeProgram, mark: string): void {
  const name = runtimeName(runtime.version, runtime.platform)
  const made = join(layout.runtimes, `new.${mark}`)
  mkdirSync(join(made, 'bin'), { recursive: true, mode: 0o700 })
  writeFileSync(join(made, 'bin/node'), runtime.bytes, { mode: 0o700, flush: true })
  chmodSync(join(made, 'bin/node'), 0o700)
  rmSync(join(layout.runtimes, name), { recursive: true, force: true })
  renameSync(made, join(layout.runtimes, name))
  const link = join(layout.runtimes, `current.${mark}`)
  rmSync(link, { force: true })
  symlinkSync(name, link)
  renameSync(link, layout.currentRuntime)
  for (const other of readdirSync(layout.runtimes)) {
    if (other !== name && /^(?:node-v|new\.|current\.)/.test(other))
      rmSync(join(layout.runtimes, other), { recursive: true, force: true })
  }
}
