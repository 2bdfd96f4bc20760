import { createHash } from 'node:crypto'
import type { Digest } from '../../lib/core/entry.ts'
import { codeOf } from '../../lib/core/errors.ts'
import { join } from '../../lib/core/path.ts'
import type { Dentry, Inode } from './inode.ts'
import { inodeAt } from './resolve.ts'
import type { OpenHow } from './user.ts'
import { SimUser, SimWriter } from './user.ts'
import type { SimVolume } from './volume.ts'
import { inodesBelow } from './volume.ts'

const digests = new WeakMap<Uint8Array, Digest>()

/** The digest of content that nobody changes in place. */
export function digestOf(bytes: Uint8Array): Digest {
  const known = digests.get(bytes)
  if (known !== undefined) return known
  const digest = createHash('sha256').update(bytes).digest('hex')
  digests.set(bytes, digest)
  return digest
}

/** Content that somebody saved and that must be found as long as that person does not destroy it. */
export interface Owed {
  readonly path: string
  readonly bytes: Uint8Array
}

/** What the users of both hosts ever made, as far as an oracle must know it. */
export class Ledger {
  /** Every content that any file had after any call of a user: what may be seen under a root. */
  readonly states = new Set<Digest>()
  /** Every content that a user overwrote, removed or moved away somewhere: what may be taken away on the other side. */
  readonly gone = new Set<Digest>()
}

/** Other programs on one host, and a record of what they saved and did not destroy again. */
export class RecordedUser extends SimUser {
  readonly ledger: Ledger
  readonly owed = new Map<Digest, Owed>()
  /** Where dsync keeps content of its own, which is nobody's version; an absolute path. */
  readonly #slots: string
  /** What users made of inodes, whoever made the inodes. */
  readonly #written = new WeakMap<Inode, Set<Digest>>()
  /** Inodes that lost their last name by a user's doing. */
  readonly #abandoned = new WeakSet<Inode>()
  readonly #madeAt = new WeakMap<Inode, number>()

  constructor(volume: SimVolume, base: string, { ledger, slots }: { readonly ledger: Ledger; readonly slots: string }) {
    super(volume, base)
    this.ledger = ledger
    this.#slots = slots
    ledger.states.add(digestOf(new Uint8Array(0)))
  }

  override open(path: string, how: OpenHow, mode?: number): SimWriter {
    const before = this.#inodeAt(join(this.base, path), how !== 'new')
    const content = before?.data
    const writer = super.open(path, how, mode)
    const { inode } = writer.file
    const { era } = this.volume
    if (inode !== before) this.#madeAt.set(inode, this.volume.journal.length)
    if (content !== undefined && how === 'truncate') this.#changed(inode, content)
    return new RecordedWriter(writer, how === 'append', {
      changed: before => this.#changed(inode, before),
      closed: () => {
        if (this.volume.era === era) this.#closed(inode, path)
      },
    })
  }

  override rm(path: string): void {
    const inode = this.find(path)
    if (inode?.kind === 'file') this.ledger.gone.add(digestOf(inode.data))
    super.rm(path)
    if (inode !== undefined) this.#unnamed(inode)
  }

  override mv(from: string, to: string, how: 'replace' | 'exchange' = 'replace'): void {
    const replaced = how === 'replace' ? this.find(to) : undefined
    for (const moved of [this.find(from), this.find(to)]) if (moved !== undefined) this.#leaves(moved)
    super.mv(from, to, how)
    if (replaced !== undefined) this.#unnamed(replaced)
  }

  /**
   * The power was cut: what was not on the disk is owed no more.
   * @param cut cuts it
   * @returns files under the root that are not whole and that no user wrote
   */
  powerCut(cut: () => void): string[] {
    const certain = new Set<Digest>()
    const before = new Map<Inode, Uint8Array>()
    for (const { inode } of inodesBelow(this.volume.root)) {
      before.set(inode, inode.data)
      // A disk that failed to write it and then says all is written has taken it away itself.
      if (inode.poisoned) this.ledger.gone.add(digestOf(inode.data))
      const madeAt = this.#madeAt.get(inode)
      const isStored =
        madeAt !== undefined && madeAt <= this.volume.journal.committed && inode.durable.data === inode.data
      if (isStored) certain.add(digestOf(inode.data))
    }
    cut()
    const left = new Set<Digest>()
    const slots = this.#inodeAt(this.#slots, false)
    const half: string[] = []
    for (const { inode, parent, name } of inodesBelow(this.volume.root)) {
      if (inode.kind !== 'file') continue
      const digest = digestOf(inode.data)
      if (!this.#isOurs({ inode, parent, name }, slots)) left.add(digest)
      const directory = this.volume.pathOf(parent) ?? ''
      const was = before.get(inode)
      if (was !== undefined && digestOf(was) === digest) continue
      // What somebody had removed may be back, too.
      if (this.#written.has(inode)) this.ledger.states.add(digest)
      else if (was !== undefined && `${directory}/`.startsWith(`${this.base}/`)) half.push(`${directory}/${name}`)
    }
    for (const digest of this.owed.keys()) if (!left.has(digest) && !certain.has(digest)) this.owed.delete(digest)
    return half
  }

  #leaves(inode: Inode): void {
    if (inode.kind === 'file') this.ledger.gone.add(digestOf(inode.data))
    for (const below of inodesBelow(inode))
      if (below.inode.kind === 'file') this.ledger.gone.add(digestOf(below.inode.data))
  }

  #closed(inode: Inode, path: string): void {
    if (inode.data.length === 0 || this.#abandoned.has(inode)) return
    this.owed.set(digestOf(inode.data), { path, bytes: inode.data })
  }

  #changed(inode: Inode, before: Uint8Array): void {
    const digest = digestOf(inode.data)
    const written = this.#written.get(inode)
    if (written === undefined) this.#written.set(inode, new Set([digest]))
    else written.add(digest)
    this.ledger.states.add(digest)
    this.#destroyed(inode, before)
  }

  #unnamed(inode: Inode): void {
    if (inode.kind !== 'file' || this.#isNamed(inode)) return
    this.#abandoned.add(inode)
    this.#destroyed(inode, inode.data)
  }

  #isNamed(inode: Inode): boolean {
    if (inode.links === 0) return false
    const slots = this.#inodeAt(this.#slots, false)
    return [...inodesBelow(this.volume.root)].some(each => each.inode === inode && !this.#isOurs(each, slots))
  }

  /** A user took this content away; it is still owed if it stands elsewhere too. */
  #destroyed(from: Inode, bytes: Uint8Array): void {
    const digest = digestOf(bytes)
    this.ledger.gone.add(digest)
    if (!this.owed.has(digest)) return
    const slots = this.#inodeAt(this.#slots, false)
    for (const { inode, parent } of inodesBelow(this.volume.root)) {
      if (
        inode !== from &&
        parent !== slots &&
        inode.kind === 'file' &&
        inode.data.length === bytes.length &&
        digestOf(inode.data) === digest
      )
        return
    }
    this.owed.delete(digest)
  }

  /**
   * Content that dsync is about to put somewhere, or a second name of what it has put there: nobody's version. So is a
   * file no user made that is what its slot was named for, and was not made that by a user: what a user wrote into it
   * after a swap may have gone with the power.
   */
  #isOurs({ inode, parent, name }: Pick<Dentry, 'inode' | 'parent' | 'name'>, slots: Inode | undefined): boolean {
    if (parent !== slots) return false
    if (name.startsWith('part-') || name.startsWith('lane-')) return true
    const digest = digestOf(inode.data)
    const isUsers = this.#madeAt.has(inode) || this.#written.get(inode)?.has(digest) === true
    return !isUsers && name.startsWith(`in-${digest}-`)
  }

  #inodeAt(path: string, follow: boolean): Inode | undefined {
    try {
      return inodeAt(this.volume, path, follow)
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      return undefined
    }
  }
}

interface Told {
  readonly changed: (before: Uint8Array) => void
  readonly closed: () => void
}

class RecordedWriter extends SimWriter {
  readonly #told: Told
  #isOpen = true

  constructor(writer: SimWriter, appends: boolean, told: Told) {
    super(writer.file, appends)
    this.#told = told
  }

  override write(bytes: Uint8Array): void {
    const before = this.file.inode.data
    super.write(bytes)
    this.#told.changed(before)
  }

  override truncate(size: number): void {
    const before = this.file.inode.data
    super.truncate(size)
    this.#told.changed(before)
  }

  override close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    super.close()
    this.#told.closed()
  }
}
