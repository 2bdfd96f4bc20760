import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Trace } from '../../lib/kit/footprint.ts'
import type { Look, Standing } from '../../lib/kit/standing.ts'
import { absent } from '../../lib/kit/standing.ts'
import { serviceJobs } from '../../lib/service/jobs.ts'
import { changedFiles, planServiceFiles, planServiceRemoval, refuseForeign } from '../../lib/service/service-files.ts'
import { SystemdSupervisor } from '../../lib/service/systemd-supervisor.ts'

const place = { kind: 'systemd', userHome: '/home/u', home: '/home/u/.dsync', kit: '/opt/kit', runtime: '' } as const
const systemd = new SystemdSupervisor(place, serviceJobs(place), async () => undefined)
const unit = '/home/u/.config/systemd/user/dsync-daemon.service'

/** A disk on which nothing stands but this. */
function disk(things: Readonly<Record<string, Standing>>): Look {
  return path => things[path] ?? (path.startsWith('/home/u/') ? absent : { kind: 'directory', mode: 0o755 })
}

function file(text: string): Standing {
  return { kind: 'file', mode: 0o644, bytes: new TextEncoder().encode(text) }
}

/** What stands once the changes are made. */
function after(look: Look, traces: readonly Trace[] = []): { readonly look: Look; readonly traces: readonly Trace[] } {
  const plan = planServiceFiles(systemd, look, traces)
  const made = new Map(plan.changes.map(({ path, after: now }) => [path, now]))
  return { look: path => made.get(path) ?? look(path), traces: plan.traces }
}

describe('the files of a service', () => {
  it('are not written a second time, and go as they came', () => {
    const { look, traces } = after(disk({}))
    assert.deepEqual(planServiceFiles(systemd, look, traces).changes, [])
    assert.deepEqual(changedFiles(systemd, look), [])
    const { changes, blocked } = planServiceRemoval(look, traces)
    assert.deepEqual(blocked, [])
    assert.ok(changes.every(change => change.after.kind === 'absent'))
    const left = new Set(systemd.files.map(({ path }) => path))
    for (const { path } of changes) left.delete(path)
    assert.deepEqual([...left], [])
  })

  it('never take the place of what somebody else wrote', () => {
    for (const theirs of [file('[Unit]\nDescription=mine\n'), { kind: 'link', target: '/dotfiles/x' } as const]) {
      const plan = planServiceFiles(systemd, disk({ [unit]: theirs }), [])
      assert.throws(() => refuseForeign(plan), {
        code: 'REFUSED',
        message: /dsync-daemon\.service is there, and dsync did not write it$/,
      })
    }
    const plan = planServiceFiles(systemd, disk({ [unit]: { kind: 'directory', mode: 0o755 } }), [])
    assert.throws(() => refuseForeign(plan), { code: 'REFUSED', message: /it is a directory$/ })
  })

  it('that were edited are named, and mended', () => {
    const { look, traces } = after(disk({}))
    const edited: Look = path => (path === unit ? file('# Made by dsync service install\nNice=19\n') : look(path))
    assert.deepEqual(changedFiles(systemd, edited), [{ path: unit, how: 'changed' }])
    const plan = planServiceFiles(systemd, edited, traces)
    refuseForeign(plan)
    assert.deepEqual(
      plan.changes.map(({ path }) => path),
      [unit],
    )
    const gone: Look = path => (path === unit ? absent : look(path))
    assert.deepEqual(changedFiles(systemd, gone), [{ path: unit, how: 'missing' }])
  })
})
