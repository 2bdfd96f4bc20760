import { join } from 'node:path'

/** Where the installed parts lie in the kit's home (`~/.dsync`). */
export interface KitLayout {
  readonly home: string
  /** Holds the releases, each in a directory `<version>-<first twelve digits of its digest>`. */
  readonly releases: string
  /** A link to the release in use. */
  readonly currentRelease: string
  /** Holds the runtimes that we brought, each in a directory `node-v<version>-<platform>`. */
  readonly runtimes: string
  /** A link to the runtime in use; absent where the system's Node serves. */
  readonly currentRuntime: string
  readonly node: string
  /** The one directory that goes on PATH: links to the launchers of the release in use. */
  readonly bin: string
  readonly aliases: string
  readonly fishAliases: string
  /** What the person's ssh configuration includes. */
  readonly sshConfig: string
  /** What was changed outside the home, and what stood there before. */
  readonly manifest: string
}

export function kitLayout(home: string): KitLayout {
  return {
    home,
    releases: join(home, 'kit'),
    currentRelease: join(home, 'kit/current'),
    runtimes: join(home, 'runtime'),
    currentRuntime: join(home, 'runtime/current'),
    node: join(home, 'runtime/current/bin/node'),
    bin: join(home, 'bin'),
    aliases: join(home, 'aliases.sh'),
    fishAliases: join(home, 'aliases.fish'),
    sshConfig: join(home, 'ssh/config'),
    manifest: join(home, 'state/installed.json'),
  }
}

/** What a home holds besides its `bin`: directories of ours, files, and logs with those that were put aside. */
export const homeDirectories = ['kit', 'runtime', 'ssh', 'state', 'work', 'run', 'cache'] as const
export const homeFiles = [
  'aliases.sh',
  'aliases.fish',
  'paths.txt',
  'config.json',
  'env',
  'roots.json',
  'session.cwd',
] as const
export const homeLogs = ['sync.log', 'realtime.log', 'after-sync.log'] as const

/** True for a name that dsync gives to something in its home: whatever else lies there is somebody's. */
export function isHomeName(name: string): boolean {
  const isNamed = (known: string): boolean => name === known
  return (
    homeDirectories.some(isNamed) ||
    homeFiles.some(isNamed) ||
    homeLogs.some(log => name === log || (name.startsWith(`${log}.`) && /^[0-9]+$/.test(name.slice(log.length + 1))))
  )
}

/** The commands that are put on PATH. */
export const launchers = ['dsync', 'dtest'] as const

/** The name of a release's directory. @param digest hexadecimal, over all of its files */
export function releaseName(version: string, digest: string): string {
  return `${version}-${digest.slice(0, 12)}`
}

/** The name of a runtime's directory. @param platform as in `linux-x64` */
export function runtimeName(version: string, platform: string): string {
  return `node-v${version.replace(/^v/, '')}-${platform}`
}
