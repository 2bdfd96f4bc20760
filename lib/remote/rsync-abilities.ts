/** What an installed rsync can do that we make use of. */
export interface RsyncAbilities {
  /** Names go over the connection, so that no shell of the other host reads them (`-s`), and it counts what it sent. */
  readonly secluded: boolean
}

/**
 * Reads the answer to `rsync --version`, whatever a login shell printed before it; undefined when it is none, or older
 * than what we know how to use. Sources: rsync's NEWS (`-s` came with 3.0); openrsync of macOS 15 says that it is
 * compatible with 2.6.9 and refuses options it does not know.
 */
export function rsyncAbilities(output: string): RsyncAbilities | undefined {
  if (/^openrsync\b/m.test(output)) return { secluded: false }
  const [, major, minor] = /^rsync +version v?(\d+)\.(\d+)/m.exec(output) ?? []
  if (major === undefined || Number(major) * 100 + Number(minor) < oldest) return undefined
  return { secluded: Number(major) >= 3 }
}

/** 2.6: what macOS had for years, and the first with `--inplace`. As major × 100 + minor. */
const oldest = 206
