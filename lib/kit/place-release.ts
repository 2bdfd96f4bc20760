import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SyncError, codeOf } from '../core/errors.ts'
import type { KitLayout } from './layout.ts'
import { launchers } from './layout.ts'
import type { Release, ReleaseFile } from './release.ts'
import { filesIn, isWhole, releasePattern } from './release.ts'
import type { Workbench } from './workbench.ts'

/** The name of the release that is in use, whether it is whole or not; undefined where there is none. */
export function currentRelease({ currentRelease: link }: KitLayout): string | undefined {
  try {
    return readlinkSync(link)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EINVAL' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** Files of a release whose content no release here has; none when all of it is here already. */
export function lacking(layout: KitLayout, { name, files }: Release): readonly ReleaseFile[] {
  if (isWhole(join(layout.releases, name), name)) return []
  const here = contentsHere(layout)
  return files.filter(({ sha256 }) => !here.has(sha256))
}

export interface PlaceOptions {
  /** Content that was brought, by its digest. What is not in it is taken from another release that is here. */
  readonly brought: ReadonlyMap<string, Uint8Array>
  /** Of the directory of releases. While it is open nobody else removes what is to be taken from other releases. */
  readonly bench: Workbench
}

/**
 * Puts a release into the home and makes it the one in use: written under another name, compared with the digest in its
 * own, then renamed and linked to. Whoever starts a command finds the release before or this one. Older ones go, but the
 * one before stays for what still runs from it. Calling it again changes nothing; of several that do it at once the last
 * one's is in use. Throws PROTOCOL when it is not what its name says.
 */
export function placeRelease(layout: KitLayout, release: Release, { brought, bench }: PlaceOptions): void {
  const { name } = release
  const folder = join(layout.releases, name)
  const before = currentRelease(layout)
  bench.place({
    ...{ name, link: layout.currentRelease },
    isWhole: () => isWhole(folder, name),
    make: path => write(layout, release, { brought, path }),
  })
  mkdirSync(layout.bin, { recursive: true, mode: 0o700 })
  for (const launcher of launchers) {
    if (existsSync(join(folder, 'bin', launcher)))
      bench.link(join(layout.bin, launcher), `../kit/current/bin/${launcher}`)
  }
  bench.clear(
    other => releasePattern.test(other) && other !== name && other !== before,
    other => other === currentRelease(layout),
  )
}

/** Takes away what `placeRelease` and the runtime's delivery put into a home, and nothing of its user's. */
export function removeReleases(layout: KitLayout): void {
  for (const name of launchers) rmSync(join(layout.bin, name), { force: true })
  for (const path of [layout.releases, layout.runtimes]) rmSync(path, { recursive: true, force: true })
}

function write(
  layout: KitLayout,
  { name, files }: Release,
  { brought, path: made }: { readonly brought: ReadonlyMap<string, Uint8Array>; readonly path: string },
): void {
  const here = contentsHere(layout)
  for (const { path, isProgram, sha256 } of files) {
    const known = here.get(sha256)
    const bytes = brought.get(sha256) ?? (known === undefined ? undefined : readFileSync(known))
    if (bytes === undefined) throw damaged(name)
    mkdirSync(dirname(join(made, path)), { recursive: true, mode: 0o700 })
    writeFileSync(join(made, path), bytes, { mode: isProgram ? 0o700 : 0o600, flush: true })
  }
  if (!isWhole(made, name)) throw damaged(name)
}

function damaged(name: string): SyncError {
  return new SyncError('PROTOCOL', `Cannot put the release ${name} there: what came is not what it is named for`)
}

/** Where content of releases lies here, by its digest. */
function contentsHere({ releases }: KitLayout): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const name of existsSync(releases) ? readdirSync(releases) : []) {
    if (!releasePattern.test(name)) continue
    for (const { path, sha256 } of filesIn(join(releases, name))) found.set(sha256, join(releases, name, path))
  }
  return found
}
