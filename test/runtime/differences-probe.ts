/** What this runtime does where Node and Deno differ, as one line of JSON: `node differences-probe.ts FOLDER`. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { codeOf } from '../../lib/core/errors.ts'

const here = fileURLToPath(import.meta.url)

function attempt(call: () => string): string {
  try {
    return call()
  } catch (error) {
    return codeOf(error) ?? (error instanceof Error ? error.name : 'something')
  }
}

/** A name that is not UTF-8, made and listed. */
function bytesOfName(folder: string): string {
  const directory = join(folder, 'names')
  mkdirSync(directory)
  return attempt(() => {
    spawnSync('sh', ['-c', `cd '${directory}' && touch "$(printf 'a\\377')"`])
    return readdirSync(directory, 'buffer')
      .map(bytes => Buffer.from(bytes).toString('hex'))
      .join()
  })
}

async function inThread(): Promise<string> {
  const descriptor = openSync(here, 'r')
  const worker = new Worker(new URL(import.meta.url), { workerData: descriptor })
  const [said] = (await once(worker, 'message')) as [string]
  await worker.terminate()
  closeSync(descriptor)
  return said
}

/** Whether a child has the socket that its parent listens on. */
async function socketsOfChild(folder: string): Promise<string> {
  const server = createServer()
  server.listen(join(folder, 'socket'))
  await once(server, 'listening')
  const { stdout } = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' })
  server.close()
  // The first three are how Node talks to it.
  return /\s(?:[3-9]|\d\d+) -> socket:/.test(stdout) ? 'inherited' : 'kept'
}

/** What a script that is started from here without a word about rights may do. */
function rightsOfChild(folder: string): string {
  const script = join(folder, 'child.mjs')
  const asks = "globalThis.Deno?.permissions.querySync({ name: 'ffi' }).state"
  writeFileSync(script, `console.log(${asks} ?? 'none to ask for')\n`)
  return spawnSync(process.execPath, [script], { encoding: 'utf8' }).stdout.trim()
}

/** How long a thread takes to listen, and how long after that nothing more is expected of it (ms). */
const lateMs = 300

function toldEarly(): Promise<string> {
  const thread = new Worker(new URL(import.meta.url), { workerData: 'listen late' })
  thread.postMessage('early')
  return new Promise<string>((resolve, reject) => {
    const heard: unknown[] = []
    thread.once('error', reject)
    thread.on('message', message => {
      if (message !== 'over') return heard.push(message)
      resolve(heard.includes('early') ? 'waits' : 'lost')
      void thread.terminate()
    })
  })
}

function listenLate(): void {
  setTimeout(() => parentPort?.on('message', message => parentPort?.postMessage(message)), lateMs)
  setTimeout(() => parentPort?.postMessage('over'), 2 * lateMs)
}

if (isMainThread) {
  const folder = process.argv[2] ?? ''
  const facts = {
    'names that are not UTF-8': bytesOfName(folder),
    'files of the kernel': attempt(() => (readFileSync('/proc/self/stat').length > 0 ? 'read' : 'empty')),
    'a descriptor in another thread': await inThread(),
    'what a thread is told before it listens': await toldEarly(),
    'sockets and children': await socketsOfChild(folder),
    'rights of children': rightsOfChild(folder),
  }
  console.log(JSON.stringify(facts))
} else if (workerData === 'listen late') listenLate()
else parentPort?.postMessage(attempt(() => `${fstatSync(workerData as number).isFile() ? 'a file' : 'no file'}`))
