import assert from 'node:assert/strict'
import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { commandTable } from '../../lib/cli/command-table.ts'
import type { Hold } from '../../lib/sync/session-handle.ts'
import type { Script } from '../daemon/session-double.ts'
import { offer } from './offer.ts'
import { makeWorld, replacedFile } from './world.ts'

const hold: Hold = { guard: 'first-sync', side: 'beta', why: 'both are used', paths: { total: 0, first: [] } }

const script = (): Script => ({
  forecast: () => ({ state: 'ready', ...offer }),
  conflicts: [{ path: 'a.txt', alpha: 'x', beta: 'y' }],
  holds: [hold],
  trash: { alpha: [replacedFile] },
})

/** A command line, how it ends, what it says. Each is run with `--dry-run`, and must change nothing. */
const rows: readonly (readonly [line: string, exit: number, says: RegExp])[] = [
  ['hosts add other --pipe disk', 0, /^Would add other \(pipe to ~\/disk\)\.\n$/],
  ['hosts add mac --ssh dev@mac', 0, /^Would add mac \(ssh to dev@mac\)\. It is reached and asked only then\.\n$/],
  ['hosts add here', 2, /it is this host's own/],
  ['hosts add mac --ssh=-oProxyCommand=x', 2, /Cannot/],
  ['hosts add twin --pipe disk', 2, /it is ~\/twin already/],
  ['hosts remove twin', 2, /~\/projects is on it/],
  ['hosts remove twni', 2, /Cannot find the host "twni"/],
  ['hosts update twin', 2, /it is a directory of this machine/],
  ['switch nobody', 125, /Cannot find a session with the host "nobody"/],
  ['hub take', 0, /^This host is the hub already: /],
  ['hub move twin', 5, /Cannot run dsync on twin: /],
  ['hub move twni', 2, /Cannot find the host "twni"/],
  ['roots add more', 0, /^Would add\n {2}~\/more *\n {4}twin {2}.*\/twin\/more\n$/],
  ['roots add missing', 2, /it does not exist/],
  ['roots add more --on twin,nobody', 2, /Cannot find the host "nobody"/],
  ['roots add more --on nobody', 2, /Cannot find the host "nobody"/],
  ['roots add projects --watcher polling', 0, /^Would add\n {2}~\/projects +polling\n/],
  ['roots remove projects', 0, /^Would no longer keep ~\/projects in sync\. Its files would stay\.\n$/],
  ['roots remove projects --on twin', 0, /in sync on twin\./],
  ['roots remove elsewhere', 2, /Cannot find the root/],
  ['resolve projects/a.txt --mine', 0, /^would resolve {2}~\/projects\/a\.txt with twin\n$/],
  ['resolve --all --newest', 0, /^would resolve {2}~\/projects\/a\.txt with twin\n$/],
  [
    'push',
    0,
    /^~\/projects, from here to twin: delete 1 path \(7 B\), create 2 paths \(3 B\)\n {2}delete +7 B +~\/projects\/old\n/,
  ],
  ['pull projects/d', 0, /^~\/projects\/d, from twin to here: delete/],
  ['resolve projects/b.txt --mine', 1, /no conflict stands there/],
  ['resolve projects/a.txt --take nobody', 2, /it is in conflict between here and twin/],
  ['undo', 0, /^Would bring back 1 path:\n/],
  ['undo projects/b.txt', 1, /nothing like that is in the trash/],
  ['approve', 0, /would approve {2}~\/projects with twin: first-sync\n$/],
  ['approve --prefer nobody', 2, /the hosts are here and twin/],
  ['pause', 0, /^would pause {2}~\/projects with twin\n$/],
  ['pause projects --on nobody', 2, /Cannot find a session with the host "nobody"/],
  ['resume', 0, /^would resume {2}~\/projects with twin\n$/],
  [
    'start',
    0,
    /^The daemon runs already \(process \d+\)\. Nothing would be done\. It keeps 1 root:\n {2}~\/projects with twin\n$/,
  ],
  ['stop', 0, /^Would stop the daemon \(process \d+\)\. Changes would wait in 1 root:\n {2}~\/projects with twin\n$/],
  ['restart', 0, /^Would stop the daemon \(process \d+\) and start another for 1 root:\n {2}~\/projects with twin\n$/],
  ['sync', 0, /^would wait for {2}~\/projects with twin \(watching\): nothing known\n$/],
  ['sync /etc', 2, /Cannot find a root that holds/],
  ['reset', 0, /^would reset {2}~\/projects with twin\n$/],
  ['reset projects --on nobody', 2, /Cannot find a session with the host "nobody"/],
  ['run make', 125, /lies in no root; there is .*\/projects\n/],
  [
    'trash --clean',
    0,
    /^Would let go of 1 version \(512 B\)\.\n {2}~\/projects {2}here {2}1 version, 512 B {2}0 B stay\n/,
  ],
  ['service remove', 0, /^No service is installed\.\n$/],
  ['config trust', 0, /^would trust {2}~\/projects on here: make site\n$/],
  ['config set name mac01', 0, /^Would change name:\n/],
  [
    'config set ignore big.iso',
    0,
    /^Would change ignore:\n(?:.*\n)*~\/projects: ignored from now on, and kept on each host as it is: "big\.iso"\.\n$/,
  ],
]

/** Every file below a home with what it holds, but for what a daemon writes all the time. */
function filesOf(home: string): Record<string, string> {
  const paths = globSync(['**/*', '.dsync/**/*'], { cwd: home }).filter(path => !/\.log$|^\.dsync\/run/.test(path))
  return Object.fromEntries(
    paths.toSorted().map(path => {
      const file = join(home, path)
      return [path, statSync(file).isDirectory() ? '' : readFileSync(file, 'utf8')]
    }),
  )
}

describe('--dry-run changes nothing', () => {
  for (const [line, exit, says] of rows) {
    it(line, async t => {
      const { run, directory, doubles, userHome } = await makeWorld(t, script())
      directory('more')
      if (line === 'config trust') await run('config set roots.~/projects.afterSync [{"command":["make","site"]}]')
      const before = filesOf(userHome)
      const ran = await run(`${line} --dry-run`)
      assert.equal(ran.exit, exit, ran.out + ran.err)
      assert.match(`${ran.err}${ran.out}`, says)
      const json = (await run(`${line} --dry-run --json`)).json<{ dryRun?: boolean; error?: object; undo?: object }>()
      assert.ok(json.dryRun === true || json.error !== undefined || json.undo !== undefined)
      assert.deepEqual(filesOf(userHome), before)
      assert.deepEqual(
        doubles.map(({ told }) => told),
        [[]],
      )
      assert.equal(doubles[0]?.status().state, 'watching')
    })
  }
  it('says without a daemon what one would do', async t => {
    const { run, daemon } = await makeWorld(t)
    await daemon?.stop()
    assert.equal((await run('start --dry-run')).out, 'Would start the daemon for 1 root:\n  ~/projects with twin\n')
    assert.match((await run('restart --dry-run')).out, /^Would start the daemon for 1 root:/)
    assert.equal((await run('stop --dry-run')).out, 'The daemon is not running. Nothing would be done.\n')
    assert.equal((await run('sync --dry-run')).exit, 6)
    const other = await makeWorld(t, {}, false)
    assert.equal((await other.run('start --dry-run')).out, 'Would start the daemon for 0 roots.\n')
  })
  it('is known to every command that changes something and can foresee what', () => {
    const known = commandTable.flatMap(({ name, options }) => (options['dry-run'] === undefined ? [] : [name]))
    const tested = new Set(rows.map(([line]) => known.find(name => `${line} `.startsWith(`${name} `))))
    // What `service install` would do depends on the machine: test/pipe/service.test.ts.
    assert.deepEqual([...tested, 'service install'].toSorted(), known.toSorted())
  })
})
