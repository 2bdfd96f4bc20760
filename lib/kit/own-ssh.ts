import { execFile } from 'node:child_process'
import type { Blocked, Plan, Wish } from './footprint.ts'
import { planFootprint } from './footprint.ts'
import { lay, readManifest } from './lay.ts'
import type { KitLayout } from './layout.ts'
import { lookAt } from './look.ts'
import type { SshAlias } from './ssh-config.ts'
import { sshConfigText, sshPart, sshSocketDirectory } from './ssh-config.ts'

/** Whose files these are in the home: they go with it, and are in no manifest. */
export const homePart = 'home'

/** How long ssh may take to say what is in force (ms): it asks nobody for that. */
const askMs = 10_000

type Environment = Readonly<Record<string, string | undefined>>

/** What is to stand in the home for the person's own ssh, so that it knows these hosts: by name, with what ssh is told. */
export async function ownSshWishes(
  layout: KitLayout,
  hosts: Readonly<Record<string, string>>,
  environment: Environment,
): Promise<Wish[]> {
  const sockets = sshSocketDirectory(layout)
  const aliases = await Promise.all(
    Object.entries(hosts).map(([name, target]) => aliasOf(name, target, { sockets, environment })),
  )
  const text = sshConfigText(aliases, sockets)
  return [
    ...(sockets === undefined ? [] : [{ path: sockets, part: homePart, kind: 'directory' } as const]),
    { path: layout.sshConfig, part: homePart, kind: 'file', text, mode: 0o600 },
  ]
}

/**
 * Tells the person's own ssh of the hosts that there are now, where an installation made it listen: only then the file
 * is included. Says what was left as it is.
 */
export async function keepOwnSsh(
  layout: KitLayout,
  hosts: Readonly<Record<string, string>>,
  environment: Environment,
): Promise<readonly Blocked[]> {
  if (!readManifest(layout.manifest).some(({ part }) => part === sshPart)) return []
  const { changes, blocked }: Plan = planFootprint(await ownSshWishes(layout, hosts, environment), lookAt)
  return [...blocked, ...lay(changes)]
}

interface Asking {
  readonly sockets: string | undefined
  readonly environment: Environment
}

/** Whether the person's own settings for a name share connections already. ssh itself says what is in force. */
async function aliasOf(name: string, target: string, { sockets, environment }: Asking): Promise<SshAlias> {
  const said = await new Promise<string>(resolve => {
    const options = { env: environment, timeout: askMs }
    execFile('ssh', ['-G', '--', target], options, (error, stdout) => resolve(error === null ? stdout : ''))
  })
  const path = /^controlpath (.*)$/m.exec(said)?.[1] ?? 'none'
  const isOurs = sockets !== undefined && path.startsWith(`${sockets}/`)
  return { name, target, isShared: path !== 'none' && !isOurs }
}
