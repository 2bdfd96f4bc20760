import { existsSync, readdirSync, rmSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SyncError, codeOf } from '../../lib/core/errors.ts'
import { readConfig } from '../../lib/daemon/config-reader.ts'
import { expandHome, isAtOrBelow } from '../../lib/daemon/host-paths.ts'
import { isShellOurs } from '../../lib/daemon/other-host.ts'
import type { Trace } from '../../lib/kit/footprint.ts'
import { isDirectoryTrace, reverseFootprint } from '../../lib/kit/footprint.ts'
import { lay, readManifest, sweep, writeManifest } from '../../lib/kit/lay.ts'
import { isHomeName, launchers } from '../../lib/kit/layout.ts'
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
  const isInstalled = existsSync(layout.releases)
  if (!existsSync(layout.home) || (!isInstalled && !existsSync(layout.manifest) && !isPurge)) return []
  if (isPurge) refuseOwnFiles(setting)
  const isLeft = reverseFootprint(readManifest(layout.manifest), lookAt).traces.length > 0
  // What is left of an installation that went is in files alone: releases go last.
  const hosts = isInstalled ? Object.entries(registeredHosts(setting)) : []
  return [
    serviceStep(setting),
    ...hosts.map(([name, target]) => hostStep(name, target, setting)),
    filesStep(setting),
    {
      name: 'home',
      isDone: ourParts(setting, isLeft).length === 0,
      says: isPurge ? `${setting.shown(layout.home)} with settings, history and trash` : setting.shown(layout.home),
      preview: () => ourParts(setting, isLeft).map(path => `${setting.shown(path)} goes`),
      carryOut: () => {
        const isLeftNow = existsSync(layout.manifest)
        removeReleases(layout)
        removeIfEmpty(layout.bin)
        for (const path of ourParts(setting, isLeftNow)) rmSync(path, { recursive: true, force: true })
        if (!isPurge || removeIfEmpty(home.directory)) return
        const why = isLeftNow ? 'the list of what is left of dsync is in it' : 'it holds what dsync did not make'
        setting.terminal.err(`  ${setting.shown(layout.home)} stays: ${why}\n`)
      },
    },
  ]
}

/**
 * What is to go of the home: what an installation made and what is made anew when it is missing, or all that is dsync's.
 * @param isLeft the manifest stays, for another time
 */
function ourParts({ given, layout, home }: Setting, isLeft: boolean): string[] {
  const made = [layout.releases, layout.runtimes, layout.aliases, layout.fishAliases, dirname(layout.sshConfig)]
  const parts = given.has('purge')
    ? namesIn(home.directory)
        .filter(isHomeName)
        .map(name => join(home.directory, name))
        .flatMap(path => (isLeft && path === home.state ? namesIn(path).map(name => join(path, name)) : [path]))
        .filter(path => !isLeft || path !== layout.manifest)
    : [...made, join(home.directory, 'cache'), home.run]
  return [...parts, ...launchers.map(name => join(layout.bin, name))].filter(path => existsSync(path))
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : []
}

/** @returns false when something lies in it, which is somebody's */
function removeIfEmpty(directory: string): boolean {
  try {
    rmdirSync(directory)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
    return false
  }
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
        if (files.some(({ path }) => path === 'state/installed.json') && !isShellOurs(home, name, target)) {
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

/** Every file outside the home, as it was before. What stays is kept in the manifest, for another time. */
function filesStep({ layout, shown }: Setting): Step {
  const traces = readManifest(layout.manifest)
  const { changes, blocked, traces: kept } = reverseFootprint(traces, lookAt)
  return {
    name: 'files',
    isDone: changes.length === 0 && kept.length === traces.length,
    says: changes.map(({ path }) => shown(path)).join(', '),
    preview: () => changes.flatMap(previewChange),
    blocked: blocked.map(blockedText),
    carryOut: () => {
      const now = reverseFootprint(traces, lookAt)
      const left = new Set(lay(now.changes).map(({ path }) => path))
      sweep(traces)
      const isLeft = (trace: Trace): boolean => left.has(trace.path) && !isDirectoryTrace(trace)
      writeManifest(
        layout.manifest,
        traces.filter(trace => now.traces.includes(trace) || isLeft(trace)),
      )
    },
  }
}

/** Throws REFUSED when somebody's files lie in the home: a root, or the directory of a host that is one. */
function refuseOwnFiles({ home, userHome }: Setting): void {
  const { config, problems } = readConfig(home)
  if (config === undefined) {
    const why = problems[0]?.message ?? 'its settings cannot be read'
    throw new SyncError('REFUSED', `Cannot tell whose files lie in ${home.directory}: ${why}`, {
      hint: 'Mend config.json, or leave --purge away',
    })
  }
  const pipes = Object.values(config.hosts).flatMap(({ pipe }) => (pipe === undefined ? [] : [pipe]))
  const inside = [...config.paths, ...pipes].find(path => isAtOrBelow(expandHome(path, userHome), home.directory))
  if (inside === undefined) return
  throw new SyncError('REFUSED', `Cannot remove ${home.directory}: ${inside} lies in it`, {
    hint: 'Move it elsewhere, or leave --purge away',
  })
}
