import { chmodSync, lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../core/errors.ts'
import type { KitLayout } from './layout.ts'
import { runtimeName } from './layout.ts'
import { openWorkbench } from './workbench.ts'

/** A Node as it comes out of its package. */
export interface RuntimeProgram {
  readonly version: string
  readonly platform: string
  readonly bytes: Uint8Array
}

/** True when this runtime lies in the home, whole, and is the one in use. */
export function isRuntimePlaced(layout: KitLayout, runtime: RuntimeProgram): boolean {
  const name = runtimeName(runtime.version, runtime.platform)
  return currentRuntime(layout) === name && isProgram(join(layout.runtimes, name), runtime)
}

/**
 * Puts a runtime into the home and makes it the one in use, each by a rename; older ones go, what runs from them runs on.
 * What another process puts there meanwhile, this installer's like or the hub's of another host, stays.
 */
export function placeRuntime(layout: KitLayout, runtime: RuntimeProgram): void {
  const name = runtimeName(runtime.version, runtime.platform)
  const bench = openWorkbench(layout.runtimes)
  try {
    bench.place({
      ...{ name, link: layout.currentRuntime },
      isWhole: () => isProgram(join(layout.runtimes, name), runtime),
      make: path => write(path, runtime),
    })
    bench.clear(
      other => other.startsWith('node-v') && other !== name,
      other => other === currentRuntime(layout),
    )
  } finally {
    bench.close()
  }
}

function write(path: string, { bytes }: RuntimeProgram): void {
  const program = join(path, 'bin/node')
  mkdirSync(join(path, 'bin'), { recursive: true, mode: 0o700 })
  writeFileSync(program, bytes, { mode: 0o700, flush: true })
  chmodSync(program, 0o700)
}

function currentRuntime({ currentRuntime: link }: KitLayout): string | undefined {
  return lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(link) : undefined
}

function isProgram(place: string, { bytes }: RuntimeProgram): boolean {
  const program = join(place, 'bin/node')
  const standing = lstatSync(program, { throwIfNoEntry: false })
  if (standing?.size !== bytes.length || (standing.mode & 0o100) === 0) return false
  try {
    return readFileSync(program).equals(bytes)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false
    throw error
  }
}
