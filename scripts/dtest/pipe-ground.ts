import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { runDsync } from '../stage/command.ts'
import { Stage } from '../stage/stage.ts'
import { Ground } from './ground.ts'
import type { Note, Opened } from './host-ground.ts'
import { localSide } from './side.ts'

/** Makes two hosts in one temporary folder of this machine, with a home and a daemon of their own. */
export async function openPipeGround({
  signal,
  note,
}: {
  readonly signal: AbortSignal
  readonly note: Note
}): Promise<Opened> {
  const stage = new Stage(signal)
  note({ kind: 'pipe', top: stage.top })
  mkdirSync(stage.there, { recursive: true })
  const here = await localSide(hostname(), stage.here)
  const there = await localSide('twin', stage.there)
  const options = { cwd: stage.top, environment: stage.environment() }
  // A start that is interrupted would leave a daemon that nobody knows.
  const ground = new Ground({ here, there }, stage.here, {
    dsync: words => runDsync(words, words[0] === 'start' ? options : { ...options, signal }),
    signal,
  })
  await ground.must(0, 'hosts', 'add', 'twin', '--pipe', 'twin')
  await ground.must(0, 'roots', 'add', 'here/project', '--at', 'twin=~/project')
  await ground.must(0, 'start')
  await ground.synced(0)
  return { ground, close: () => {} }
}
