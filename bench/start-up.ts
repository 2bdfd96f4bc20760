import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { figuresOf, spread } from './figures.ts'
import type { Around } from './measurements.ts'
import type { Stage } from './stage.ts'

const checkout = fileURLToPath(new URL('..', import.meta.url))

/** How often each command is run; once more before, so that what can be kept compiled is. */
const runs = 10

/** What a person waits for at most (ms): `dsync status` as it is installed, while the daemon runs. */
const statusAim = 150

/** The time of `dsync --help` and `dsync status`, process start included, by every way to run them; Deno with all rights. */
export function measureStartUp(stage: Stage, kit: string, { report }: Around): void {
  const home = dirname(stage.alpha)
  const source = join(checkout, 'scripts/sync-manager.ts')
  const bundle = join(kit, 'dist/sync-manager.js')
  const deno = [join(checkout, 'node_modules/.bin/deno'), 'run', '--quiet', '--allow-all']
  const ways: Readonly<Record<string, readonly string[]>> = {
    'bin/dsync': [join(kit, 'bin/dsync')],
    'Node, bundle': [process.execPath, bundle],
    'Node, source': [process.execPath, source],
    'Deno, bundle': [...deno, bundle],
    'Deno, source': [...deno, source],
  }
  const { PATH, DENO_DIR } = process.env
  const env = { PATH, DENO_DIR, DENO_NO_UPDATE_CHECK: '1', HOME: home }
  for (const command of ['--help', 'status']) {
    for (const [way, [program = '', ...words]] of Object.entries(ways)) {
      const taken = Array.from({ length: runs + 1 }, () => {
        const begun = performance.now()
        const { status, stderr } = spawnSync(program, [...words, command], { env, encoding: 'utf8', timeout: 60_000 })
        if (status !== 0) throw new Error(`dsync ${command} by ${way} ended with ${status}: ${stderr}`)
        return performance.now() - begun
      })
      const figures = figuresOf(taken.slice(1))
      const aim = command === 'status' && way === 'bin/dsync' ? { aim: statusAim } : {}
      report.add({ what: `dsync ${command}, ${way}`, unit: 'ms', value: figures.median, ...aim, note: spread(figures) })
    }
  }
}
