import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const checkout = fileURLToPath(new URL('..', import.meta.url))

/** Builds the bundles, as users run them. Throws with what the build said when it fails. */
export function build(): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['node_modules/tsup/dist/cli-default.js'], {
    cwd: checkout,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The build failed: ${stdout}${stderr}`)
}

/**
 * A copy of a built kit, so that what is measured stays the same while others build.
 * @param kit checkout with a `dist/` that is built
 */
export function copyKit(kit: string | undefined, into: string): string {
  const from = kit ?? checkout
  mkdirSync(into)
  for (const part of ['dist', 'bin', 'shell', 'package.json']) {
    if (!existsSync(join(from, part))) continue
    cpSync(join(from, part), join(into, part), { recursive: true, verbatimSymlinks: true })
  }
  symlinkSync(join(checkout, 'node_modules'), join(into, 'node_modules'))
  return into
}
