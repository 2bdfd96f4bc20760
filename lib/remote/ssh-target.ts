import { SyncError } from '../core/errors.ts'

/** Longest host name of the DNS with room for a user and a port. */
const targetLimit = 300

/**
 * What `ssh` is told to reach: an alias, `user@host`, or `ssh://user@host:port`. The user's own ssh configuration says the rest.
 * Throws USAGE for what ssh would take as an option or a shell might read (a ProxyCommand gets it: CVE-2023-51385).
 */
export function checkTarget(target: string): string {
  const name = '[A-Za-z0-9_][A-Za-z0-9._-]*'
  const host = `(?:${name}|\\[[0-9A-Fa-f:.]+(?:%${name})?\\]|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(?:%${name})?)`
  const user = `(?:${name}(?:\\\\${name})?@)?`
  const shape = new RegExp(`^(?:${user}${host}|ssh://${user}${host}(?::\\d{1,5})?/?)$`)
  if (target.length <= targetLimit && shape.test(target)) return target
  throw new SyncError(
    'USAGE',
    `Cannot reach ${JSON.stringify(target)} by ssh: it is no alias, USER@HOST or ssh://USER@HOST:PORT`,
    {
      hint: 'Put what is special about it into ~/.ssh/config and use the alias',
    },
  )
}
