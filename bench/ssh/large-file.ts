import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Sides } from '../changes.ts'
import { edits } from '../edits.ts'
import { flushedSeconds } from '../flushed.ts'
import { until } from '../until.ts'
import type { Ground } from './ground.ts'
import type { Peer } from './peer.ts'
import { copyMs } from './peer.ts'

const directory = 'large'
const name = `${directory}/file.bin`
const blockBytes = 4 * 2 ** 20
const lookMs = 5

/** How many bytes are changed in the middle of it. */
const changedBytes = 20

/** Makes the directory for a large file on both sides. */
export async function prepareLarge({ from, to }: Ground, peer: Peer): Promise<void> {
  mkdirSync(join(from, directory))
  if (peer.stand === undefined) mkdirSync(join(to, directory))
  else await until('the directory of the large file is there', () => existsSync(join(to, directory)), 120_000)
}

/**
 * Moves a new file that nothing compresses into the tree, whole, and saves small files until it is on the other side.
 *
 * @returns seconds until it is visible and flushed, and what each edit took that began meanwhile (ms)
 */
export async function newLarge(
  ground: Ground,
  peer: Peer,
  { bytes, paths }: { readonly bytes: number; readonly paths: readonly string[] },
): Promise<{ readonly seconds: number; readonly meanwhile: readonly number[] }> {
  const { from, to, beside } = ground
  const made = join(beside, 'file.bin')
  writeRandom(made, bytes)
  let arrived = false
  let saving: Promise<number[]> = Promise.resolve([])
  const seconds = await flushedSeconds(from, async () => {
    renameSync(made, join(from, name))
    const copying = peer.stand === undefined ? peer.copy(directory) : undefined
    if (peer.stand !== undefined) saving = savingUntil(ground, paths, () => arrived)
    try {
      await until('the large file is there', () => sizeOf(join(to, name)) === bytes, copyMs, lookMs)
    } finally {
      arrived = true
      await copying
    }
  })
  compareWhole(ground)
  return { seconds, meanwhile: await saving }
}

/** Changes a few bytes in the middle. Returns seconds until they are visible and flushed. */
export async function changeLarge(ground: Ground, peer: Peer, bytes: number): Promise<number> {
  const { from, to } = ground
  const [content, at] = [randomBytes(changedBytes), Math.floor(bytes / 2)]
  const seconds = await flushedSeconds(from, async () => {
    const file = openSync(join(from, name), 'r+')
    writeSync(file, content, 0, changedBytes, at)
    closeSync(file)
    const copying = peer.stand === undefined ? peer.copy(directory) : undefined
    try {
      await until('the change in the large file is there', () => holds(join(to, name), content, at), copyMs, lookMs)
    } finally {
      await copying
    }
  })
  compareWhole(ground)
  return seconds
}

function savingUntil(sides: Sides, paths: readonly string[], arrived: () => boolean): Promise<number[]> {
  const { from, to } = sides
  const saving = edits({ from, to, paths, count: Infinity, warmUps: 0, limitMs: copyMs, enough: arrived })
  // Who waits for it comes after the large file.
  saving.catch(() => {})
  return saving
}

function writeRandom(path: string, bytes: number): void {
  const file = openSync(path, 'wx')
  for (let at = 0; at < bytes; at += blockBytes) writeSync(file, randomBytes(Math.min(blockBytes, bytes - at)))
  closeSync(file)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1
}

function holds(path: string, content: Buffer, at: number): boolean {
  if (sizeOf(path) < 0) return false
  return blockOf(path, at, content.length).equals(content)
}

function blockOf(path: string, at: number, bytes: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const block = Buffer.alloc(bytes)
    return block.subarray(0, readSync(file, block, 0, bytes, at))
  } finally {
    closeSync(file)
  }
}

function compareWhole({ from, to }: Sides): void {
  const [one, other] = [join(from, name), join(to, name)]
  for (let at = 0; at < sizeOf(one); at += blockBytes)
    if (!blockOf(one, at, blockBytes).equals(blockOf(other, at, blockBytes)))
      throw new Error('The large file is another on the other side')
}
