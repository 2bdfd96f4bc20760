import type { Koffi } from '../koffi.ts'
import { errnoName } from './errors.ts'
import type { Native } from './native-calls.ts'

// <sys/stdio.h> and <sys/fcntl.h> of the macOS SDK; renamex_np(2), fcntl(2).
const renameFlags = { exchange: 2, exclusive: 4 }
const barrierSync = 85
const exclusiveLockNow = 2 | 4

/** Not run on macOS yet: written from the manual pages. */
export function macNative(koffi: Koffi): Native {
  const library = koffi.load(null)
  const renamex = library.func('int renamex_np(const char *from, const char *to, unsigned int flags)')
  // Apple's arm64 passes variable arguments otherwise than fixed ones, so the declaration must say so.
  const fcntl = library.func('int fcntl(int descriptor, int command, ...)')
  const flock = library.func('int flock(int descriptor, int operation)')
  const result = (value: number): string | undefined => (value === 0 ? undefined : errnoName(koffi.errno()))
  return {
    rename: (from, to, how) => result(renamex(String(from), String(to), renameFlags[how])),
    openBeneath: undefined,
    unwritten: undefined,
    syncFileSystem: undefined,
    lock: descriptor => result(flock(descriptor, exclusiveLockNow)),
    barrier: descriptor => result(fcntl(descriptor, barrierSync, 'int', 0)),
  }
}
