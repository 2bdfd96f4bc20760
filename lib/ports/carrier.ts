import type { Side } from '../core/operation.ts'
import type { Path } from '../core/path.ts'

/** Carries large files between the two hosts of a session by a connection of its own (rsync over ssh). */
export interface Carrier {
  /** Files from this size on are worth a connection (bytes). */
  readonly fromBytes: number
  /** Why nothing can be carried now; undefined when it can. Both hosts are asked once, until `forget`. Never rejects. */
  check(): Promise<Obstacle | undefined>
  /** What was found may be so no longer. */
  forget(): void
  /** Begins to write a file's content into a slot. What comes of it is trusted only by its digest. */
  carry(load: Load): Carriage
}

export interface Load {
  /** The side of the slot; the file is on the other one. */
  readonly to: Side
  readonly path: Path
  /** Absolute, on the slot's host. */
  readonly slot: string
  /** Of the file (bytes): more is not taken. */
  readonly size: number
  /** The slot holds something that may be like the file. */
  readonly hasBasis: boolean
  /** Told now and then how much of the file was dealt with (bytes). */
  readonly progress: (bytes: number) => void
}

/** One file on its way. */
export interface Carriage {
  /** Settles when nothing writes to the slot on this host any more; never rejects. */
  readonly ended: Promise<CarriageEnd>
  /** May be called twice and at any time. */
  stop(): void
}

export type CarriageEnd =
  /** With how many bytes of the file had to be sent, where that is known. */
  | { readonly is: 'done'; readonly sent: number | undefined }
  /** It cannot be done with this file. */
  | { readonly is: 'failed'; readonly why: string }
  | Obstacle

/** `lost`: there is no connection, and another attempt goes on from here · `unusable`: a person must install something. */
export interface Obstacle {
  readonly is: 'lost' | 'unusable'
  readonly why: string
}
