import { codeOf } from '../core/errors.ts'
import { exemptLimit } from '../core/limits.ts'
import type { Path } from '../core/path.ts'
import { checkPath } from '../core/path.ts'
import type { Disk } from '../ports/disk.ts'

/** What a session said for another host: all that is exempt, and what of it indexes beyond this host name. */
export interface Told {
  readonly paths: ReadonlySet<Path>
  readonly theirs: ReadonlySet<Path>
}

export interface TrackedMemory {
  readonly named: readonly Path[]
  readonly told: ReadonlyMap<string, Told>
}

const fileName = 'tracked'
const format = 'dsync tracked 1'

/** Beyond this it is no file of ours (bytes). */
const bytesLimit = 64 * 1024 * 1024

/**
 * Writes what is exempt, if it is other than what was last written: undefined when that is not known.
 * @returns what is written now
 */
export function saveTracked(work: Disk, { named, told }: TrackedMemory, written: string | undefined): string {
  const hosts = [...told].map(([host, { paths, theirs }]) => [host, [...paths], [...theirs]])
  const text = named.length === 0 && hosts.length === 0 ? '' : JSON.stringify([format, named, hosts])
  if (text === written) return written
  const handle = work.open('')
  try {
    removeIfThere(handle, `${fileName}.new`)
    if (text === '') {
      removeIfThere(handle, fileName)
      return text
    }
    const file = handle.create(`${fileName}.new`)
    try {
      file.write(new TextEncoder().encode(text))
      file.sync()
    } finally {
      file.close()
    }
    handle.rename(`${fileName}.new`, handle, fileName, 'replace')
    return text
  } finally {
    handle.close()
  }
}

/** Undefined: nothing was, or it cannot be read. */
export function readTracked(work: Disk): TrackedMemory | undefined {
  try {
    const handle = work.open('')
    try {
      const file = handle.read(fileName)
      try {
        return parsed(new TextDecoder().decode(file.read(0, Math.min(file.stat().size, bytesLimit))))
      } finally {
        file.close()
      }
    } finally {
      handle.close()
    }
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined || code === 'INVARIANT') throw error
    return undefined
  }
}

function parsed(text: string): TrackedMemory | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!Array.isArray(value) || value[0] !== format || !Array.isArray(value[2])) return undefined
    const told = new Map<string, Told>()
    for (const each of value[2] as readonly unknown[]) {
      if (!Array.isArray(each) || typeof each[0] !== 'string') return undefined
      told.set(each[0], { paths: new Set(pathsOf(each[1])), theirs: new Set(pathsOf(each[2])) })
    }
    return { named: pathsOf(value[1]), told }
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'PATH_INVALID') return undefined
    throw error
  }
}

/** Throws PATH_INVALID, and SyntaxError for what is no list of texts. */
function pathsOf(value: unknown): readonly Path[] {
  if (!Array.isArray(value) || value.length > exemptLimit) throw new SyntaxError('no list of paths')
  return value.map(path => {
    if (typeof path !== 'string' || path === '') throw new SyntaxError('no path')
    checkPath(path)
    return path
  })
}

function removeIfThere(handle: ReturnType<Disk['open']>, name: string): void {
  if (handle.lookup(name) !== undefined) handle.unlink(name)
}
