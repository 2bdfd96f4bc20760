import { join, normalize, relative } from 'node:path'

/** An absolute path from what a person or a settings file wrote: `~` is that host's home. */
export function expandHome(path: string, userHome: string): string {
  const absolute = path === '~' ? userHome : path.startsWith('~/') ? join(userHome, path.slice(2)) : path
  const normal = normalize(absolute)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}

/** An absolute path as people write it: below the home with `~`. */
export function contractHome(path: string, userHome: string): string {
  if (path === userHome) return '~'
  return isBelow(path, userHome) ? `~/${relative(userHome, path)}` : path
}

/** True when an absolute path is `directory` or lies below it. */
export function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || isBelow(path, directory)
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory === '/' ? directory : `${directory}/`)
}

/** The same place under another home, or undefined when it is not under the first. */
export function samePlace(path: string, userHome: string, otherHome: string): string | undefined {
  return isBelow(path, userHome) ? join(otherHome, relative(userHome, path)) : undefined
}
