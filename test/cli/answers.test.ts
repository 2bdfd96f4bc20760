import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { commandTable } from '../../lib/cli/command-table.ts'
import type { Hold } from '../../lib/sync/session-handle.ts'
import type { Script } from '../daemon/session-double.ts'
import { answerSchema, misfits } from './answer-schema.ts'
import { offer } from './offer.ts'
import { makeWorld, replacedFile } from './world.ts'

const hold: Hold = { guard: 'mass-delete', side: 'beta', why: 'much goes', paths: { total: 2, first: ['x'] } }
const script = (): Script => ({
  forecast: () => ({ state: 'ready', ...offer }),
  conflicts: [{ path: 'a.txt', alpha: 'x', beta: 'y' }],
  untaken: [{ path: 'u', side: 'beta', how: 'added' }],
  problems: [{ path: 'p', side: 'alpha', why: 'EACCES' }],
  notices: [{ path: 'n', kind: 'recovered', side: 'beta', why: 'no place', trash: '1-a' }],
  holds: [hold],
  trash: { alpha: [replacedFile] },
})

/** A right command line for every command, and with `--dry-run` where it answers otherwise. */
const rows: readonly string[] = [
  'start --dry-run',
  'stop --dry-run',
  'restart --dry-run',
  'start',
  'status',
  'sync --dry-run',
  'sync',
  'push --dry-run',
  'push --yes',
  'pull --yes',
  'conflicts',
  'diff',
  'resolve --all --mine --dry-run',
  'resolve --all --mine --yes',
  'undo --list',
  'undo',
  'trash',
  'trash --clean --dry-run',
  'trash --clean --yes',
  'approve --dry-run',
  'approve --yes',
  'pause --dry-run',
  'pause',
  'resume',
  'reset --dry-run',
  'reset --yes',
  'logs',
  'run --dry-run true',
  'run true',
  'switch twin --dry-run',
  'verify',
  'history',
  'why a.txt',
  'why ..',
  'hosts list',
  'hosts add other --pipe disk --dry-run',
  'hosts add other --pipe disk',
  'hosts check',
  'hosts update',
  'hosts update --dry-run',
  'doctor',
  'hosts remove other --dry-run',
  'hosts remove other',
  'roots list',
  'roots add more',
  'roots show more',
  'roots remove more --dry-run',
  'roots remove more',
  'config get',
  'config set name mac01 --dry-run',
  'config set name mac01',
  'config set ignore big.iso --dry-run',
  'config check',
  'config trust --dry-run',
  'config trust --yes',
  'hub show',
  'hub take --dry-run',
  'service status',
  'service logs',
  'service remove --dry-run',
  'completions bash',
  'completions bash -- sta',
  'completions bash --of dtest -- con',
]

/** Not among them: one has another host's dsync answer, one edits on a terminal, one starts a daemon of its own, one waits until the daemon's process is gone, one asks what keeps services up here. */
const apart = ['hub move', 'config edit', 'restart', 'stop', 'service install']

describe('--json prints what docs/answers.schema.json says', () => {
  it('for every command, done one after the other', async t => {
    const { run, directory } = await makeWorld(t, script())
    directory('more')
    directory('twin/projects')
    const cwd = directory('projects')
    for (const line of rows) {
      const name = commandTable.findLast(command => `${line} `.startsWith(`${command.name} `))?.name ?? line
      const answer = (await run(`--json ${line}`, name === 'run' ? { cwd } : {})).json<object>()
      assert.deepEqual(misfits(name, answer), [], `${line}: ${JSON.stringify(answer)}`)
    }
  })
  it('for a stop without a daemon', async t => {
    const { run } = await makeWorld(t, {}, false)
    assert.deepEqual(misfits('stop', (await run('stop --json')).json()), [])
  })
  it('for errors of every kind', async t => {
    const { run } = await makeWorld(t, {}, false)
    for (const line of [
      'statsu',
      'sync --tiemout 3',
      'status',
      'roots add missing',
      'config get nmae',
      'config edit',
    ]) {
      const ran = await run(`${line} --json`)
      assert.notEqual(ran.exit, 0)
      assert.deepEqual(misfits('error', ran.json()), [], line)
    }
  })
  it('with a definition for each command', () => {
    for (const { name } of commandTable) {
      if (!apart.includes(name))
        assert.ok(
          rows.some(line => `${line} `.startsWith(`${name} `)),
          `no row for ${name}`,
        )
      if (name !== 'config edit') assert.ok(answerSchema.definitions[name.replaceAll(' ', '-')] !== undefined, name)
    }
  })
  it('and a wrong answer is noticed', () => {
    assert.notDeepEqual(misfits('pause', { pause: [{ root: '/r' }] }), [])
    assert.notDeepEqual(misfits('stop', { error: { code: 'X', message: 'm' } }), [])
  })
})
