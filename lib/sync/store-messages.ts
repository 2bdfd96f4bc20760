import type { Boots } from '../ports/store.ts'

/** What a store's thread is started with. */
export interface StoreData {
  /** Absolute path of the database. */
  readonly file: string
}

/** One order for the thread. Those of a batch are carried out in order, writes that follow each other in one transaction. */
export type StoreRequest = StoreWrite | StoreLoad

export type StoreWrite =
  /** Journal lines, numbered on from `first`, flat: see `flatLines`. */
  | { readonly do: 'append'; readonly session: string; readonly first: number; readonly lines: readonly LineValue[] }
  | { readonly do: 'fold'; readonly session: string; readonly mark: number }
  | { readonly do: 'save-conflict'; readonly session: string; readonly path: string; readonly body: Uint8Array }
  | { readonly do: 'remove-conflict'; readonly session: string; readonly path: string }
  | { readonly do: 'clear'; readonly session: string }

/** Answered by `rows`, each to be acknowledged, and at the end by `loaded` or `unloaded`. */
export interface StoreLoad {
  readonly do: 'load'
  readonly session: string
  /** Tells the answers to this load from others. */
  readonly load: number
  readonly boots: Boots
  /** What was loaded before makes no tree: the session is damaged, whatever its checksums say. */
  readonly distrusted: boolean
}

export type StoreOrder =
  | { readonly type: 'batch'; readonly batch: number; readonly requests: readonly StoreRequest[] }
  /** One `rows` report was dealt with. */
  | { readonly type: 'taken' }
  /** Close the database, and say so; nothing is ordered after this. */
  | { readonly type: 'close' }

export type StoreReport =
  | { readonly type: 'closed' }
  | { readonly type: 'done'; readonly batch: number; readonly failure: StoreFailure | undefined }
  /** Rows of the tree as a message of the wire's codec. */
  | { readonly type: 'rows'; readonly load: number; readonly message: Uint8Array }
  | { readonly type: 'loaded'; readonly load: number; readonly found: Loaded }
  | { readonly type: 'unloaded'; readonly load: number; readonly failure: StoreFailure }

/** What a load found besides the rows. */
export interface Loaded {
  /** There is an ancestor, be it empty. */
  readonly ancestor: boolean
  /** The journal's end. */
  readonly last: number
  readonly conflicts: readonly { readonly path: string; readonly body: Uint8Array }[]
  readonly damaged: boolean
}

export interface StoreFailure {
  readonly code: string
  readonly message: string
}

export type LineValue = string | number
