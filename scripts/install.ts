/** Installs dsync on this machine, shows what that would do, or takes it back: what `install.sh` starts. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { aligned } from '../lib/cli/aligned.ts'
import { readArguments } from '../lib/cli/command-line.ts'
import { confirm } from '../lib/cli/confirm.ts'
import { escape } from '../lib/cli/escape.ts'
import { exitCodeOf, exitCodes } from '../lib/cli/exit-codes.ts'
import { installCommand } from '../lib/cli/table/install-command.ts'
import { SyncError, codeOf } from '../lib/core/errors.ts'
import { isAtOrBelow } from '../lib/daemon/host-paths.ts'
import { realPath } from '../lib/daemon/root-place.ts'
import { readManifest } from '../lib/kit/lay.ts'
import { shellPart } from '../lib/kit/shell-files.ts'
import { hostsIn } from '../lib/kit/ssh-config.ts'
import { hostSteps, hostUpdateStep, restartStep, rootSteps, serviceStep } from './install/command-steps.ts'
import { homeStep, registeredHosts, shellStep, sshStep } from './install/file-steps.ts'
import { releaseStep, runtimeStep } from './install/kit-steps.ts'
import type { Setting } from './install/setting.ts'
import { readSetting } from './install/setting.ts'
import type { Step } from './install/step.ts'
import { takeBackSteps } from './install/take-back.ts'
import { processTerminal } from './process-terminal.ts'
import { packageVersion, processFacts } from './surroundings.ts'

/** What is to be done, and the words around it. */
interface Work {
  readonly steps: readonly Step[]
  /** `Install dsync 0.1.0 into ~/.dsync`. */
  readonly title: string
  /** Said when there is nothing to do. */
  readonly idle: string
  /** The command that comes next. */
  readonly next: string
}

const interrupt = new AbortController()
const terminal = processTerminal(interrupt.signal)
const { paint } = terminal

/** Ends with these when it is told to end: 128 and the signal's number, as shells count. */
const endings = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

function say(...lines: readonly string[]): void {
  terminal.out(lines.map(line => `${line}\n`).join(''))
}

async function installWork(setting: Setting, hosts: readonly string[]): Promise<Work> {
  const { given, layout, shown, home } = setting
  const isUpgrade = given.has('upgrade')
  if (isUpgrade && !existsSync(layout.currentRelease)) {
    throw new SyncError('USAGE', `Cannot upgrade: nothing is installed in ${shown(layout.home)}`, {
      hint: './install.sh',
    })
  }
  if (isAtOrBelow(setting.folder, layout.home) && !isAtOrBelow(setting.folder, layout.releases)) {
    throw new SyncError('USAGE', `Cannot install into ${shown(layout.home)}: this checkout lies in it`, {
      hint: './install.sh --home DIR',
    })
  }
  refuseForeignHome(setting)
  const release = releaseStep(setting)
  const isNew = release.before !== undefined && release.before !== release.release.name
  const wantsShell = isUpgrade
    ? readManifest(layout.manifest).some(({ part }) => part === shellPart)
    : !given.has('no-shell')
  const told = Object.fromEntries(hosts.map(name => [name, name]))
  const known = registeredHosts(setting)
  const steps = [
    release,
    await runtimeStep(setting),
    homeStep(setting),
    ...(wantsShell ? [shellStep(setting)] : []),
    ...(isUpgrade ? [] : hostSteps(hosts, setting)),
    await sshStep({ ...told, ...known }, setting),
    ...(isUpgrade ? [] : [await serviceStep(setting)]),
    ...(isUpgrade ? [] : rootSteps(hosts, setting)),
    ...(isNew ? [restartStep(setting)] : []),
    ...(isNew && Object.keys(known).length > 0 ? [hostUpdateStep(setting)] : []),
  ]
  const isFirst = release.before === undefined
  const next = isFirst && wantsShell ? 'open a new shell, then: dsync status' : 'dsync status'
  return {
    steps,
    title: `${isNew ? 'Upgrade' : 'Install'} dsync ${packageVersion()} ${isNew ? 'in' : 'into'} ${shown(home.directory)}`,
    idle: `Nothing to do: dsync ${packageVersion()} is installed in ${shown(home.directory)}, as asked.`,
    next: Object.keys({ ...told, ...known }).length > 0 ? next : 'dsync hosts add NAME, and dsync roots add DIR',
  }
}

/** Neither the person's own home nor anything above it is a place for what may be taken away again. */
function refuseUserHome({ home, userHome, shown }: Setting): void {
  if (!isAtOrBelow(realPath(userHome), realPath(home.directory))) return
  throw new SyncError('REFUSED', `Cannot use ${shown(home.directory)}: your own home lies there`, {
    hint: './install.sh --home DIR',
  })
}

/** A home is dsync's alone, but for settings that a person has put there beforehand. */
function refuseForeignHome({ home, layout, shown }: Setting): void {
  if (existsSync(layout.releases) || existsSync(home.state) || !existsSync(home.directory)) return
  const own = [home.config, home.paths, home.env].map(path => basename(path))
  const other = readdirSync(home.directory).find(name => !own.includes(name))
  if (other === undefined) return
  throw new SyncError(
    'REFUSED',
    `Cannot install into ${shown(home.directory)}: it holds ${other}, which is not dsync's`,
    {
      hint: './install.sh --home DIR, one that is empty or does not exist',
    },
  )
}

function takeBackWork(setting: Setting): Work {
  const { given, home, shown } = setting
  const kept = given.has('purge') ? '' : ` Settings and trash stay in ${shown(home.directory)}.`
  const steps = takeBackSteps(setting)
  const next = given.has('purge') ? 'your shells forget it when they are started anew' : './install.sh brings it back'
  return {
    steps,
    title: `Take dsync away from this machine.${kept}`,
    idle: `Nothing to do: dsync is not installed in ${shown(home.directory)}.`,
    next: isLeft(steps) ? './install.sh --uninstall names what stays again, and takes it back once it can' : next,
  }
}

/** Whether something stays as it is that was asked to change. */
function isLeft(steps: readonly Step[]): boolean {
  return steps.some(({ blocked = [] }) => blocked.length > 0)
}

/** The hosts that are meant: those that were told, or chosen by a person from their ssh configuration. */
async function chosenHosts(setting: Setting): Promise<readonly string[]> {
  const { given, userHome, layout } = setting
  const told = given.texts('host')
  const canAsk = terminal.canAsk && !['yes', 'dry-run', 'upgrade', 'uninstall'].some(word => given.has(word))
  if (told.length > 0 || !canAsk || existsSync(layout.currentRelease)) return told
  const file = join(userHome, '.ssh/config')
  // A configuration that several machines share names this one, too.
  const names = existsSync(file) ? hostsIn(readFileSync(file, 'utf8')).filter(name => name !== processFacts().host) : []
  if (names.length === 0) return []
  say(`Your ssh knows these hosts: ${names.join(', ')}`)
  for (;;) {
    const answer = await terminal.ask('Which of them is dsync to add? (names, or nothing) ')
    const words = [...new Set(answer.split(/[\s,]+/).filter(word => word !== ''))]
    const unknown = words.find(word => !names.includes(word))
    if (unknown === undefined) return words
    say(`There is no host ${escape(unknown)} in ~/.ssh/config.`)
  }
}

/** Carries out what is left to do, and says each step as it is done. @returns the exit code */
async function carryOut({ steps, next }: Work): Promise<number> {
  const width = Math.max(...steps.map(({ name }) => name.length))
  for (const step of steps) {
    interrupt.signal.throwIfAborted()
    if (!step.isDone) await step.carryOut()
    const mark = step.isDone ? paint.dim('as it was') : paint.green('done')
    say(`  ${step.name.padEnd(width)}  ${mark}${step.isDone ? '' : '     '}  ${escape(step.says)}`.trimEnd())
  }
  sayNotes(steps)
  say(`  → ${next}`)
  return isLeft(steps) ? exitCodes.failed : exitCodes.ok
}

function sayNotes(steps: readonly Step[]): void {
  const notes = steps.flatMap(({ notes: own = [], blocked = [] }) => [...own, ...blocked])
  for (const note of notes) say(`  ${paint.yellow('!')} ${escape(note)}`)
}

function showAll({ steps, title }: Work): void {
  const isChange = steps.filter(({ isDone }) => !isDone)
  say(
    `Would: ${title}`,
    ...aligned(
      isChange.map(({ name, says }) => [name, escape(says)]),
      paint,
    ),
  )
  for (const step of isChange) say('', ...step.preview().map(line => escape(line)))
  sayNotes(steps)
}

async function main(words: readonly string[]): Promise<number> {
  const line = readArguments(installCommand, words)
  if (line.kind === 'wrong') throw new SyncError('USAGE', line.message, { hint: './install.sh --help' })
  if (line.kind !== 'run') return exitCodes.ok
  const { given } = line
  const setting = readSetting(given, terminal, interrupt.signal)
  // What is called from here reads it of its process, as when a person runs dsync.
  process.env['DSYNC_HOME'] = setting.home.directory
  const isBack = given.has('uninstall')
  if (given.has('purge') && !isBack)
    throw new SyncError('USAGE', 'Cannot purge alone', { hint: './install.sh --uninstall --purge' })
  refuseUserHome(setting)
  const work = isBack ? takeBackWork(setting) : await installWork(setting, await chosenHosts(setting))
  if (work.steps.every(({ isDone }) => isDone)) {
    const left = isLeft(work.steps)
    say(left ? 'Nothing else to do: this is left.' : work.idle)
    sayNotes(work.steps)
    if (left) say(`  → ${work.next}`)
    return left ? exitCodes.failed : exitCodes.ok
  }
  if (given.has('dry-run')) {
    showAll(work)
    return exitCodes.ok
  }
  say(paint.bold(work.title))
  if (!given.has('yes')) {
    const rows = work.steps.filter(({ isDone }) => !isDone)
    say(
      ...aligned(
        rows.map(({ name, says }) => [name, escape(says)]),
        paint,
      ),
    )
    await confirm('Go on? (--dry-run shows every file)', given, { terminal })
  }
  return await carryOut(work)
}

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    process.exitCode = endings[signal]
    interrupt.abort(new SyncError('INTERRUPTED', 'Interrupted: the same again goes on with it'))
  })
}
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const isExpected = error instanceof SyncError || codeOf(error)?.startsWith('E') === true
  if (!isExpected || !(error instanceof Error)) throw error
  const hint = error instanceof SyncError ? error.hint : undefined
  terminal.err(`install.sh: ${escape(error.message)}\n${hint === undefined ? '' : `  → ${escape(hint)}\n`}`)
  process.exitCode ??= exitCodeOf(error)
}
