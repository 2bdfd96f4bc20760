/**
 * A program for a user namespace of its own, where it may lower its own limits: watches more directories than it may
 * with each watcher, and prints what it was answered, as JSON.
 */
import { writeFileSync } from 'node:fs'
import type { OpenWatcher } from '../../lib/ports/watcher.ts'
import { chooseWatcher } from '../../lib/replica/watch/open-watcher.ts'
import { realDisk } from '../contract/watch-disk.ts'
import { waitUntil } from '../contract/watch-observer.ts'
import { startWorker } from '../worker.ts'

const disk = realDisk()
const paths = ['a', 'b', 'c', 'd']
for (const path of paths) disk.mkdir(path)
const remarks: string[] = []
const ignores = () => false
const choose = (wanted: 'inotify' | 'fs-watch' | 'chokidar') =>
  chooseWatcher({ root: disk.root, wanted, startWorker, ignores, remark: why => remarks.push(why) })

/** Which directories can be watched; asked again once the watcher has said that some cannot. */
async function watched(open: OpenWatcher, late: boolean): Promise<boolean[]> {
  let voids = 0
  const watcher = open(events => (voids += events.filter(event => event.kind === 'self').length))
  const watchAll = () => paths.map((path, i) => watcher.watch(i + 1, `${disk.root}/${path}`))
  const first = watchAll()
  if (late) await waitUntil('the shortfall', () => voids >= 2, { everyMs: 10, passTime: undefined })
  const answers = late ? watchAll() : first
  await watcher.close()
  return answers
}

writeFileSync('/proc/sys/user/max_inotify_watches', '2')
const answers = {
  inotify: await watched(choose('inotify'), false),
  'fs-watch': await watched(choose('fs-watch'), false),
  chokidar: await watched(choose('chokidar'), true),
}
writeFileSync('/proc/sys/user/max_inotify_instances', '1')
const instead = choose('inotify')(() => {})
const fallback = instead.traits.name
await instead.close()
disk.close()
process.stdout.write(JSON.stringify({ answers, fallback, remarks: remarks.length }))
