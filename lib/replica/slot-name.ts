import type { Digest } from '../core/entry.ts'
import type { Path } from '../core/path.ts'
import { labelOf, labelledPath } from './path-label.ts'

/**
 * Slots hold what is about to be put at a path, and then what was captured there. Their names say what may be done
 * with them, also after a crash:
 *
 * - `part-<digest>-<id>` content on its way in: ours, may be deleted at any time, and never swapped with anything.
 * - `lane-<digest>-<id>` the same, written by another program: the next start goes on with it.
 * - `in-<digest>-<id>`, `link-<digest>-<id>` whole content, or a link by the digest of its target. Ours while the
 *   content has that digest; else it came out of a swap and is somebody's.
 * - `out-<id>` something captured: somebody's.
 *
 * What is swapped has the label of its path at the end, where there is room for it.
 */
export type SlotKind = 'part' | 'lane' | 'in' | 'link' | 'out'

export interface SlotName {
  /** Undefined for a name that is none of ours. */
  readonly kind: SlotKind | undefined
  /** '' of an `out` slot. */
  readonly digest: Digest
  readonly id: string
  /** '' when the name does not tell it. */
  readonly path: Path
}

/** @param nameBytes how long a name may be */
export function slotName(parts: SlotName & { readonly kind: SlotKind }, nameBytes: number): string {
  const { kind, digest, id, path } = parts
  const plain = digest === '' ? `${kind}-${id}` : `${kind}-${digest}-${id}`
  const label = labelOf(path, nameBytes - plain.length - 1)
  return label === '' ? plain : `${plain}-${label}`
}

export function parsedSlot(slot: string): SlotName {
  const [, kind, digest = '', id = '', label = ''] = slotPattern.exec(slot) ?? []
  const isKind = kind === 'part' || kind === 'lane' || kind === 'in' || kind === 'link' || kind === 'out'
  return { kind: isKind ? kind : undefined, digest, id, path: labelledPath(label) }
}

const slotPattern = /^(part|lane|in|link|out)(?:-([0-9a-f]{64}))?-([0-9a-z]{9}-[0-9a-z]{3})(?:-(.+))?$/
