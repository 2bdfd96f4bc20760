import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Asking } from '../../lib/daemon/host-question.ts'
import type { KitHome } from '../../lib/daemon/kit-home.ts'
import { ensureKitHome, kitHome } from '../../lib/daemon/kit-home.ts'
import type { Here } from '../../lib/daemon/session-specs.ts'

export interface TemporaryHome extends Here, Asking {
  /** Makes a directory in the user's home. */
  readonly directory: (path: string) => string
  /** Runs when the test ends, the last one first, and before the home is removed. */
  readonly atEnd: (close: () => unknown) => void
}

/** A user's home of its own for one test, with a kit home in it; removed when the test ends. */
export function temporaryHome(t: Pick<TestContext, 'after'>): TemporaryHome {
  const userHome = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-')))
  const closers: (() => unknown)[] = []
  t.after(async () => {
    for (const close of closers.toReversed()) await close()
    rmSync(userHome, { recursive: true, force: true })
  })
  const home: KitHome = kitHome(join(userHome, '.dsync'))
  ensureKitHome(home)
  return {
    host: 'here',
    userHome,
    home,
    askHost: host => Promise.reject(new Error(`This test reaches no other machine, and not ${host.target}`)),
    atEnd: close => void closers.push(close),
    directory(path) {
      const made = join(userHome, path)
      mkdirSync(made, { recursive: true })
      return made
    },
  }
}
