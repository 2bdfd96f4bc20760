import { constants } from 'node:fs'
import type { Koffi } from '../koffi.ts'
import { errnoName } from './errors.ts'
import type { Place } from './names.ts'
import { onDeno } from './names.ts'
import type { Native } from './native-calls.ts'
import { pathOnly } from './open-flags.ts'

// Numbers of the kernel's own interface, which never change: include/uapi of Linux, openat2(2), renameat2(2), fcntl(2).
const renameat2Numbers: Readonly<Record<string, number>> = { x64: 316, arm64: 276 }
const openat2Number = 437
const atCurrent = -100
const renameFlags = { exclusive: 1, exchange: 2 }
const resolveNoSymlinks = 0x04
const resolveBeneath = 0x08
const setSignal = 10
const setLease = 1024
const readLease = 0
const noLease = 2
const ignoredSignal = 23
const closeOnExec = 0x80000
const exclusiveLockNow = 2 | 4

/** Undefined on processors whose call numbers are not known here. */
export function linuxNative(koffi: Koffi): Native | undefined {
  const renameat2Number = renameat2Numbers[process.arch]
  if (renameat2Number === undefined) return undefined
  const library = koffi.load(null)
  const renameat2 = library.func('syscall', 'long', [
    'long',
    'int',
    'const char *',
    'int',
    'const char *',
    'unsigned int',
  ])
  const fcntl = library.func('int fcntl(int descriptor, int command, int argument)')
  const flock = library.func('int flock(int descriptor, int operation)')
  const syncfs = library.func('int syncfs(int descriptor)')
  return {
    rename: (from, to, how) =>
      renameat2(renameat2Number, atCurrent, terminated(from), atCurrent, terminated(to), renameFlags[how]) === 0
        ? undefined
        : errnoName(koffi.errno()),
    openBeneath: openBeneathWith(koffi),
    lock: descriptor => (flock(descriptor, exclusiveLockNow) === 0 ? undefined : errnoName(koffi.errno())),
    /**
     * Takes a read lease and gives it back. A writer who opens the file in between waits those microseconds, and the
     * kernel signals us: by default SIGIO, which ends the process (measured), hence SIGURG, which everybody ignores.
     * EAGAIN: somebody has it open for writing. Files of other users and disks without leases fail otherwise.
     */
    unwritten(descriptor) {
      if (fcntl(descriptor, setSignal, ignoredSignal) !== 0) return undefined
      if (fcntl(descriptor, setLease, readLease) !== 0) return errnoName(koffi.errno()) === 'EAGAIN' ? false : undefined
      fcntl(descriptor, setLease, noLease)
      return true
    },
    syncFileSystem: descriptor =>
      new Promise((resolve, reject) => {
        syncfs.async(descriptor, (error: Error | null, result: number) => {
          if (error !== null) reject(error)
          else resolve(result === 0 ? undefined : errnoName(koffi.errno()))
        })
      }),
    barrier: undefined,
  }
}

/**
 * openat2 where the kernel has it (5.6) and no sandbox forbids it. Not on Deno, whose node:fs refuses descriptors it
 * has not opened itself.
 */
function openBeneathWith(koffi: Koffi): Native['openBeneath'] {
  if (onDeno) return undefined
  const openat2 = koffi.load(null).func('syscall', 'long', ['long', 'int', 'const char *', 'const void *', 'size_t'])
  const openHow = Buffer.alloc(24)
  openHow.writeBigUInt64LE(BigInt(pathOnly | closeOnExec | constants.O_DIRECTORY), 0)
  openHow.writeBigUInt64LE(BigInt(resolveNoSymlinks | resolveBeneath), 16)
  const openBeneath = (directory: number, path: Place): number | string => {
    const descriptor: number = openat2(openat2Number, directory, terminated(path), openHow, openHow.length)
    return descriptor >= 0 ? descriptor : errnoName(koffi.errno())
  }
  // No descriptor has the number -1, so a kernel that knows the call says EBADF.
  return openBeneath(-1, '.') === 'EBADF' ? openBeneath : undefined
}

/** Text is terminated by koffi; bytes are not. */
function terminated(place: Place): Place {
  return typeof place === 'string' ? place : Buffer.concat([place, Buffer.of(0)])
}
