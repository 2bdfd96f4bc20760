import { createHash } from 'node:crypto'
import type { Path } from '../core/path.ts'
import { fromBytes } from '../core/path.ts'
import type { ReadHandle } from '../ports/disk.ts'

/** An index that is longer than this is not read (bytes): a million files. */
export const indexBytesLimit = 192 * 1024 * 1024

/** PATH_MAX: git checks out nothing longer (bytes). */
const pathBytesLimit = 4096

/** Read at once (bytes), and entries between two chances for others. */
const pieceBytes = 256 * 1024
const entriesAtOnce = 500

/** What an entry stands for: `directory` is another repository, by its commit. */
export type IndexKind = 'file' | 'directory'

/** What is wrong with an index, as the end of a sentence; undefined: nothing. */
export type IndexFlaw = string | undefined

/**
 * Reads the paths of a git index, versions 2 to 4, SHA-1 and SHA-256; directories that a sparse index holds in place of
 * what is not checked out are left out. Yields where others may take a turn. Trusts nothing: every length is bounded, and
 * what was given to `take` counts only when no flaw is returned. A disk that fails throws SyncError.
 * Source: gitformat-index(5) of git 2.47.
 * @param begin is called before the first entry, twice when the length of its digests had to be found out
 */
export function* readGitIndex(
  file: ReadHandle,
  { begin, take }: { readonly begin: () => void; readonly take: (path: Path, kind: IndexKind) => void },
): Generator<void, IndexFlaw, undefined> {
  const { size } = file.stat()
  if (size > indexBytesLimit) return `it is longer than ${indexBytesLimit / 1024 ** 2} MiB`
  begin()
  const flaw = yield* readWith(new Bytes(file, size, 20), take)
  if (flaw === undefined || flaw === splitFlaw) return flaw
  begin()
  const other = yield* readWith(new Bytes(file, size, 32), take)
  return other === undefined || other === splitFlaw ? other : flaw
}

const splitFlaw = 'it is split (`git update-index --no-split-index` makes it whole)'

function* readWith(bytes: Bytes, take: (path: Path, kind: IndexKind) => void): Generator<void, IndexFlaw, undefined> {
  if (!bytes.has(12) || bytes.number(0) !== 0x44495243) return 'it does not begin as one'
  const [version, count] = [bytes.number(4), bytes.number(8)]
  if (version < 2 || version > 4) return `its version ${version} is not known`
  bytes.skip(12)
  let previous: Uint8Array = new Uint8Array(0)
  let isSplit = false
  for (let read = 0; read < count; read++) {
    const entry = version === 4 ? packedEntry(bytes, previous) : paddedEntry(bytes)
    if (typeof entry === 'string') return entry
    const kind = kindOf(entry.mode)
    if (kind === undefined) return 'it holds an entry of no known kind'
    // Of a split index: what replaces an entry of the other file.
    if (entry.path.length === 0) isSplit = true
    else if (kind !== 'absent') take(fromBytes(entry.path), kind)
    previous = entry.path
    if (read % entriesAtOnce === entriesAtOnce - 1) yield
  }
  return extensionsFlaw(bytes) ?? bytes.checksumFlaw() ?? (isSplit ? noPath : undefined)
}

interface IndexEntry {
  readonly mode: number
  readonly path: Uint8Array
}

/** What precedes the path: times, identity, mode, owner and size, the digest, flags. */
function readFixed(bytes: Bytes): { readonly mode: number; readonly length: number } | undefined {
  const plain = 40 + bytes.digestBytes + 2
  if (!bytes.has(plain)) return undefined
  const isExtended = (bytes.byte(plain - 2) & 0x40) !== 0
  const length = plain + (isExtended ? 2 : 0)
  return bytes.has(length) ? { mode: bytes.number(24), length } : undefined
}

/** Versions 2 and 3: the path ends with one to eight zero bytes, so that the entry is a multiple of eight long. */
function paddedEntry(bytes: Bytes): IndexEntry | string {
  const fixed = readFixed(bytes)
  if (fixed === undefined) return tooShort
  const end = bytes.zeroFrom(fixed.length)
  if (end === undefined) return noPath
  const entry = { mode: fixed.mode, path: bytes.copy(fixed.length, end) }
  const length = (end + 8) & ~7
  if (!bytes.has(length)) return tooShort
  for (let at = end; at < length; at++) if (bytes.byte(at) !== 0) return noPath
  bytes.skip(length)
  return entry
}

/** Version 4: how much of the previous path to leave out at its end, then what to add. */
function packedEntry(bytes: Bytes, previous: Uint8Array): IndexEntry | string {
  const fixed = readFixed(bytes)
  if (fixed === undefined) return tooShort
  let at = fixed.length
  let dropped = 0
  for (let digits = 0; ; digits++) {
    if (digits > 3 || !bytes.has(at + 1)) return noPath
    const byte = bytes.byte(at++)
    dropped = digits === 0 ? byte & 0x7f : ((dropped + 1) << 7) | (byte & 0x7f)
    if ((byte & 0x80) === 0) break
  }
  const end = bytes.zeroFrom(at)
  if (end === undefined || dropped > previous.length) return noPath
  const path = Buffer.concat([previous.subarray(0, previous.length - dropped), bytes.copy(at, end)])
  if (path.length > pathBytesLimit) return noPath
  bytes.skip(end + 1)
  return { mode: fixed.mode, path }
}

const tooShort = 'it ends too early'
const noPath = 'it holds an entry without a path'

/** Regular files and links, other repositories, and what a sparse index leaves out. */
function kindOf(mode: number): IndexKind | 'absent' | undefined {
  switch (mode >>> 12) {
    case 0o10:
    case 0o12:
      return 'file'
    case 0o16:
      return 'directory'
    case 0o04:
      return 'absent'
    default:
      return undefined
  }
}

/** Extensions say nothing of paths, but for one: the entries are in another file. */
function extensionsFlaw(bytes: Bytes): IndexFlaw {
  while (bytes.left > 0) {
    if (!bytes.has(8)) return tooShort
    const [name, length] = [bytes.number(0), bytes.number(4)]
    if (name === 0x6c696e6b) return splitFlaw
    if (8 + length > bytes.left) return tooShort
    bytes.skip(8 + length)
  }
  return undefined
}

/** The bytes of an index but for the checksum at its end, piece by piece, from a place that only moves on. */
class Bytes {
  readonly digestBytes: number
  readonly #file: ReadHandle
  readonly #end: number
  readonly #hash
  #window: Buffer = Buffer.alloc(0)
  /** Where the window begins in the file, and the place in the window. */
  #start = 0
  #at = 0

  constructor(file: ReadHandle, size: number, digestBytes: 20 | 32) {
    this.digestBytes = digestBytes
    this.#file = file
    this.#end = size - digestBytes
    this.#hash = createHash(digestBytes === 20 ? 'sha1' : 'sha256')
  }

  /** Bytes from the place on. */
  get left(): number {
    return this.#end - this.#start - this.#at
  }

  /** Makes sure that so many bytes from the place on can be looked at. */
  has(length: number): boolean {
    if (length > this.left) return false
    while (this.#at + length > this.#window.length) if (!this.#more()) return false
    return true
  }

  byte(at: number): number {
    return this.#window[this.#at + at] ?? 0
  }

  number(at: number): number {
    return this.#window.readUInt32BE(this.#at + at)
  }

  copy(from: number, to: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#window, this.#at + from, this.#at + to)
  }

  /** Where the first zero byte is, from the place on; undefined: no path is that long. */
  zeroFrom(from: number): number | undefined {
    for (let at = from; at <= from + pathBytesLimit && this.has(at + 1); at++) if (this.byte(at) === 0) return at
    return undefined
  }

  skip(length: number): void {
    this.#at += length
    while (this.#at > this.#window.length && this.#more());
  }

  /** Of everything before it. Zeros stand for none: `index.skipHash`. */
  checksumFlaw(): IndexFlaw {
    while (this.#start + this.#window.length < this.#end && this.#more());
    const said = Buffer.from(this.#file.read(this.#end, this.digestBytes))
    if (said.length < this.digestBytes) return tooShort
    const isSaid = said.some(byte => byte !== 0)
    return isSaid && !this.#hash.digest().equals(said) ? 'its checksum is wrong' : undefined
  }

  /** The next piece; what lies before the place goes. */
  #more(): boolean {
    const from = this.#start + this.#window.length
    const piece = this.#file.read(from, Math.min(pieceBytes, this.#end - from))
    if (piece.length === 0) return false
    this.#hash.update(piece)
    const kept = Math.min(this.#at, this.#window.length)
    this.#window = Buffer.concat([this.#window.subarray(kept), piece])
    this.#start += kept
    this.#at -= kept
    return true
  }
}
