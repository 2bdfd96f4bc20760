import { loadKoffi } from '../replica/koffi.ts'

// fcntl(2) of Linux.
const setFlags = 2
const closeOnExec = 1

/** Descriptors looked at: standard streams are handed on, and what lies above is files, which Deno closes by itself. */
const [first, last] = [3, 1023]

let keep: (() => void) | undefined

/**
 * Keeps what this process has open from the children it is about to start. Deno (seen with 2.9.5) lets them inherit its
 * sockets: an agent that outlives its daemon, or ssh behind it, would hold the daemon's own socket, where nobody answers
 * any more. Node needs no help. Without koffi nothing can be done.
 */
export function keepFromChildren(): void {
  if (process.versions['deno'] === undefined || process.platform !== 'linux') return
  keep ??= keeper()
  keep()
}

function keeper(): () => void {
  const fcntl = loadKoffi()?.load(null).func('int fcntl(int descriptor, int command, int argument)')
  if (fcntl === undefined) return () => {}
  return () => {
    for (let descriptor = first; descriptor <= last; descriptor++) fcntl(descriptor, setFlags, closeOnExec)
  }
}
