import { resolve } from 'node:path'
import { SyncError } from '../../core/errors.ts'
import type { RootRow } from '../../daemon/root-registration.ts'
import { addRoot, listRoots, removeRoot, showRoot } from '../../daemon/root-registration.ts'
import type { SyncMode, WatcherChoice } from '../../sync/session-spec.ts'
import { syncModes, watcherChoices } from '../../daemon/config-schema.ts'
import type { Cell } from '../aligned.ts'
import { aligned } from '../aligned.ts'
import type { Arguments } from '../command-spec.ts'
import { reloadDaemon, reloadedLines } from '../daemon-reload.ts'
import { escape } from '../escape.ts'
import { exitCodes } from '../exit-codes.ts'
import { nearestWord } from '../nearest-word.ts'
import type { Paint } from '../paint.ts'
import type { Outcome, Surroundings } from '../surroundings.ts'

export async function list(_given: Arguments, around: Surroundings): Promise<Outcome> {
  const roots = listRoots(around)
  return {
    exit: exitCodes.ok,
    json: { roots },
    lines: paint => (roots.length === 0 ? ['No root yet.  → dsync roots add DIR'] : rootLines(roots, paint)),
  }
}

export async function show(given: Arguments, around: Surroundings): Promise<Outcome> {
  const root = showRoot(around, directoryOf(given, around))
  return { exit: exitCodes.ok, json: { roots: [root] }, lines: paint => rootLines([root], paint) }
}

export async function add(given: Arguments, around: Surroundings): Promise<Outcome> {
  const watcher = Object.fromEntries(given.texts('watcher').map(watcherOf))
  const at = Object.fromEntries(given.texts('at').map(placeOf))
  const mode = modeOf(given)
  const dryRun = given.has('dry-run')
  const choice = { on: hostsOf(given), at, watcher, ...(mode !== undefined && { mode }) }
  const root = await addRoot(around, directoryOf(given, around), choice, { dryRun })
  if (dryRun) return foreseen(root, paint => ['Would add', ...rootLines([root], paint)])
  const reloaded = await reloadDaemon(around)
  return {
    exit: exitCodes.ok,
    json: { roots: [root] },
    lines: paint => ['Added', ...rootLines([root], paint), ...reloadedLines(reloaded, paint)],
  }
}

export async function remove(given: Arguments, around: Surroundings): Promise<Outcome> {
  const dryRun = given.has('dry-run')
  const on = hostsOf(given)
  const root = await removeRoot(around, directoryOf(given, around), on, { dryRun })
  if (dryRun) {
    const where = on.length === 0 ? '' : ` on ${on.map(escape).join(', ')}`
    return foreseen(root, () => [`Would no longer keep ${escape(root.root)} in sync${where}. Its files would stay.`])
  }
  await reloadDaemon(around)
  return {
    exit: exitCodes.ok,
    json: { roots: [root] },
    lines: () => [`${escape(root.root)} is kept in sync no longer. Its files stay as they are, on every host.`],
  }
}

function foreseen(root: RootRow, lines: Outcome['lines']): Outcome {
  return { exit: exitCodes.ok, json: { roots: [root], dryRun: true }, lines }
}

/** `--on a --on b`, or `--on a,b`: no host's name holds a comma. */
function hostsOf(given: Arguments): string[] {
  return given.texts('on').flatMap(text => text.split(','))
}

function directoryOf(given: Arguments, around: Surroundings): string {
  const [directory = ''] = given.operands
  if (/\n|^\s|\s$/.test(directory)) {
    throw new SyncError('ROOT_REFUSED', `Cannot sync ${directory}: paths.txt cannot hold such a name`, {
      verdict: 'usage',
    })
  }
  return directory === '~' || directory.startsWith('~/') ? directory : resolve(around.cwd, directory)
}

/** `HOST=PATH`. */
function placeOf(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  const [host, path] = [text.slice(0, at), text.slice(at + 1)]
  if (at > 0 && /^(\/|~(\/|$))/.test(path)) return [host, path]
  throw new SyncError('USAGE', `Cannot read --at ${text}: it must be HOST=PATH, the path absolute or below ~/`, {
    hint: 'dsync help roots add',
  })
}

/** `NAME` for this host, whose name is left empty, or `HOST=NAME`. */
function watcherOf(text: string): readonly [string, WatcherChoice] {
  const at = text.indexOf('=')
  const [host, word] = at < 0 ? ['', text] : [text.slice(0, at), text.slice(at + 1)]
  const watcher = watcherChoices.find(choice => choice === word)
  if (watcher !== undefined) return [host, watcher]
  const near = nearestWord(word, watcherChoices)
  throw new SyncError(
    'USAGE',
    `Cannot watch with ${JSON.stringify(word)}${near === undefined ? '' : `; did you mean ${near}?`}`,
    {
      hint: `One of ${watcherChoices.join(', ')}`,
    },
  )
}

function modeOf(given: Arguments): SyncMode | undefined {
  const word = given.text('mode')
  const mode = syncModes.find(each => each === word)
  if (word === undefined || mode !== undefined) return mode
  throw new SyncError('USAGE', `Cannot sync in the mode ${JSON.stringify(word)}`, {
    hint: `One of ${syncModes.join(', ')}`,
  })
}

function rootLines(roots: readonly RootRow[], paint: Paint): string[] {
  const rows = roots.flatMap(({ root, active, on, watcher, mode }): Cell[][] => [
    [
      escape(root),
      active ? '' : { text: 'off (not in paths.txt)', paint: 'yellow' },
      watcher === 'auto' ? '' : watcher,
      mode === 'two-way' ? '' : mode,
    ],
    ...on.map(({ host, path, watcher: there }): Cell[] => [
      `  ${escape(host)}`,
      escape(path),
      there === 'auto' ? '' : there,
    ]),
  ])
  return aligned(rows, paint)
}
