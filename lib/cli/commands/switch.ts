import { join, relative } from 'node:path'
import { SyncError } from '../../core/errors.ts'
import { contractHome, isAtOrBelow } from '../../daemon/host-paths.ts'
import { isFollower } from '../../daemon/hub-record.ts'
import { realPath } from '../../daemon/root-place.ts'
import { servedRoots } from '../../daemon/served-roots.ts'
import type { PlaceThere } from '../../daemon/verbs.ts'
import { loginWords } from '../../remote/login-words.ts'
import type { Arguments } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { ask } from '../daemon-access.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { runThere } from '../run-there.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'
import type { WayToHub } from '../way-to-hub.ts'
import { wayToHub } from '../way-to-hub.ts'
import { barrier, barrierLines } from './sync.ts'

/** Brings everything to a host and opens a shell there, in the directory that one stands in here. */
export async function switchTo(given: Arguments, around: Surroundings): Promise<Outcome> {
  const [host = ''] = given.operands
  const place = await placeThere(host, around, given.has('dry-run'))
  const { directory, userHome, way } = place
  const there = escape(placeText(directory, userHome))
  if (given.has('dry-run')) {
    const line = `Would bring everything to ${escape(host)}, and open a shell in ${there} there.`
    const facts = { host, directory, transport: way.kind }
    return { exit: exitCodes.ok, json: { switch: facts, dryRun: true }, lines: () => [line] }
  }
  if (given.has('json') || !around.terminal.isTerminal) {
    throw new SyncError('USAGE', `Cannot switch to ${host}: a shell there needs a terminal, and no --json`, {
      hint: `dsync run --on ${host} -- COMMAND`,
    })
  }
  const isAll = await bring(place.host, given, around)
  around.terminal.err(
    `${isAll ? `Everything is on ${escape(host)}. ` : ''}This opens a new shell in ${there} there, and exit ends it: ` +
      'dsync does not take terminal sessions along yet.\n',
  )
  // A directory of this machine gets the shell as it is set up here, another machine the one of a login.
  const words = loginWords(directory, way.kind === 'pipe' ? [] : ['-l'])
  const code = await runThere({ ...place, directory: userHome }, { words, isLogin: true }, around)
  return { exit: code, json: undefined, lines: () => [] }
}

/** As people write it; `.` is a home whose place is not known here. */
function placeText(directory: string, userHome: string): string {
  if (userHome !== '.') return contractHome(directory, userHome)
  return directory.startsWith('./') ? directory.replace(/^\.\/?/, '~/').replace(/\/$/, '') : directory
}

/** Where one stands, on that host: the same place in its root, else the home there. */
async function placeThere(host: string, around: Surroundings, isDry: boolean): Promise<PlaceThere> {
  const places = await placesOn(host, around, isDry)
  if ('way' in places) return hubPlace(places, around)
  for (const place of places) {
    for (const [cwd, root] of [
      [around.cwd, place.root],
      [realPath(around.cwd), realPath(place.root)],
    ] as const) {
      if (isAtOrBelow(cwd, root)) return { ...place, directory: join(place.directory, relative(root, cwd)) }
    }
  }
  const [first] = places
  if (first !== undefined) return { ...first, directory: first.userHome }
  throw new SyncError('NOT_FOUND', `No root is open with ${host}`, { hint: 'dsync status' })
}

/** Where the roots lie on a host; the way to it where that is the hub of this one, which alone could tell. */
async function placesOn(host: string, around: Surroundings, isDry: boolean): Promise<readonly PlaceThere[] | WayToHub> {
  if (!isFollower(around.home)) return (await ask(around, 'where', { host })).places
  const found = await wayToHub(host, around, isDry)
  if (found !== undefined) return found
  throw new SyncError('REFUSED', `Cannot switch to ${host} from here: only to the hub of this host`, {
    hint: 'dsync hub show',
  })
}

/** The same directory below the home there, which the login begins in. */
function hubPlace({ hub, way }: WayToHub, { userHome, cwd }: Surroundings): PlaceThere {
  const directory = isAtOrBelow(cwd, userHome) ? `./${relative(userHome, cwd)}` : cwd
  return { root: '', host: hub, userHome: '.', directory, way }
}

/** Waits until all roots agree with that host. What keeps them from it is told, and the person asked whether to go on. */
async function bring(host: string, given: Arguments, around: Surroundings): Promise<boolean> {
  // A hub that no root is shared with yet has nothing to wait for, and no agent here to be asked by.
  if (isFollower(around.home) && servedRoots(around.home).length === 0) return false
  const roots = (await barrier(around, { host, verify: false }, given)).filter(({ state }) => state !== 'synced')
  if (roots.length === 0) return true
  const { paintErrors, err } = around.terminal
  for (const root of roots) err(`${barrierLines(root, { paint: paintErrors, userHome: around.userHome }).join('\n')}\n`)
  await confirm(`Not everything here is on ${escape(host)}. Go on to it?`, given, around)
  return false
}
