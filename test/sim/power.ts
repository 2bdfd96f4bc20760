import type { Dentry, Inode } from './inode.ts'
import { noBytes, uncovered } from './inode.ts'
import { persist, stored } from './open-file.ts'
import type { Random } from './random.ts'
import type { SimVolume } from './volume.ts'
import { inodesBelow } from './volume.ts'

/** What a power cut did. */
export interface PowerLoss {
  /** Changes of names and modes that are undone. */
  readonly undone: number
  /** Files whose content is not what it was before the cut. */
  readonly spoiled: readonly { readonly path: string; readonly was: Uint8Array; readonly is: Uint8Array }[]
}

/** Makes everything written so far durable (syncfs), in two halves: what `begin` saw is on the disk once `finish` ran. */
export function beginFlush(volume: SimVolume): { readonly finish: () => void; readonly fail: () => void } {
  const position = volume.journal.length
  const contents = [...volume.dirty].map(inode => [inode, stored(inode)] as const)
  return {
    finish() {
      volume.journal.commit(position)
      for (const [inode, content] of contents) persist(volume, inode, content)
    },
    fail() {
      for (const [inode] of contents) inode.poisoned = true
    },
  }
}

/**
 * The power goes and comes back. Names and modes: the journal keeps all that was committed and a random part of what
 * came after, in order. Content that was not synced: per file the old, none, zeros, the new, or a piece of it.
 *
 * Measured on ext4: content renamed over a file survives; exchanged, linked or renamed to a free name without a sync,
 * 0 bytes do.
 */
export function powerCut(volume: SimVolume, random: Random): PowerLoss {
  const { journal } = volume
  const kept = random.pick([journal.committed, journal.length, random.between(journal.committed, journal.length)])
  const undone = journal.length - kept
  journal.rewind(kept)
  const spoiled: { path: string; was: Uint8Array; is: Uint8Array }[] = []
  const seen = new Set<Inode>()
  for (const dentry of inodesBelow(volume.root)) {
    for (const inode of [dentry.inode, uncovered(dentry.inode)]) {
      if (seen.has(inode)) continue
      seen.add(inode)
      const was = inode.data
      if (recover(inode, kept, random)) spoiled.push({ path: pathOf(volume, dentry), was, is: inode.data })
    }
  }
  volume.restart()
  return { undone, spoiled }
}

function pathOf(volume: SimVolume, dentry: Dentry): string {
  return `${volume.pathOf(dentry.parent) ?? ''}/${dentry.name}`.replace('//', '/')
}

/** Brings an inode into the state it is found in; true when that has other content than before. */
function recover(inode: Inode, kept: number, random: Random): boolean {
  const before = inode.data
  if (inode.data !== inode.durable.data) {
    const data = survivor(inode, kept, random)
    if (data !== inode.data && random.chance(0.5)) {
      inode.mtimeMs = inode.durable.mtimeMs
      inode.ctimeMs = inode.durable.ctimeMs
    }
    inode.data = data
  }
  inode.durable = stored(inode)
  inode.ordered = undefined
  inode.poisoned = false
  inode.holders = 0
  inode.writers = 0
  return !equal(before, inode.data)
}

function survivor(inode: Inode, kept: number, random: Random): Uint8Array {
  const { data, durable, ordered, poisoned } = inode
  const written = ordered !== undefined && ordered.at < kept && !poisoned ? ordered.data : undefined
  if (written === data) return data
  const floor = written ?? durable.data
  const choices =
    inode.cuts !== durable.cuts
      ? [floor, noBytes, noBytes, new Uint8Array(data.length)]
      : [floor, floor, padded(floor, data.length), torn(floor, data, random)]
  if (!poisoned) choices.push(data)
  return random.pick(choices)
}

/** The size reached the disk, the rest of the content did not. */
function padded(floor: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(Math.max(floor.length, length))
  result.set(floor)
  return result
}

/** A first part of the new content over the old one. */
function torn(floor: Uint8Array, data: Uint8Array, random: Random): Uint8Array {
  const part = data.subarray(0, random.int(data.length + 1))
  const result = new Uint8Array(Math.max(floor.length, part.length))
  result.set(floor)
  result.set(part)
  return result
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && a.every((byte, i) => byte === b[i]))
}
