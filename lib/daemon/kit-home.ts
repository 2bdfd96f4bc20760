import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SyncError, codeOf } from '../core/errors.ts'

/** The kit's home on this host (`~/.dsync`) and what lies in it. */
export interface KitHome {
  readonly directory: string
  /** The roots, one a line. */
  readonly paths: string
  /** Hosts and rules, JSON with comments. */
  readonly config: string
  /** Variables for the daemon and what it starts, as dotenv reads them. */
  readonly env: string
  /** What this home's agent may serve to a hub on another host. */
  readonly served: string
  readonly state: string
  readonly work: string
  readonly run: string
  readonly token: string
  /** What shells read: how things stand, and the names of hosts and roots. */
  readonly prompt: string
  readonly places: string
  /** The directory in a root that a shell of this person was last in; a shell writes it, over what is there. */
  readonly sessionCwd: string
  readonly syncLog: string
  readonly realtimeLog: string
  /** What the commands print that run after a sync. */
  readonly afterSyncLog: string
  /** What the daemon process itself said, from its start. */
  readonly daemonLog: string
}

export function kitHome(directory: string): KitHome {
  const run = join(directory, 'run')
  return {
    directory,
    paths: join(directory, 'paths.txt'),
    config: join(directory, 'config.json'),
    env: join(directory, 'env'),
    served: join(directory, 'roots.json'),
    state: join(directory, 'state'),
    work: join(directory, 'work'),
    run,
    token: join(run, 'token'),
    prompt: join(run, 'prompt'),
    places: join(run, 'places'),
    sessionCwd: join(directory, 'session.cwd'),
    syncLog: join(directory, 'sync.log'),
    realtimeLog: join(directory, 'realtime.log'),
    afterSyncLog: join(directory, 'after-sync.log'),
    daemonLog: join(run, 'daemon.log'),
  }
}

/** Makes the home and its directories, each 0700. Throws REFUSED when one belongs to somebody else or is no directory. */
export function ensureKitHome(home: KitHome): void {
  for (const directory of [home.directory, home.state, home.work, home.run]) ensurePrivateDirectory(directory)
}

/** Makes a directory only its owner may enter, or makes sure that an existing one is so. A link to one must be the owner's too. */
export function ensurePrivateDirectory(path: string): void {
  try {
    makeDirectory(path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') {
      throw new SyncError('REFUSED', `Cannot make the directory ${path}: ${messageOf(error)}`, {
        hint: 'Choose another place with DSYNC_HOME',
        cause: error,
      })
    }
  }
  const [named, stat] = [lstatSync(path), statSync(path)]
  const uid = process.getuid?.()
  const wrong = !stat.isDirectory()
    ? 'it is not a directory'
    : uid !== undefined && (named.uid !== uid || stat.uid !== uid)
      ? 'it belongs to another user'
      : undefined
  if (wrong !== undefined) throw new SyncError('REFUSED', `Cannot use ${path}: ${wrong}`)
  if ((stat.mode & 0o077) !== 0) chmodSync(path, 0o700)
}

/** Node says ENOENT where a disk is read-only (seen with 24.21) when it is to make the parents too. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    mkdirSync(path, 0o700)
  }
}

/** True for a socket of this user: whoever else put one in its place must not be shown the token. */
export function isOwnSocket(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  const uid = process.getuid?.()
  return stat?.isSocket() === true && (uid === undefined || stat.uid === uid)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
