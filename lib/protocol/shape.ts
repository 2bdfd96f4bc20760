import { messageDepthLimit, messageValuesLimit } from './bounds.ts'
import { violation } from './violation.ts'

/**
 * Refuses msgpack that would make the decoder allocate more than the bytes warrant: arrays that announce more values
 * than bytes follow, deep nesting (the decoder has no limit of its own), and the maps and extensions we never send.
 * Source: the msgpack specification, https://github.com/msgpack/msgpack/blob/master/spec.md.
 */
export function checkShape(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  /** Values still to come in each open array. */
  const open: number[] = []
  let at = 0
  let values = 0
  do {
    const left = bytes.length - at
    const size = left > 0 ? sizeOf(view, at) : -1
    if (size < 0 || size > left) throw violation('it sent a message that is cut short or of a kind we do not use')
    if (++values > messageValuesLimit) throw violation(`it sent a message of more than ${messageValuesLimit} values`)
    const items = itemsOf(view, at)
    at += size
    if (items > 0) {
      if (open.length === messageDepthLimit) throw violation(`it sent lists nested deeper than ${messageDepthLimit}`)
      open.push(items)
    } else closeFull(open)
  } while (open.length > 0)
  if (at !== bytes.length) throw violation('it sent more in a frame than one message')
}

function closeFull(open: number[]): void {
  for (let top = open.length - 1; top >= 0; top--) {
    const left = (open[top] as number) - 1
    open[top] = left
    if (left > 0) return
    open.pop()
  }
}

/** Bytes of the value at `at`, an array's items left out; -1 for what we never send or cannot see whole. */
function sizeOf(view: DataView, at: number): number {
  const head = view.getUint8(at)
  const left = view.byteLength - at
  if (head < 0x80 || head >= 0xe0 || head === 0xc0 || head === 0xc2 || head === 0xc3) return 1
  if (head >= 0x90 && head < 0xa0) return 1
  if (head >= 0xa0 && head < 0xc0) return 1 + head - 0xa0
  switch (head) {
    case 0xc4:
    case 0xd9:
      return left < 2 ? -1 : 2 + view.getUint8(at + 1)
    case 0xc5:
    case 0xda:
      return left < 3 ? -1 : 3 + view.getUint16(at + 1)
    case 0xc6:
    case 0xdb:
      return left < 5 ? -1 : 5 + view.getUint32(at + 1)
    case 0xcc:
    case 0xd0:
      return 2
    case 0xcd:
    case 0xd1:
    case 0xdc:
      return 3
    case 0xca:
    case 0xce:
    case 0xd2:
    case 0xdd:
      return 5
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return 9
    default:
      return -1
  }
}

/** How many values the array at `at`, whose head is known to be whole, announces; 0 for anything else. */
function itemsOf(view: DataView, at: number): number {
  const head = view.getUint8(at)
  if (head >= 0x90 && head < 0xa0) return head - 0x90
  if (head === 0xdc) return view.getUint16(at + 1)
  return head === 0xdd ? view.getUint32(at + 1) : 0
}
