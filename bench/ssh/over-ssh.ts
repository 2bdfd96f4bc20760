import { program } from '../../scripts/provision/programs.ts'
import { checkCopied } from '../first-copy.ts'
import { figuresOf, spread } from '../figures.ts'
import { flushedSeconds } from '../flushed.ts'
import { makeTree } from '../tree.ts'
import type { Comparison } from './comparison.ts'
import type { Contest } from './contest.ts'
import { measureEdits, measureLarge, measureNew, measureRename, measureRest } from './contest.ts'
import { DsyncPeer } from './dsync-peer.ts'
import { Ground } from './ground.ts'
import type { Peer, PeerName, PeerOptions } from './peer.ts'
import { RsyncPeer } from './rsync-peer.ts'
import { SyncthingPeer } from './syncthing-peer.ts'
import { UnisonPeer } from './unison-peer.ts'

/** `--only` takes these over ssh. */
export const sshNames = ['copy', 'rest', 'edits', 'new', 'rename', 'file'] as const
type Name = (typeof sshNames)[number]

export interface SshBench {
  readonly comparison: Comparison
  readonly kit: string
  readonly peers: readonly PeerName[]
  readonly sizes: readonly number[]
  /** In a tree of so many files everything else is measured, too. */
  readonly mainSize: number
  readonly largeBytes: number
  readonly runs: number
  readonly editCount: number
  readonly wanted: (name: Name) => boolean
}

const makers: Readonly<Record<PeerName, (options: PeerOptions) => Peer>> = {
  rsync: options => new RsyncPeer(options),
  dsync: options => new DsyncPeer(options),
  unison: options => new UnisonPeer(options),
  syncthing: options => new SyncthingPeer(options),
}

const meanBytes = 4400

/** Measures all who are installed, one after the other in each tree. Returns who took part. */
export async function measureOverSsh(bench: SshBench): Promise<readonly PeerName[]> {
  const here = bench.peers.filter(name => name === 'dsync' || program(name) !== undefined)
  const missing = bench.peers.filter(name => !here.includes(name))
  if (missing.length > 0) bench.comparison.say(`not installed, so not measured: ${missing.join(', ')}`)
  const grounds: Ground[] = []
  try {
    for (const files of bench.sizes) for (const name of here) await meet(bench, { name, files, grounds })
  } finally {
    for (const ground of grounds) await ground.close()
  }
  return here
}

/** One peer in a tree of one size: first copies, and everything else after the last of them. */
async function meet(
  bench: SshBench,
  { name, files, grounds }: { readonly name: PeerName; readonly files: number; readonly grounds: Ground[] },
): Promise<void> {
  const { comparison, runs } = bench
  const what = `first copy of ${files.toLocaleString('en')} files`
  const count = bench.wanted('copy') && files === bench.mainSize ? runs : 1
  const taken: number[] = []
  for (let run = 1; run <= count; run++) {
    const ground = await Ground.open()
    grounds.push(ground)
    const peer = makers[name]({ ground, files, kit: bench.kit })
    try {
      if (run === 1) comparison.say(`${name}: ${peer.setting}`)
      await makeTree(ground.from, { files, meanBytes })
      const copied = await attempt(bench, `${what}: ${name}`, async () => {
        await peer.prepare()
        taken.push(await flushedSeconds(ground.from, () => peer.copy()))
        checkCopied(ground, files)
      })
      if (!copied) return
      if (run < count) continue
      const figures = figuresOf(taken)
      if (bench.wanted('copy'))
        comparison.add({ what, unit: 's', aim: { timesRsync: 1 } }, name, figures.median, `flushed; ${spread(figures)}`)
      await standing({ ...bench, name, peer, ground, files }, bench)
    } finally {
      await peer.close()
    }
  }
}

/** What can be measured after the first copy. One that fails is said, and the others go on. */
async function standing(contest: Contest, bench: SshBench): Promise<void> {
  const { peer, name, files } = contest
  const main = files === bench.mainSize
  const parts: readonly (readonly [part: Name, wanted: boolean, measure: () => Promise<void>])[] = [
    ['rest', files >= 10_000, () => measureRest(contest)],
    ['edits', true, () => measureEdits(contest)],
    ['new', main, () => measureNew(contest)],
    ['rename', main, () => measureRename(contest)],
    ['file', main, () => measureLarge(contest, bench.largeBytes)],
  ]
  const can = parts.filter(
    ([part, wanted]) => wanted && bench.wanted(part) && (peer.stand !== undefined || part === 'file'),
  )
  if (can.length === 0) return
  await peer.stand?.()
  for (const [part, , measure] of can) await attempt(bench, `${part}: ${name}`, measure)
}

/** A peer that fails at something shall not cost the figures of all others; what failed has no figure. */
async function attempt({ comparison }: SshBench, what: string, measure: () => Promise<void>): Promise<boolean> {
  try {
    await measure()
    return true
  } catch (error) {
    comparison.say(`${what} could not be measured: ${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}
