import { openSqliteStore } from '../../lib/sync/sqlite-store.ts'
import { startWorker } from '../worker.ts'
import { boots, historyStep } from './store-history.ts'

/* Writes a long history to the store named on the command line, telling after each step that it is settled, until killed. */
const file = process.argv[2] ?? ''
const store = openSqliteStore({ file, session: 'r1', startWorker })
await store.load(boots)
for (let i = 0; i < 100_000; i++) {
  store.append([historyStep(i)])
  if (i % 7 === 6) store.fold(store.mark())
  if (i % 3 === 2) {
    await store.settled()
    process.stdout.write(`${i}\n`)
  }
}
