import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import type { ScriptReach } from '../../lib/remote/send-runtime.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'

export interface StandIn {
  /** The home there: with a blank, a quote and a letter outside ASCII in its path. */
  readonly home: string
  readonly reach: ScriptReach
}

export interface StandInOptions {
  /** What the other host's `sh` is; default `sh`. */
  readonly shell?: string
  /** Lines of the login shell before it. */
  readonly profile?: string
  /** So many pieces of what is sent, 64 KiB each at most, reach it; then the connection is lost; once. */
  readonly cutAfter?: number
  readonly home?: string
}

/** A host that is reached by a stand-in for ssh: it runs what it is told by a shell of this machine, in a home of its own. */
export function standInHost(t: Pick<TestContext, 'after'>, options: StandInOptions = {}): StandIn {
  const { shell = 'sh', profile = '', cutAfter } = options
  const base = mkdtempSync(join(tmpdir(), 'dsync-stand-in-'))
  t.after(() => rmSync(base, { recursive: true, force: true }))
  const home = options.home ?? join(base, 'home with ’ and space')
  mkdirSync(home, { recursive: true })
  const program = join(base, 'ssh')
  const once = join(base, 'once')
  // As ssh does: what comes later is not read any more, and its own exit code says that the connection is lost.
  const cut = `if [ ! -e '${once}' ]; then : >'${once}'; dd bs=65536 count=${cutAfter ?? 0} 2>/dev/null | ${shell}; exit 255; fi`
  const lines = ['#!/bin/sh', profile, cutAfter === undefined ? '' : cut, `exec ${shell}`]
  writeFileSync(program, `${lines.join('\n')}\n`, { mode: 0o700 })
  return {
    home,
    reach: {
      ssh: { program, target: 'other', configFile: undefined, sockets: undefined },
      environment: { HOME: home, PATH: `/usr/bin:/bin:${dirname(process.execPath)}` },
      clock: systemClock,
    },
  }
}
