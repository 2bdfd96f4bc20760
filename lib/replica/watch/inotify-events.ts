import { invariant } from '../../core/errors.ts'
import { fromBytes } from '../../core/path.ts'

/** Bits of `struct inotify_event.mask` and of inotify_add_watch(2). Source: linux/inotify.h. */
export const inotifyBits = {
  modify: 0x2,
  attributes: 0x4,
  closeWrite: 0x8,
  movedFrom: 0x40,
  movedTo: 0x80,
  create: 0x100,
  remove: 0x200,
  removeSelf: 0x400,
  moveSelf: 0x800,
  unmount: 0x2000,
  overflow: 0x4000,
  ignored: 0x8000,
  onlyDirectory: 0x0100_0000,
  dontFollow: 0x0200_0000,
  excludeUnlinked: 0x0400_0000,
  isDirectory: 0x4000_0000,
} as const

/** What a directory is watched for. Children that were unlinked but are still open are of no interest. */
export const watchMask =
  inotifyBits.modify |
  inotifyBits.attributes |
  inotifyBits.closeWrite |
  inotifyBits.movedFrom |
  inotifyBits.movedTo |
  inotifyBits.create |
  inotifyBits.remove |
  inotifyBits.removeSelf |
  inotifyBits.moveSelf |
  inotifyBits.onlyDirectory |
  inotifyBits.dontFollow |
  inotifyBits.excludeUnlinked

export interface InotifyEvent {
  /** The watch it belongs to; -1 for an overflow. */
  readonly watch: number
  readonly mask: number
  /** Equal in the two halves of a rename; else 0. */
  readonly cookie: number
  /** '' when it is about the watched directory itself. */
  readonly name: string
}

const headBytes = 16

/** Reads the events that one read(2) of an inotify descriptor gave. Anything but whole events is INVARIANT. */
export function parseInotifyEvents(bytes: Uint8Array): InotifyEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const events: InotifyEvent[] = []
  let at = 0
  while (at < bytes.length) {
    invariant(at + headBytes <= bytes.length, 'The kernel gave half an inotify event')
    const end = at + headBytes + view.getUint32(at + 12, true)
    invariant(end <= bytes.length, 'The kernel gave half a name in an inotify event')
    events.push({
      watch: view.getInt32(at, true),
      mask: view.getUint32(at + 4, true),
      cookie: view.getUint32(at + 8, true),
      name: nameIn(bytes.subarray(at + headBytes, end)),
    })
    at = end
  }
  return events
}

/** The name before the NUL bytes that pad it. */
function nameIn(padded: Uint8Array): string {
  const end = padded.indexOf(0)
  return fromBytes(end < 0 ? padded : padded.subarray(0, end))
}
