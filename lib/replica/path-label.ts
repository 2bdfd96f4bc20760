import { fromBytes, toBytes } from '../core/path.ts'
import type { Path } from '../core/path.ts'
import { isPath } from './stored-entry.ts'

/**
 * A path as a piece of a name: printable ASCII as it is, save '/' and '%', every other byte as %XX. What is renamed
 * under a name with a label keeps its path through a power cut, as no line written beside it does without a sync.
 * @param room the label may take this much (bytes)
 * @returns '' when it takes more
 */
export function labelOf(path: Path, room: number): string {
  if (path.length > room) return ''
  let label = ''
  for (const byte of toBytes(path)) label += labels[byte] ?? ''
  return label.length > room ? '' : label
}

/** The path that a label tells; '' when it tells none. */
export function labelledPath(label: string): Path {
  const bytes: number[] = []
  for (let at = 0; at < label.length; at++) {
    const isEscape = label[at] === '%'
    bytes.push(isEscape ? Number.parseInt(label.slice(at + 1, at + 3), 16) : label.charCodeAt(at))
    if (isEscape) at += 2
  }
  const path = fromBytes(Uint8Array.from(bytes))
  return isPath(path) && labelOf(path, Infinity) === label ? path : ''
}

const labels: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x2f && byte !== 0x25
  return isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`
})
