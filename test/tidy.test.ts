import assert from 'node:assert/strict'
import { globSync, readFileSync, readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { cycles, layering } from './tidy/layers.ts'
import type { Rule } from './tidy/rules.ts'
import {
  asserts,
  lineCount,
  machineWords,
  noShell,
  noSurroundings,
  plainName,
  plainTypeScript,
  sleeps,
  usesFiles,
  wholeTests,
} from './tidy/rules.ts'
import type { Source } from './tidy/source.ts'
import { source } from './tidy/source.ts'

const checkout = fileURLToPath(new URL('..', import.meta.url))

/** Files over 300 lines, each with why it is not split. Over 450 nothing helps. */
const long: Readonly<Record<string, string>> = {
  'lib/protocol/remote-replica.ts': 'one conversation, from the greeting to the last word',
  'lib/daemon/daemon.ts': 'the one place where what is asked of a daemon meets who answers',
  'lib/daemon/verbs.ts': 'the one list of what a command may ask the daemon',
  'lib/core/session/session.ts': 'the one place where events meet the parts of a session',
  'lib/replica/local-replica.ts': 'the one loop of a replica; its parts are in files of their own',
  'lib/replica/refresh.ts': 'what one look means, case by case',
  'lib/sync/session-loop.ts': 'the one place where a session meets its replicas and its store',
  'test/replica/operations.test.ts': 'one table of operations',
  'test/replica/copies.test.ts': 'one suite of one noun',
  'test/sim/tracked-stories.test.ts': 'stories of one noun',
  'test/replica/trash.test.ts': 'one suite of one noun',
  'test/sync/store-damage.slow.test.ts': 'every way in which a store is damaged',
  'test/storm/user.ts': 'one program with all that a person does to files',
  'test/contract/watcher-suite.ts': 'one suite of one port',
  'test/protocol/arbitrary.ts': 'one arbitrary for each message there is',
  'test/protocol/untrusted.test.ts': 'one table of hostile messages',
  'test/protocol/wire.test.ts': 'one table of messages',
}

/** Files of `lib/` outside `lib/replica/disk/` that import node:fs, each with what it is for. Never for what is in a root. */
const filesystem: Readonly<Record<string, string>> = {
  'lib/cli/text-difference.ts': 'two temporary files for git to compare',
  'lib/daemon/after-sync-log.ts': 'what commands after a sync print, in the home',
  'lib/daemon/audit-log.ts': 'writes the logs in the home',
  'lib/daemon/audit-tail.ts': 'reads the end of the logs',
  'lib/daemon/crash-reports.ts': 'lists the reports in the home',
  'lib/daemon/control-server.ts': 'the mode of the control socket, and a dead one in its place',
  'lib/daemon/daemon-log.ts': 'what the daemon process prints, in the home',
  'lib/daemon/host-registration.ts': 'makes the directory that plays another host',
  'lib/daemon/home-id.ts': 'links the id of the home, which only one process can do',
  'lib/daemon/hub-watch.ts': 'looks at the record of the hub',
  'lib/daemon/log-follow.ts': 'reads what is added to a log in the home',
  'lib/daemon/kit-home.ts': 'makes the home and its directories',
  'lib/daemon/other-host.ts': 'the directory of what other hosts said, in the home',
  'lib/daemon/lock.ts': 'the lock of the home',
  'lib/daemon/prompt-file.ts': 'one line for shells, in the home, too often for a flush',
  'lib/daemon/private-file.ts': 'settings and records in the home',
  'lib/daemon/root-place.ts': 'looks from outside at a place that is to become a root',
  'lib/kit/fetch-runtime.ts': 'what npm brought, in a temporary directory, and the runtimes of this host',
  'lib/kit/place-release.ts': 'releases in the home',
  'lib/kit/place-runtime.ts': 'the runtime in the home',
  'lib/kit/release.ts': 'reads the files of a kit',
  'lib/kit/send-release.ts': 'reads the files of a kit',
  'lib/kit/lay.ts': 'what an installation changes outside the home, and its manifest',
  'lib/kit/workbench.ts': 'directories in the home in which releases and runtimes are made',
  'lib/kit/look.ts': 'what stands where an installation is to change something',
  'lib/protocol/agent-socket.ts': 'the mode of the agent socket, and a dead one in its place',
  'lib/remote/shared-connections.ts': 'sockets by which ssh commands share connections, and dead ones among them',
  'lib/replica/hash-worker.ts': 'reads a descriptor that the disk port opened',
  'lib/relay/own-trash.ts': 'whether a root was ever served',
  'lib/relay/told-record.ts': 'a small file of the home that need not outlive a power cut',
  'lib/replica/watch/directory-check.ts': 'what a path is before it is watched',
  'lib/replica/watch/fs-watch.ts': 'fs.watch',
  'lib/replica/watch/fsevents-worker.ts': 'fs.watch',
  'lib/replica/watch/network-disk.ts': 'statfs: which disks belong to another machine',
  'lib/sync/store-database.ts': 'looks for its database in the home, and puts a damaged one aside',
}

/** Scripts without a row in `test/runtime/`, each with what runs them. */
const smoked: Readonly<Record<string, string>> = {
  'scripts/check.ts': 'it is what runs this test',
  'scripts/generate.ts':
    'test/shell/completions.test.ts and test/service/templates.test.ts hold what it writes against what it is made from',
  'scripts/sim.ts': 'test/sim/history.test.ts runs what it runs',
}

/** Files under `test/` that may wait for time to pass, each with why no event would do. */
const patient: Readonly<Record<string, string>> = {
  'test/contract/watch-observer.ts':
    'looks again and again until a deadline: polling watchers have no event to wait for',
  'test/contract/watcher-suite.ts': 'pauses between writes are what it tests, and that nothing comes after a close',
  'test/pipe/until.ts': 'looks again and again until a deadline at what other processes do',
  'test/ssh/healing.test.ts': 'a network that stays cut for a while is what it tests',
  'test/ssh/ssh-pair.ts': 'a wire that stays cut for a while is what it makes',
  'test/ssh/network.test.ts': 'a network that stays cut for a while is what it tests',
  'test/storm/storm.ts': 'kills processes at moments nobody knows',
  'test/storm/user-process.ts': 'a person pauses between edits',
}

const sources = globSync(['{lib,scripts,test,bench}/**/*.ts', '*.ts'], { cwd: checkout })
  .map(path => path.replaceAll('\\', '/'))
  .toSorted()
  .map(path => source(path, readFileSync(`${checkout}${path}`, 'utf8')))
const known = new Map(sources.map(each => [each.path, each]))
const product = sources.filter(({ path }) => /^(?:lib|scripts)\//.test(path))

/** Every breach of a rule in some files, one a line. */
function breaches(rule: Rule, files: readonly Source[]): string[] {
  return files.flatMap(file => rule(file).map(says => `${file.path}: ${says}`))
}

/** Holds the files for which something is so against a table that says why it may be, and the table against the files. */
function excused(isSo: (file: Source) => boolean, files: readonly Source[], table: Readonly<Record<string, string>>) {
  const found = files.filter(isSo).map(({ path }) => path)
  const unexplained = found.filter(path => table[path] === undefined)
  const stale = Object.keys(table).filter(path => !found.includes(path))
  assert.deepEqual({ unexplained, stale }, { unexplained: [], stale: [] })
}

/** What git would hold: every file but what is installed, built, cached or hidden. */
function filesBelow(folder: string, above = ''): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const { name } = entry
    const path = `${above}${name}`
    // In a worktree of git `.git` is a file that says where the repository lies.
    if (!entry.isDirectory()) return entry.isFile() && name !== '.git' && !name.endsWith('.log') ? [path] : []
    const made = name === 'node_modules' || name === 'dist' || (name.startsWith('.') && name !== '.ci')
    return made ? [] : filesBelow(`${folder}${name}/`, `${path}/`)
  })
}

describe('the house is tidy', () => {
  it('imports point down the layers', () => assert.deepEqual(breaches(layering, product), []))
  it('imports make no circle', () => assert.deepEqual(cycles(sources), []))
  it('lib runs no shell', () => assert.deepEqual(breaches(noShell, sources), []))
  it('lib reads and prints nothing by itself', () => assert.deepEqual(breaches(noSurroundings, sources), []))
  it('is plain TypeScript', () => {
    const files = sources.filter(({ path }) => path !== 'tsup.config.ts')
    assert.deepEqual(breaches(plainTypeScript, files), [])
  })
  it('names its files well', () => assert.deepEqual(breaches(plainName, sources), []))
  it('no file is over 450 lines', () => {
    assert.deepEqual(
      sources.filter(file => lineCount(file) > 450).map(({ path }) => path),
      [],
    )
  })
  it('every file over 300 lines is explained', () => excused(file => lineCount(file) > 300, sources, long))
  it('only the disk port touches files, or says why', () => {
    const files = sources.filter(({ path }) => path.startsWith('lib/') && !path.startsWith('lib/replica/disk/'))
    excused(usesFiles, files, filesystem)
  })
  it('every script has a smoke row, or belongs to one that has', () => {
    const rows = sources.filter(({ path }) => path.startsWith('test/runtime/')).map(({ text }) => text)
    const scripts = sources.filter(({ path }) => path.startsWith('scripts/'))
    const covered = new Set(scripts.filter(({ path }) => rows.some(text => text.includes(`'${path}'`))))
    // A set that grows while it is walked: what covered scripts import is covered too.
    for (const script of covered) {
      for (const { target = '' } of script.imports) {
        const next = target.startsWith('scripts/') ? known.get(target) : undefined
        if (next !== undefined) covered.add(next)
      }
    }
    excused(script => !covered.has(script), scripts, smoked)
  })
  it('every test asserts, and none is singled out or skipped without a reason', () => {
    const tests = sources.filter(({ path }) => path.endsWith('.test.ts'))
    const idle = tests.filter(file => !asserts(file, known)).map(({ path }) => `${path}: it asserts nothing`)
    assert.deepEqual([...idle, ...breaches(wholeTests, tests)], [])
  })
  it('tests wait for events, not for luck', () => {
    excused(
      sleeps,
      sources.filter(({ path }) => path.startsWith('test/')),
      patient,
    )
  })
  it('names no registry host and no path of one machine', () => {
    const wrong = filesBelow(checkout).flatMap(path =>
      machineWords(path, readFileSync(`${checkout}${path}`, 'utf8')).map(says => `${path}: ${says}`),
    )
    assert.deepEqual(wrong, [])
  })
})
