import { getSystemErrorName } from 'node:util'
import { SyncError } from '../../core/errors.ts'
import { toBytes } from '../../core/path.ts'
import type { Koffi } from '../koffi.ts'

/** The system calls of inotify(7), on raw descriptors. Node's own calls do not take these under Deno. */
export interface InotifyCalls {
  /** A new inotify descriptor, non-blocking. Throws `EMFILE` when the user has no instance left. */
  init(): number
  /** The watch number of the directory at `path`, or the errno's name. A link in the last component is `ENOTDIR`. */
  add(descriptor: number, path: string, mask: number): number | `E${string}`
  remove(descriptor: number, watch: number): void
  /** Fills `buffer` with whole events; 0 when none is waiting. */
  read(descriptor: number, buffer: Uint8Array): number
  /** Waits for input on any of the descriptors, at most `timeoutMs`; tells for each whether it has some. */
  wait(descriptors: readonly number[], timeoutMs: number): boolean[]
  /** A descriptor that is quiet until `signal` is called on it. */
  createSignal(): number
  signal(descriptor: number): void
  close(descriptor: number): void
}

const nonBlocking = 0o4000
const closeOnExec = 0o2000000
const pollIn = 1

/** Throws when this libc has no inotify (macOS). */
export function inotifyCalls(koffi: Koffi): InotifyCalls {
  const libc = koffi.load(null)
  const init = libc.func('inotify_init1', 'int', ['int'])
  const add = libc.func('inotify_add_watch', 'int', ['int', 'const void *', 'uint32_t'])
  const remove = libc.func('inotify_rm_watch', 'int', ['int', 'int'])
  const read = libc.func('read', 'long', ['int', 'void *', 'size_t'])
  const write = libc.func('write', 'long', ['int', 'const void *', 'size_t'])
  const poll = libc.func('poll', 'int', ['void *', 'unsigned long', 'int'])
  const eventfd = libc.func('eventfd', 'int', ['uint', 'int'])
  const close = libc.func('close', 'int', ['int'])

  const errno = () => getSystemErrorName(-koffi.errno()) as `E${string}`
  const checked = (result: number, what: string) => {
    if (result < 0) throw new SyncError(errno(), `Cannot ${what}`, { verdict: 'retry' })
    return result
  }

  return {
    init: () => checked(init(nonBlocking | closeOnExec), 'make an inotify instance'),
    add(descriptor, path, mask) {
      const watch: number = add(descriptor, toBytes(`${path}\0`), mask)
      return watch < 0 ? errno() : watch
    },
    remove(descriptor, watch) {
      // EINVAL: the kernel has dropped the watch already.
      remove(descriptor, watch)
    },
    read(descriptor, buffer) {
      const length: number = read(descriptor, buffer, buffer.length)
      if (length >= 0) return length
      const code = errno()
      if (code === 'EAGAIN' || code === 'EINTR') return 0
      throw new SyncError(code, 'Cannot read events from inotify', { verdict: 'retry' })
    },
    wait(descriptors, timeoutMs) {
      const asked = new DataView(new ArrayBuffer(8 * descriptors.length))
      descriptors.forEach((descriptor, i) => {
        asked.setInt32(8 * i, descriptor, true)
        asked.setInt16(8 * i + 4, pollIn, true)
      })
      poll(new Uint8Array(asked.buffer), descriptors.length, timeoutMs)
      return descriptors.map((_, i) => asked.getInt16(8 * i + 6, true) !== 0)
    },
    createSignal: () => checked(eventfd(0, closeOnExec), 'make an event descriptor'),
    signal(descriptor) {
      write(descriptor, new Uint8Array(new BigUint64Array([1n]).buffer), 8)
    },
    close(descriptor) {
      close(descriptor)
    },
  }
}
