import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { codeOf } from '../core/errors.ts'
import type { KitHome } from './kit-home.ts'
import { readPrivateFile } from './private-file.ts'

/** A name of this home that no other has: by it a host notices that it reached itself, and whose hub a hub is. */
export function homeId(home: KitHome): string {
  const file = join(home.state, 'home-id')
  return readId(file) ?? madeId(file)
}

function readId(file: string): string | undefined {
  const known = readPrivateFile(file)?.trim()
  return known !== undefined && /^[0-9a-f]{32}$/.test(known) ? known : undefined
}

/** Several processes may make one at the same time: the first that is linked counts for all of them. */
function madeId(file: string): string {
  const made = randomBytes(16).toString('hex')
  const part = `${file}.${made}.part`
  writeFileSync(part, `${made}\n`, { flag: 'wx', mode: 0o600, flush: true })
  try {
    linkSync(part, file)
    return made
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    const theirs = readId(file)
    if (theirs !== undefined) return theirs
    // What stands there is no id.
    renameSync(part, file)
    return made
  } finally {
    rmSync(part, { force: true })
  }
}
