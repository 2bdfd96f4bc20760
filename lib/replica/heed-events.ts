import type { DirectoryKey, WatchEvent } from '../ports/watcher.ts'
import type { DirectoryNodes } from './directory-nodes.ts'
import { fenceKey } from './directory-nodes.ts'
import type { DirtyNames } from './dirty-names.ts'
import type { Fences } from './fences.ts'
import type { Listings } from './listings.ts'

/** Whom events concern. */
export interface Heeding {
  readonly nodes: DirectoryNodes
  readonly dirty: DirtyNames
  readonly listings: Listings
  readonly fences: Fences
  /** Told of what happens in directories of git's, whose keys are below zero. */
  readonly tracked: { heed(key: DirectoryKey, name: string | undefined): void }
  /** The root itself was removed, moved or unmounted. */
  readonly rootWent: () => void
  /** Events were dropped. */
  readonly lost: (why: string) => void
}

/** Takes watch events for what they are: hints where to look. */
export function heedEvents(events: readonly WatchEvent[], heeding: Heeding): void {
  const { nodes, dirty, tracked } = heeding
  for (const event of events) {
    if (event.directory !== undefined && event.directory < 0)
      tracked.heed(event.directory, 'name' in event ? event.name : undefined)
    if (event.kind === 'moved' && event.to < 0) tracked.heed(event.to, event.newName)
    switch (event.kind) {
      case 'lost':
        heedLoss(event, heeding)
        break
      case 'self':
        heedSelf(event, heeding)
        break
      case 'moved': {
        const from = nodes.byKey(event.directory)
        const to = nodes.byKey(event.to)
        if (from !== undefined) dirty.note(from, event.name, 'gone')
        if (to !== undefined) dirty.note(to, event.newName, 'closed', from && { node: from, name: event.name })
        break
      }
      default:
        if (event.directory === fenceKey) heeding.fences.seen(event.name)
        else {
          const node = nodes.byKey(event.directory)
          if (node !== undefined) dirty.note(node, event.name, event.kind)
        }
    }
  }
}

function heedSelf(event: WatchEvent & { kind: 'self' }, { nodes, dirty, listings, rootWent }: Heeding): void {
  const node = nodes.byKey(event.directory)
  if (node === nodes.root) rootWent()
  else if (node?.parent !== undefined) {
    dirty.note(node.parent, node.name, 'changed')
    listings.add(node, true)
  }
}

function heedLoss(event: WatchEvent & { kind: 'lost' }, { nodes, listings, lost }: Heeding): void {
  lost(event.why)
  const node = event.directory === undefined ? nodes.root : nodes.byKey(event.directory)
  if (node === undefined) return
  for (const each of event.below ? nodes.below(node) : [node]) listings.add(each, true)
}
