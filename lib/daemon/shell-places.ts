import { codeOf } from '../core/errors.ts'
import { homeId } from './home-id.ts'
import { expandHome } from './host-paths.ts'
import { readHub } from './hub-record.ts'
import type { KitHome } from './kit-home.ts'
import { namesIn } from './known-names.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { realPath } from './root-place.ts'
import { servedRoots } from './served-roots.ts'

/**
 * Writes `run/places`, from which shells know the hosts to switch to and which directories are in a root: a line
 * `host NAME` or `root PATH` each, a root as typed and with links followed. And makes `session.cwd`, so that shells find
 * it with its mode. Where the disk does not let it, shells go on with what they knew.
 */
export function writePlaces({ home, userHome }: { readonly home: KitHome; readonly userHome: string }): void {
  try {
    const text = placesText(withHub(home), { userHome, realPath })
    if (text !== readPrivateFile(home.places)) writePrivateFile(home.places, text)
    if (readPrivateFile(home.sessionCwd) === undefined) writePrivateFile(home.sessionCwd, '')
  } catch (error) {
    if (codeOf(error) === undefined) throw error
  }
}

/** A host that follows can switch to its hub, and its roots are those that it serves. */
function withHub(home: KitHome): ReturnType<typeof namesIn> {
  const { hosts, roots } = namesIn(home)
  const hub = readHub(home)
  if (hub === undefined || hub.hub === homeId(home)) return { hosts, roots }
  const served = servedRoots(home).map(({ path }) => path)
  return { hosts: [...new Set([...hosts, hub.name])], roots: [...roots, ...served] }
}

/** The lines. What cannot be a host's name, or would not be one line, is left out. Pure but for `realPath`. */
export function placesText(
  { hosts, roots }: ReturnType<typeof namesIn>,
  at: { readonly userHome: string; readonly realPath: (path: string) => string },
): string {
  const paths = roots.flatMap(root => {
    const path = expandHome(root, at.userHome)
    return [path, at.realPath(path)]
  })
  const lines = [
    ...hosts.filter(host => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(host)).map(host => `host ${host}\n`),
    ...[...new Set(paths)].filter(path => !/[\n\0]/.test(path)).map(path => `root ${path}\n`),
  ]
  return lines.join('')
}
