import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesText } from '../../lib/cli/quantities.ts'
import { ensureKitHome } from '../../lib/daemon/kit-home.ts'
import { fetchRuntime } from '../../lib/kit/fetch-runtime.ts'
import { currentRelease, placeRelease } from '../../lib/kit/place-release.ts'
import { isRuntimePlaced, placeRuntime } from '../../lib/kit/place-runtime.ts'
import type { RuntimeProgram } from '../../lib/kit/place-runtime.ts'
import type { Release } from '../../lib/kit/release.ts'
import { isWhole, releaseOf } from '../../lib/kit/release.ts'
import { runtimeName } from '../../lib/kit/layout.ts'
import { openWorkbench } from '../../lib/kit/workbench.ts'
import type { Setting } from './setting.ts'
import type { Step } from './step.ts'

/** Where a Node lies that outlives a login, an upgrade of nvm and a service's short PATH. */
const systemNodes = ['/usr/local/bin/node', '/opt/homebrew/bin/node', '/usr/bin/node']

/** The release of this checkout, and the one that was in use. */
export interface ReleaseStep extends Step {
  readonly release: Release
  readonly before: string | undefined
}

export function releaseStep({ folder, platform, layout, home, shown }: Setting): ReleaseStep {
  const release = releaseOf(folder, platform)
  const before = currentRelease(layout)
  const place = join(layout.releases, release.name)
  const isThere = before === release.name && isWhole(place, release.name)
  const size = bytesText(release.files.reduce((sum, file) => sum + file.size, 0))
  return {
    name: 'release',
    isDone: isThere,
    says: isThere ? release.name : `${release.name}, ${release.files.length} files, ${size}`,
    preview: () => [
      ...release.files.map(
        file => `${shown(join(place, file.path))}: new file, mode ${file.isProgram ? '0700' : '0600'}`,
      ),
      `${shown(layout.currentRelease)}: link to ${release.name}`,
      `${shown(join(layout.bin, 'dsync'))}, dtest: links to ../kit/current/bin`,
    ],
    carryOut: () => {
      ensureKitHome(home)
      const brought = new Map(release.files.map(file => [file.sha256, readFileSync(join(folder, file.path))]))
      const bench = openWorkbench(layout.releases)
      try {
        placeRelease(layout, release, { brought, bench })
      } finally {
        bench.close()
      }
    },
    release,
    before,
  }
}

/** A Node of the home's own, unless the system has one that will do and will stay. */
export async function runtimeStep(setting: Setting): Promise<Step> {
  const { layout, platform, shown } = setting
  const own = existsSync(layout.node) ? undefined : systemNode()
  if (own !== undefined) return { name: 'runtime', isDone: true, says: own, preview: () => [], carryOut: () => {} }
  const runtime = await bundledRuntime(setting)
  const isDone = isRuntimePlaced(layout, runtime)
  const name = runtimeName(runtime.version, platform)
  return {
    name: 'runtime',
    isDone,
    says: isDone ? name : `${name}, ${bytesText(runtime.bytes.length)}`,
    preview: () => [
      `${shown(join(layout.runtimes, name, 'bin/node'))}: new file, mode 0700`,
      `${shown(layout.currentRuntime)}: link to ${name}`,
    ],
    carryOut: () => placeRuntime(layout, runtime),
  }
}

/** The first of the system's Nodes that can run us, as a person reads it. */
function systemNode(): string | undefined {
  for (const node of systemNodes) {
    if (!existsSync(node)) continue
    const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 10_000 })
    const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(stdout ?? '') ?? []
    if (Number(major) > 24 || (Number(major) === 24 && Number(minor) >= 12)) return `${node} ${stdout.trim()}`
  }
  return undefined
}

/** What npm brought with this checkout, or fetches. */
async function bundledRuntime({
  layout,
  folder,
  platform,
  given,
  environment,
  signal,
  terminal,
}: Setting): Promise<RuntimeProgram> {
  return await fetchRuntime(platform, {
    runtimes: layout.runtimes,
    modules: [join(folder, 'node_modules')],
    npm: 'npm',
    environment,
    temporary: tmpdir(),
    isOffline: given.has('offline'),
    signal,
    asking: ({ name, version }) => terminal.err(`Fetching ${name} ${version} through npm …\n`),
  })
}
