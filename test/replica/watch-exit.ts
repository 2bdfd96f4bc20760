/** A program that watches, is told of one file, and ends in the way its argument says, without closing anything. */
import { writeFileSync } from 'node:fs'
import { loadKoffi } from '../../lib/replica/koffi.ts'
import { openInotify } from '../../lib/replica/watch/inotify.ts'
import { realDisk } from '../contract/watch-disk.ts'
import { startWorker } from '../worker.ts'

const koffi = loadKoffi()
if (koffi === undefined) throw new Error('needs koffi')
const disk = realDisk()
const busy = setInterval(() => {}, 1000)
const watcher = openInotify({ root: disk.root, koffi, startWorker })(events => {
  if (!events.some(event => event.kind === 'closed')) return
  process.stdout.write('told\n')
  if (process.argv[2] === 'by a signal') return void process.kill(process.pid, 'SIGTERM')
  clearInterval(busy)
  if (process.argv[2] === 'by process.exit') process.exit(1)
  if (process.argv[2] === 'by an exception') throw new Error('planted')
})
watcher.watch(1, disk.root)
writeFileSync(`${disk.root}/f`, '')
