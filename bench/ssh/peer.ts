import type { Ground } from './ground.ts'

export const peerNames = ['rsync', 'dsync', 'unison', 'syncthing'] as const
export type PeerName = (typeof peerNames)[number]

/** A process of a peer, and on which of the two hosts it is. */
export interface Running {
  readonly name: string
  readonly pid: number
  readonly at: 'here' | 'there'
}

/** A program that copies a tree to another host, on a ground of its own. Methods are called in this order, once each but `copy`. */
export interface Peer {
  /** What of its version and settings its figures depend on. */
  readonly setting: string
  /** Starts what runs before the clock does. */
  prepare(): Promise<void>
  /** Brings a directory of the tree (default: all of it) to the other host; both agree when it returns. */
  copy(directory?: string): Promise<void>
  /** Keeps both the same from now on. Without it the peer copies when it is told to, and nothing else. */
  readonly stand?: () => Promise<void>
  /** What runs while it stands. */
  running(): Promise<readonly Running[]>
  close(): Promise<void>
}

export interface PeerOptions {
  readonly ground: Ground
  /** How many files the tree has. */
  readonly files: number
  /** A built kit. */
  readonly kit: string
}

/** How long the copy of a tree or of a file may take at most (ms). */
export const copyMs = 20 * 60_000
