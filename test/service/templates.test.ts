import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { serviceJobs } from '../../lib/service/jobs.ts'
import { launchdPlist } from '../../lib/service/launchd-plist.ts'
import { systemdUnits } from '../../lib/service/systemd-units.ts'
import { marks, serviceTemplates } from '../../lib/service/templates.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const place = { userHome: '/home/u', home: '/home/u/.dsync', kit: '/home/u/.dsync/kit/current', runtime: '' }

describe('the files in launchd/ and systemd/', () => {
  it('are what the list of jobs gives: else run npm run generate', () => {
    const templates = serviceTemplates()
    for (const { path, text } of templates) assert.equal(readFileSync(join(checkout, path), 'utf8'), text, path)
    const found = globSync(['launchd/*', 'systemd/*'], { cwd: checkout })
    assert.deepEqual(found.toSorted(), templates.map(({ path }) => path).toSorted())
  })

  it('are with a person’s paths in the place of their marks what is installed', () => {
    const installed = [
      ...serviceJobs({ ...place, kind: 'launchd' }).map(job => launchdPlist(job, '')),
      ...serviceJobs({ ...place, kind: 'systemd' }).flatMap(job => systemdUnits(job, '').map(({ text }) => text)),
    ]
    const filled = serviceTemplates().map(({ text }) =>
      (['userHome', 'home', 'kit'] as const).reduce((all, name) => all.replaceAll(marks[name], place[name]), text),
    )
    assert.deepEqual(filled, installed)
  })
})
