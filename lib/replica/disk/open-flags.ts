import { constants } from 'node:fs'

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_DIRECTORY, O_NONBLOCK } = constants

/** Names a place without reading it, so it needs no permission on it (Linux, open(2)). */
export const pathOnly = 0x200000

/** Refuses a link as the last component; on macOS as any component (O_NOFOLLOW_ANY of <sys/fcntl.h>). */
export const noFollow = process.platform === 'darwin' ? 0x20000000 : constants.O_NOFOLLOW

/** Reading must not change what is read; only the owner may ask for that. */
export const noAccessTime = constants.O_NOATIME ?? 0

/** Never waits for the other end of a fifo. */
export const toRead = O_RDONLY | O_NONBLOCK | noFollow
export const toCreate = O_WRONLY | O_CREAT | O_EXCL | noFollow
export const toAppend = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | noFollow
export const toPin = pathOnly | O_DIRECTORY | constants.O_NOFOLLOW
export const toSync = O_RDONLY | O_DIRECTORY
