import { contractHome } from '../daemon/host-paths.ts'
import { join } from '../core/path.ts'
import { escape } from './escape.ts'

/** A path in a root as a person may type it again, escaped. */
export function placeText(userHome: string, root: string, path = ''): string {
  return escape(path === '' ? contractHome(root, userHome) : join(contractHome(root, userHome), path))
}

/** A place as one word of a command line: quoted where a shell would take it apart (POSIX.1-2017 2.2). `~/` stays in front. */
export function placeWord(userHome: string, root: string, path = ''): string {
  const text = placeText(userHome, root, path)
  if (/^~?[\w@%+=:,./-]+$/.test(text)) return text
  const [home, rest] = text.startsWith('~/') ? ['~/', text.slice(2)] : ['', text]
  return `${home}'${rest.replaceAll("'", String.raw`'\''`)}'`
}
