import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { SyncError } from '../../lib/core/errors.ts'
import { noConfig } from '../../lib/daemon/config.ts'
import { readConfig } from '../../lib/daemon/config-reader.ts'
import { sshTargets } from '../../lib/daemon/other-host.ts'
import type { Blocked, Plan, Wish } from '../../lib/kit/footprint.ts'
import { planFootprint } from '../../lib/kit/footprint.ts'
import { firstPathsText } from '../../lib/kit/first-paths.ts'
import { lay, readManifest, writeManifest } from '../../lib/kit/lay.ts'
import { lookAt } from '../../lib/kit/look.ts'
import { manifestText } from '../../lib/kit/manifest.ts'
import { previewChange } from '../../lib/kit/preview.ts'
import { homePart, ownSshWishes } from '../../lib/kit/own-ssh.ts'
import { aliasesText, fishAliasesText, shellWishes } from '../../lib/kit/shell-files.ts'
import { sshWishes } from '../../lib/kit/ssh-config.ts'
import type { Setting } from './setting.ts'
import type { Step } from './step.ts'

/** What lies in the home beside the release: what shells load, and the first list of roots. */
export function homeStep({ layout, home, userHome, shown }: Setting): Step {
  const file = (path: string, text: string): Wish => ({ path, part: homePart, kind: 'file', text, mode: 0o600 })
  const wishes = [
    file(layout.aliases, aliasesText(layout, userHome)),
    file(layout.fishAliases, fishAliasesText(layout, userHome)),
    ...(existsSync(home.paths) ? [] : [file(home.paths, firstPathsText())]),
  ]
  return filesStep('home', shown(layout.home), () => planFootprint(wishes, lookAt))
}

/** One block in the files of the shells that are installed. */
export function shellStep(setting: Setting): Step {
  const { layout, userHome, environment } = setting
  const installed = (['bash', 'zsh', 'fish'] as const).filter(shell => isOnPath(shell, environment['PATH'] ?? ''))
  const { ZDOTDIR, XDG_CONFIG_HOME } = environment
  const wishes = shellWishes(layout, {
    userHome,
    installed,
    look: lookAt,
    ...(ZDOTDIR && { zshHome: ZDOTDIR }),
    ...(XDG_CONFIG_HOME && { configHome: XDG_CONFIG_HOME }),
  })
  return recordedStep('shell', installed.join(', '), wishes, setting)
}

/** The hosts of dsync for the person's own ssh. @param hosts what is to be known, by name with what ssh is told */
export async function sshStep(hosts: Readonly<Record<string, string>>, setting: Setting): Promise<Step> {
  const { layout, userHome, environment } = setting
  const names = Object.keys(hosts)
  const isNone = names.length === 0 && !existsSync(layout.sshConfig)
  const own = isNone ? [] : await ownSshWishes(layout, hosts, environment)
  const outside = recordedStep(
    'ssh',
    names.join(', ') || 'no hosts',
    names.length === 0 ? [] : sshWishes(layout, userHome),
    setting,
  )
  const inside = filesStep('ssh', '', () => planFootprint(own, lookAt))
  return {
    ...outside,
    isDone: inside.isDone && outside.isDone,
    preview: () => [...inside.preview(), ...outside.preview()],
    carryOut: async () => {
      await inside.carryOut()
      await outside.carryOut()
    },
  }
}

/** The hosts that the settings name and ssh reaches, with what it is told. */
export function registeredHosts({ home }: Setting): Readonly<Record<string, string>> {
  return sshTargets(readConfig(home).config ?? noConfig)
}

/** A plan whose traces are kept in the manifest, which is written first. */
function recordedStep(name: string, says: string, wishes: readonly Wish[], { layout }: Setting): Step {
  const traces = readManifest(layout.manifest)
  const plan = (): Plan => planFootprint(wishes, lookAt, readManifest(layout.manifest))
  const step = filesStep(name, says, plan, now => writeManifest(layout.manifest, now.traces))
  return { ...step, isDone: step.isDone && manifestText(plan().traces) === manifestText(traces) }
}

/** @param plan made anew before it is carried out: an earlier step may have made a directory of it */
function filesStep(name: string, says: string, plan: () => Plan, first: (plan: Plan) => void = () => {}): Step {
  const { changes, blocked } = plan()
  return {
    name,
    isDone: changes.length === 0,
    says,
    preview: () => changes.flatMap(previewChange),
    carryOut: () => {
      const now = plan()
      first(now)
      const [left] = lay(now.changes)
      if (left !== undefined) throw new SyncError('REFUSED', `Cannot go on: ${blockedText(left)}`)
    },
    blocked: blocked.map(blockedText),
  }
}

export function blockedText({ path, why, hint }: Blocked): string {
  return `${path} stays as it is: ${why}${hint === undefined ? '' : `  → ${hint}`}`
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some(folder => folder !== '' && existsSync(join(folder, program)))
}
