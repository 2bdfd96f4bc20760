import { isWithin } from '../../lib/core/path.ts'
import { digestOf } from './history-user.ts'
import { healMs, makeReadable } from './history-healing.ts'
import type { Listed } from './oracle.ts'
import { divergences, halfFiles, isIgnored, leftovers, lostVersions, nameless, shown, unasked } from './oracle.ts'
import { inodeAt } from './resolve.ts'
import type { Player, StarScene } from './star-scene.ts'
import type { Spoke } from './star.ts'
import type { Found } from './user.ts'

/** What dsync does to files, as its log calls it. */
const doing: ReadonlySet<string> = new Set([
  'put',
  'remove',
  'move',
  'conflict',
  'resolved',
  'conflict-closed',
  'failed',
])

interface Healing {
  readonly faults: { heal(): void }
}

interface Counted {
  injected: number
  reported: number
}

/** Ends all faults, lets everything settle, and notes what is not as promised. */
export async function judgeStar(history: StarScene & Healing, counted: Counted): Promise<void> {
  const { star, players, failures, random } = history
  history.faults.heal()
  history.finishPrograms()
  for (const { user } of players) makeReadable(user)
  history.tell('everything is healed')
  if (random.chance(0.3)) star.killHub()
  if (!star.isUp) star.startHub()
  for (const { link } of star.spokes) link?.cut()
  const isRested = random.chance(0.5)
  if (isRested) await star.pass(healMs)
  if (!(await settled(history, !isRested))) return
  if (!isRested) {
    await star.pass(healMs)
    if (!(await settled(history))) return
  }
  history.tell('settled')
  judgeEqual(history, 'healed')
  checkCopies(history)
  judgeKept(history)
  await staysQuiet(history, 'the next sync')
  await travelsAtOnce(history)
  await decideForAll(history, counted)
  judgeKept(history)
  await changesHub(history)
  judgeKept(history)
  await star.stopHub()
  star.startHub()
  await staysQuiet(history, 'a new start')
  for (const { host, user } of players)
    failures.push(...leftovers(host.name, user), ...unasked(host.name, user), ...nameless(host.name, user))
}

function judgeKept({ players, failures }: StarScene): void {
  for (const { host, user } of players) failures.push(...lostVersions(host.name, user), ...halfFiles(host.name, user))
}

/** Every spoke holds what the hub holds, save for what its session lists. */
function judgeEqual({ star, playerOf, failures }: StarScene, when: string): void {
  const hub = playerOf(star.hub.name)?.user.snapshot()
  for (const spoke of star.spokes) {
    const there = playerOf(spoke.host.name)?.user.snapshot()
    const found = divergences(hub ?? new Map(), there ?? new Map(), listedBy(spoke))
    failures.push(...found.map(each => `${when}: ${spoke.host.name} ${each}`))
  }
}

function listedBy({ session }: Spoke): Listed {
  return {
    conflicts: (session?.conflicts() ?? []).map(({ path }) => path),
    problems: (session?.status().problems.first ?? []).map(({ path }) => path),
  }
}

/** Syncs until nothing is held any more. False: it cannot be reached, which is noted. */
async function settled({ star, failures }: StarScene, verify = false): Promise<boolean> {
  for (let attempt = 0; attempt < 8; attempt++) {
    const results = await star.sync({ verify })
    let isHeld = false
    for (const { host, session } of star.spokes) {
      const result = results.get(host.name)
      if (result?.state === 'halted' || (session?.status().holds.length ?? 0) > 0) {
        isHeld = true
        await session?.approve()
      } else if (result?.state === 'timeout') {
        failures.push(`stuck: ${host.name} ${JSON.stringify(result)} ${JSON.stringify(session?.status())}`)
        return false
      }
    }
    if (!isHeld) return true
  }
  failures.push(`held: ${JSON.stringify(star.spokes.map(({ session }) => session?.status()))}`)
  return false
}

/** One more sync changes nothing. */
async function staysQuiet({ star, players, failures }: StarScene, what: string): Promise<void> {
  const before = star.log.length
  const snapshots = players.map(({ user }) => user.snapshot())
  await star.pass(10_000)
  await star.sync()
  const done = star.log.slice(before).filter(({ event }) => doing.has(event))
  for (const event of done) failures.push(`restless: ${what} did ${JSON.stringify(event)}`)
  for (const [i, { host, user }] of players.entries()) {
    const changed = divergences(snapshots[i] ?? new Map(), user.snapshot(), { conflicts: [], problems: [] })
    failures.push(...changed.map(each => `restless: ${what} changed ${host.name}: ${each}`))
  }
}

/** What any host saves is on all others after one sync at once, whichever they are. */
async function travelsAtOnce(history: StarScene): Promise<void> {
  const { star, players, failures, random } = history
  for (let i = 0; i < 4; i++) {
    const author = random.pick(players)
    const bytes = author.programs.contents.next()
    author.user.write(`at-once-${i}`, bytes)
    if (random.chance(0.5)) author.user.write(`at-once-${random.int(4)}`, author.programs.contents.next())
    const results = await star.sync()
    const written = author.user.snapshot().get(`at-once-${i}`)
    for (const { host, user } of players) {
      const found = user.snapshot().get(`at-once-${i}`)
      const isThere =
        found?.kind === 'file' && written?.kind === 'file' && digestOf(found.bytes) === digestOf(written.bytes)
      if (!isThere)
        failures.push(
          `unheard: at-once-${i} of ${author.host.name} is not on ${host.name}: ${JSON.stringify([...results])}`,
        )
    }
  }
  judgeEqual(history, 'unheard')
}

/** Each host keeps the other's version of every conflict, whatever the number of hosts in it. */
function checkCopies({ star, playerOf, failures }: StarScene): void {
  const hub = playerOf(star.hub.name)
  for (const spoke of star.spokes) {
    const there = playerOf(spoke.host.name)
    for (const { path, sides } of spoke.session?.conflicts() ?? []) {
      if (hub === undefined || there === undefined) continue
      checkCopy({ holder: hub, owner: there, path, copy: sides.alpha.copy }, failures)
      checkCopy({ holder: there, owner: hub, path, copy: sides.beta.copy }, failures)
    }
  }
}

function checkCopy(
  of: { readonly holder: Player; readonly owner: Player; readonly path: string; readonly copy: string | undefined },
  failures: string[],
): void {
  const { holder, owner, path, copy } = of
  const theirs = owner.user.find(path)
  if (theirs === undefined || theirs.kind !== 'file') return
  const kept = copy === undefined ? undefined : inodeAt(holder.user.volume, copy, false)
  const names = `${holder.host.name} of ${owner.host.name}'s ${path}`
  if (kept === undefined) failures.push(`conflicts: no copy on ${names}`)
  else if (digestOf(kept.data) !== digestOf(theirs.data))
    failures.push(`conflicts: copy on ${names} is ${shown(kept.data)}, not ${shown(theirs.data)}`)
}

/** Another host becomes the hub while nobody hears of anybody: nothing goes that stands anywhere. */
async function changesHub(history: StarScene): Promise<void> {
  const { star, players, failures, random } = history
  for (const spoke of star.spokes) star.setWire(spoke, false)
  await star.pass(random.pick([0, 200, 3000]))
  if (random.chance(0.5)) star.killHub()
  for (let i = random.int(12); i > 0; i--) history.act(random.pick(players))
  history.finishPrograms()
  for (const { user } of players) makeReadable(user)
  const stood = new Set(players.flatMap(({ user }) => [...user.snapshot().keys()].filter(path => !isIgnored(path))))
  const next = random.pick(star.spokes)
  history.tell(`${next.host.name} takes the roots`)
  await star.take(next)
  await star.pass(random.pick([0, healMs]))
  if (!(await settled(history))) return
  for (const path of stood) {
    const missing = players.filter(({ user }) => !user.snapshot().has(path))
    if (missing.length === players.length) failures.push(`taken away: ${path} stood somewhere when the hub changed`)
  }
  judgeEqual(history, 'new hub')
  checkCopies(history)
  await staysQuiet(history, 'the sync after a new hub')
}

function isWritable(found: Found): boolean {
  return found.kind === 'file' && (found.mode & 0o600) === 0o600
}

/** Every host edits the same file, which has no other name anywhere, while no two hear of each other; then one host's version is taken everywhere. */
async function decideForAll(history: StarScene, counted: Counted): Promise<void> {
  const { star, players, failures, random } = history
  const troubled = star.spokes.flatMap(spoke => [...listedBy(spoke).conflicts, ...listedBy(spoke).problems])
  const hub = history.playerOf(star.hub.name)
  const path = random
    .shuffle([...(hub?.user.snapshot() ?? [])].flatMap(([each, found]) => (isWritable(found) ? [each] : [])))
    .find(
      each =>
        players.every(({ user }) => user.snapshot().get(each)?.kind === 'file' && user.find(each)?.links === 1) &&
        !isIgnored(each) &&
        !troubled.some(one => isWithin(one, each) || isWithin(each, one)),
    )
  if (path === undefined) return
  for (const spoke of star.spokes) star.setWire(spoke, false)
  await star.pass(200)
  const quiet = random.pick([undefined, ...players])
  for (const player of players) if (player !== quiet) player.user.write(path, player.programs.contents.next())
  await star.pass(random.pick([0, 2000]))
  for (const spoke of random.shuffle(star.spokes)) {
    star.setWire(spoke, true)
    await star.pass(random.pick([0, 0, 3000]))
  }
  await star.sync()
  const inConflict = star.spokes.filter(({ session }) => session?.conflicts().some(each => each.path === path) === true)
  counted.injected++
  if (inConflict.length > 0) counted.reported++
  // The one that comes first is taken where the hub wrote nothing; every other one conflicts.
  const expected = quiet === hub || (quiet !== undefined && quiet !== hub) ? star.spokes.length - 1 : star.spokes.length
  if (inConflict.length !== expected)
    failures.push(`conflicts: ${path} conflicts with ${inConflict.length} hosts, not ${expected}`)
  checkCopies(history)
  const [winner] = random.shuffle(inConflict)
  const wanted = players
    .find(({ host }) => host === winner?.host)
    ?.user.snapshot()
    .get(path)
  // All versions but that one may go: a person said so.
  for (const { user } of players) {
    const found = user.snapshot().get(path)
    if (found?.kind === 'file') user.ledger.gone.add(digestOf(found.bytes))
  }
  for (const spoke of random.shuffle(inConflict)) {
    const result = await spoke.session?.resolve(path, { take: spoke === winner ? 'beta' : 'alpha' })
    if (result?.state !== 'resolved') failures.push(`conflicts: ${path} was not resolved: ${JSON.stringify(result)}`)
    await star.pass(random.pick([0, 0, 500]))
  }
  await star.sync()
  if (winner === undefined || wanted?.kind !== 'file') return
  for (const { host, user } of players) {
    const found = user.snapshot().get(path)
    if (found?.kind !== 'file' || digestOf(found.bytes) !== digestOf(wanted.bytes))
      failures.push(
        `conflicts: ${host.name} does not hold the version of ${path} that was taken from ${winner.host.name}`,
      )
  }
  judgeEqual(history, 'decided')
}
