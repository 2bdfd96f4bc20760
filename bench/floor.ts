/**
 * The floor of an edit: what a watch, a read, a channel, a write and a rename cost with no safety at all. With two
 * directories it watches the first and starts itself as the other end: over a pipe, or over the channel that further
 * words name, such as `ssh HOST`. With one directory it is the other end.
 */
import { spawn } from 'node:child_process'
import { readFileSync, renameSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const headBytes = 8

function send(from: string, to: string, channel: readonly string[]): void {
  const [program, ...words] = [...channel, process.execPath, import.meta.filename, to] as const
  const child = spawn(program, words, { stdio: ['pipe', 'inherit', 'inherit'] })
  const watcher = watch(from, (_, name) => {
    if (name === null) return
    const content = readFileSync(join(from, name))
    if (content.length === 0) return
    const head = Buffer.alloc(headBytes)
    head.writeUInt32BE(Buffer.byteLength(name), 0)
    head.writeUInt32BE(content.length, 4)
    child.stdin.write(Buffer.concat([head, Buffer.from(name), content]))
  })
  process.stdin.resume().on('end', () => {
    watcher.close()
    child.stdin.end()
  })
  process.stdout.write('ready\n')
}

function receive(to: string): void {
  let held = Buffer.alloc(0)
  process.stdin.on('data', (data: Buffer) => {
    held = Buffer.concat([held, data])
    for (;;) {
      if (held.length < headBytes) return
      const nameBytes = held.readUInt32BE(0)
      const end = headBytes + nameBytes + held.readUInt32BE(4)
      if (held.length < end) return
      const name = held.toString('utf8', headBytes, headBytes + nameBytes)
      const part = join(to, '..', `${name}.part`)
      writeFileSync(part, held.subarray(headBytes + nameBytes, end))
      renameSync(part, join(to, name))
      held = held.subarray(end)
    }
  })
}

const [from, to, ...channel] = process.argv.slice(2)
if (from !== undefined && to !== undefined) send(from, to, channel)
else if (from !== undefined) receive(from)
