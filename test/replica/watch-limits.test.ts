import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadKoffi } from '../../lib/replica/koffi.ts'

const lower = 'echo 100 > /proc/sys/user/max_inotify_watches'
const canLimit = spawnSync('unshare', ['-U', '-r', 'sh', '-c', lower]).status === 0 && loadKoffi() !== undefined

it(
  'says which directories it cannot watch, and does without inotify when none is left',
  { skip: canLimit ? false : 'needs Linux, koffi and user namespaces' },
  () => {
    const program = fileURLToPath(new URL('watch-limits.ts', import.meta.url))
    const run = spawnSync('unshare', ['-U', '-r', process.execPath, program], { encoding: 'utf8', timeout: 60_000 })
    assert.equal(run.status, 0, run.stderr)
    const some = [true, true, false, false]
    assert.deepEqual(JSON.parse(run.stdout), {
      answers: { inotify: some, 'fs-watch': some, chokidar: some },
      fallback: 'fs-watch',
      remarks: 1,
    })
  },
)
