import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kitLayout } from '../../lib/kit/layout.ts'
import { placeRelease } from '../../lib/kit/place-release.ts'
import { placeRuntime } from '../../lib/kit/place-runtime.ts'
import { releaseOf } from '../../lib/kit/release.ts'
import { openWorkbench } from '../../lib/kit/workbench.ts'

/* Puts the releases of some kits and a runtime for each into a home, one after the other, again and again, as installers do. */
const [home = '', rounds = '', ...kits] = process.argv.slice(2)
const layout = kitLayout(home)
for (let i = 0; i < Number(rounds); i++) {
  const [at, folder = ''] = [i % kits.length, kits[i % kits.length]]
  const release = releaseOf(folder, 'linux-x64')
  const brought = new Map(release.files.map(({ path, sha256 }) => [sha256, readFileSync(join(folder, path))]))
  const bench = openWorkbench(layout.releases)
  placeRelease(layout, release, { brought, bench })
  bench.close()
  placeRuntime(layout, { version: `24.2${at}.0`, platform: 'linux-x64', bytes: Buffer.alloc(100_000, at) })
}
