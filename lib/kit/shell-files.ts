import { join, relative } from 'node:path'
import type { Wish } from './footprint.ts'
import type { KitLayout } from './layout.ts'
import type { Look } from './standing.ts'

/** Whose these wishes are in the manifest. */
export const shellPart = 'shell'

/** The name of the block in the files of shells. */
const blockName = 'dsync'

/** What is known of a person's shells. */
export interface ShellFacts {
  readonly userHome: string
  /** Shells that are installed: their rc file is made where it is missing. */
  readonly installed: readonly ('bash' | 'zsh' | 'fish')[]
  /** `ZDOTDIR` and `XDG_CONFIG_HOME`, where they are set. */
  readonly zshHome?: string
  readonly configHome?: string
  readonly look: Look
}

/** One block in the file that each shell reads when it starts, and for bash in the one that it reads at a login. */
export function shellWishes(layout: KitLayout, facts: ShellFacts): Wish[] {
  const { userHome, installed, zshHome, configHome } = facts
  const edit = (path: string, lines: readonly string[]): Wish => ({
    path,
    part: shellPart,
    kind: 'edit',
    edit: { kind: 'block', block: { name: blockName, lines } },
    mode: 0o644,
  })
  const aliases = shellWord(layout.aliases, userHome)
  const posix = [`[ ! -r ${aliases} ] || . ${aliases}`]
  const fish = shellWord(layout.fishAliases, userHome)
  const files = {
    bash: [edit(join(userHome, '.bashrc'), posix), edit(bashLoginFile(facts), posix)],
    zsh: [edit(join(zshHome ?? userHome, '.zshrc'), posix)],
    fish: [
      edit(join(configHome ?? join(userHome, '.config'), 'fish/config.fish'), [
        `if test -r ${fish}; source ${fish}; end`,
      ]),
    ],
  }
  return installed.flatMap(shell => files[shell])
}

/** The first of the files that bash looks for at a login (bash(1), INVOCATION); where there is none, one that other shells read too. */
function bashLoginFile({ userHome, look }: ShellFacts): string {
  const names = ['.bash_profile', '.bash_login', '.profile']
  const found = names.find(name => look(join(userHome, name)).kind !== 'absent')
  return join(userHome, found ?? '.profile')
}

/** What the shells load: says where the home is if it is not the usual one, then goes on to the release in use. */
export function aliasesText({ home, currentRelease }: KitLayout, userHome: string): string {
  const isUsual = home === join(userHome, '.dsync')
  const file = shellWord(join(currentRelease, 'shell/aliases.sh'), userHome)
  return [
    '# What your shells load of dsync. Written by its installer, which would write it anew: put nothing of yours here.',
    ...(isUsual ? [] : [`DSYNC_HOME=\${DSYNC_HOME:-${shellWord(home, userHome)}}; export DSYNC_HOME`]),
    `[ ! -r ${file} ] || . ${file}`,
    '',
  ].join('\n')
}

/** The same for fish. */
export function fishAliasesText({ home, currentRelease }: KitLayout, userHome: string): string {
  const isUsual = home === join(userHome, '.dsync')
  const file = shellWord(join(currentRelease, 'shell/aliases.fish'), userHome)
  return [
    '# What fish loads of dsync. Written by its installer, which would write it anew: put nothing of yours here.',
    ...(isUsual ? [] : [`set -q DSYNC_HOME; or set -gx DSYNC_HOME ${shellWord(home, userHome)}`]),
    `if test -r ${file}; source ${file}; end`,
    '',
  ].join('\n')
}

/**
 * A path as one word for POSIX shells and fish alike, which agree on what double quotes leave special but for the back
 * tick; below the home by `$HOME`, so that the line is right on every machine that shares the file.
 */
export function shellWord(path: string, userHome: string): string {
  const below = relative(userHome, path)
  const isBelow = below !== '' && !below.startsWith('..') && !below.startsWith('/')
  const text = (isBelow ? below : path).replace(/[\\"$]/g, '\\$&')
  // A back tick between double quotes is a command in sh and itself in fish: in single quotes it is itself in both.
  const quoted = text.split('`').join('"\'`\'"')
  return isBelow ? `"$HOME/${quoted}"` : `"${quoted}"`
}
