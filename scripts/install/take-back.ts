import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SyncError } from '../../lib/core/errors.ts'
import { readConfig } from '../../lib/daemon/config-reader.ts'
import { expandHome, isAtOrBelow } from '../../lib/daemon/host-paths.ts'
import { reverseFootprint } from '../../lib/kit/footprint.ts'
import { lay, readManifest, sweep, writeManifest } from '../../lib/kit/lay.ts'
import { lookAt } from '../../lib/kit/look.ts'
import { removeReleases } from '../../lib/kit/place-release.ts'
import { previewChange } from '../../lib/kit/preview.ts'
import { readService } from '../../lib/service/service-record.ts'
import { equipHost } from '../equip-host.ts'
import { blockedText, registeredHosts } from './file-steps.ts'
import { orThrow } from './command-steps.ts'
import type { Setting } from './setting.ts'
import { dsync } from './setting.ts'
import type { Step } from './step.ts'

/** The way back, in an order in which nothing is missed by what still runs. */
export function takeBackSteps(setting: Setting): Step[] {
  const { given, home, layout } = setting
  const isPurge = given.has('purge')
  const isGone = !existsSync(layout.releases) && !existsSync(layout.manifest)
  if (!existsSync(layout.home) || (isGone && !isPurge)) return []
  if (isPurge) refuseOwnFiles(setting)
  return [
    serviceStep(setting),
    ...Object.entries(registeredHosts(setting)).map(([name, target]) => hostStep(name, target, setting)),
    filesStep(setting),
    {
      name: 'home',
      isDone: isPurge ? !existsSync(layout.home) : ourParts(setting).every(path => !existsSync(path)),
      says: isPurge ? `${setting.shown(layout.home)} with settings, history and trash` : setting.shown(layout.home),
      preview: () =>
        (isPurge ? [layout.home] : ourParts(setting).filter(path => existsSync(path))).map(
          path => `${setting.shown(path)} goes`,
        ),
      carryOut: () => {
        removeReleases(layout)
        for (const path of ourParts(setting)) rmSync(path, { recursive: true, force: true })
        if (isPurge) rmSync(home.directory, { recursive: true, force: true })
      },
    },
  ]
}

/** What an installation made in the home, and what is made anew whenever it is missing. */
function ourParts({ layout, home }: Setting): string[] {
  const parts = [
    layout.releases,
    layout.runtimes,
    layout.bin,
    layout.aliases,
    layout.fishAliases,
    dirname(layout.sshConfig),
  ]
  return [...parts, join(home.directory, 'cache'), home.run]
}

function serviceStep(setting: Setting): Step {
  const { layout, home } = setting
  const isInstalled = readService(home) !== undefined
  const runs = existsSync(join(layout.bin, 'dsync'))
  return {
    name: isInstalled ? 'service' : 'daemon',
    isDone: !runs || (!isInstalled && dsync(setting, 'status').code === 6),
    says: isInstalled ? 'removed, and the daemon stopped' : 'stopped',
    preview: () =>
      isInstalled ? dsync(setting, 'service', 'remove', '--dry-run').out.trimEnd().split('\n') : ['dsync stop'],
    carryOut: () => {
      if (isInstalled) orThrow(dsync(setting, 'service', 'remove', '--yes'), 'service remove')
      else orThrow(dsync(setting, 'stop'), 'stop')
    },
  }
}

/** What was put on another host goes; it stays in the settings, so that another installation knows it. */
function hostStep(name: string, target: string, setting: Setting): Step {
  const { given, home, signal } = setting
  const ssh = readConfig(home).config?.ssh
  return {
    name: 'host',
    isDone: false,
    says: `${name}: what was put there goes`,
    preview: () => [`${name}: kit, runtime and launchers in dsync's home there go`],
    carryOut: async () => {
      const asked = { name, target, program: ssh?.program ?? 'ssh', configFile: ssh?.config }
      const equipment = equipHost(asked, { wantsKit: true, isOffline: true, signal, tell: () => {} })
      try {
        const { files } = await equipment.survey()
        if (files.some(({ path }) => path === 'state/installed.json')) {
          const next = `ssh ${target} .dsync/kit/current/install.sh --uninstall --yes`
          setting.terminal.err(`  ${name} has an installation of its own, which stays\n    → ${next}\n`)
          return
        }
        await equipment.takeAway(given.has('purge'))
      } catch (error) {
        if (!(error instanceof SyncError) || signal.aborted) throw error
        setting.terminal.err(
          `  ${name} keeps what was put there: ${error.message}\n    → ssh ${target} rm -r .dsync/kit .dsync/runtime\n`,
        )
      }
    },
  }
}

/** Every file outside the home, as it was before. */
function filesStep({ layout, shown }: Setting): Step {
  const traces = readManifest(layout.manifest)
  const { changes, blocked } = reverseFootprint(traces, lookAt)
  return {
    name: 'files',
    isDone: traces.length === 0,
    says: changes.map(({ path }) => shown(path)).join(', '),
    preview: () => changes.flatMap(previewChange),
    blocked: blocked.map(blockedText),
    carryOut: () => {
      lay(reverseFootprint(traces, lookAt).changes)
      sweep(traces)
      writeManifest(layout.manifest, [])
    },
  }
}

/** Throws REFUSED when somebody's files lie in the home: a root, or the directory of a host that is one. */
function refuseOwnFiles({ home, userHome }: Setting): void {
  const config = readConfig(home).config
  if (config === undefined) return
  const pipes = Object.values(config.hosts).flatMap(({ pipe }) => (pipe === undefined ? [] : [pipe]))
  const inside = [...config.paths, ...pipes].find(path => isAtOrBelow(expandHome(path, userHome), home.directory))
  if (inside === undefined) return
  throw new SyncError('REFUSED', `Cannot remove ${home.directory}: ${inside} lies in it`, {
    hint: 'Move it elsewhere, or leave --purge away',
  })
}
