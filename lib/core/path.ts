import { SyncError } from './errors.ts'
import { nameBytesLimit, pathDepthLimit } from './limits.ts'

/**
 * A path inside a root: component names joined by '/', '' for the root itself. Never absolute, never '.' or '..'.
 *
 * A name is a string that round-trips its bytes: UTF-8 as is, any other byte as a lone low surrogate U+DC80–DCFF
 * (the scheme of Python's PEP 383). Only the disk port and the wire convert.
 */
export type Path = string

export function join(parent: Path, name: string): Path {
  return parent === '' ? name : `${parent}/${name}`
}

/** The path of the directory that holds `path`; '' for a top-level entry. The root has no parent: do not ask. */
export function parentOf(path: Path): Path {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

export function nameOf(path: Path): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function components(path: Path): string[] {
  return path === '' ? [] : path.split('/')
}

/** True when `path` is `directory` or lies below it. */
export function isWithin(path: Path, directory: Path): boolean {
  return directory === '' || path === directory || (path.startsWith(directory) && path[directory.length] === '/')
}

/** True when one of the two is the other or lies below it. */
export function overlaps(a: Path, b: Path): boolean {
  return isWithin(a, b) || isWithin(b, a)
}

/** `path`, which lies within `from`, as it is called once `from` has become `to`. */
export function rebase(path: Path, from: Path, to: Path): Path {
  if (path === from) return to
  return join(to, from === '' ? path : path.slice(from.length + 1))
}

const encoder = new TextEncoder()
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The bytes of a name or path. Throws PATH_INVALID for a lone surrogate outside U+DC80–DCFF, which no byte maps to. */
export function toBytes(name: string): Uint8Array<ArrayBuffer> {
  if (name.isWellFormed()) return encoder.encode(name)
  const bytes: number[] = []
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00)
    else if (code >= 0xd800 && code <= 0xdfff) {
      throw new SyncError('PATH_INVALID', `Cannot encode the name ${JSON.stringify(name)}: it holds a lone surrogate`)
    } else bytes.push(...encoder.encode(character))
  }
  return Uint8Array.from(bytes)
}

/** The name of some bytes: `toBytes(fromBytes(b))` is `b` for any `b`. */
export function fromBytes(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    return fromBrokenBytes(bytes)
  }
}

/** Decodes each maximal valid UTF-8 sequence as it is and every other byte as a lone surrogate. */
function fromBrokenBytes(bytes: Uint8Array): string {
  let text = ''
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0))
      at += 1
    } else {
      text += strictDecoder.decode(bytes.subarray(at, at + length))
      at += length
    }
  }
  return text
}

/** The length of the valid UTF-8 sequence that starts at `at`, or 0. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length === 0 || at + length > bytes.length) return 0
  try {
    strictDecoder.decode(bytes.subarray(at, at + length))
    return length
  } catch {
    return 0
  }
}

/**
 * Refuses a name that the other side may not use: empty, '.', '..', with '/' or NUL, too long, or not what its own
 * bytes decode to (a second spelling of one name would be two entries of a tree and one of a disk).
 * Sources: POSIX.1-2017 3.271; NAME_MAX is 255 bytes on every disk we serve.
 */
export function checkName(name: string): void {
  const flaw = flawOf(name)
  if (flaw !== undefined) {
    throw new SyncError('PATH_INVALID', `Cannot accept the name ${JSON.stringify(name)}: ${flaw}`, { verdict: 'halt' })
  }
}

function flawOf(name: string): string | undefined {
  if (name === '') return 'it is empty'
  if (name === '.' || name === '..') return 'it is a dot name'
  if (name.includes('/')) return 'it holds a slash'
  if (name.includes('\0')) return 'it holds a NUL byte'
  if (!isCanonical(name)) return 'no bytes decode to it'
  if (toBytes(name).length > nameBytesLimit) return `it is longer than ${nameBytesLimit} bytes`
  return undefined
}

/** Lone surrogates that stand for no byte. */
const byteless = /[\ud800-\udc7f\udd00-\udfff]/u

function isCanonical(name: string): boolean {
  return name.isWellFormed() || (!byteless.test(name) && fromBytes(toBytes(name)) === name)
}

/** Refuses a path that came from the other side and is not plainly inside a root. '' is the root and allowed. */
export function checkPath(path: Path): void {
  const names = components(path)
  if (names.length > pathDepthLimit) {
    throw new SyncError(
      'PATH_INVALID',
      `Cannot accept a path of ${names.length} components: the limit is ${pathDepthLimit}`,
      { verdict: 'halt' },
    )
  }
  for (const name of names) checkName(name)
}
