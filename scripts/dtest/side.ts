import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { SyncError } from '../../lib/core/errors.ts'
import { bootScript } from '../../lib/remote/boot-script.ts'
import type { SshOptions } from '../../lib/remote/ssh-command.ts'
import { sshCommand } from '../../lib/remote/ssh-command.ts'
import type { Ask, HandOrder } from './hand.ts'
import { makeHand, serveHand } from './hand.ts'

/** One side of what is proved: a folder on a host, and how to work in it. */
export interface Side {
  readonly name: string
  /** How long an answer is under way (ms): half of a round trip. */
  readonly awayMs: number
  /** Throws what could not be done. */
  readonly do: (ask: Ask) => Promise<unknown>
  readonly close: () => void
}

/** @param folder absolute */
export async function localSide(name: string, folder: string): Promise<Side> {
  const hand = await makeHand(folder)
  return { name, awayMs: 0, do: hand.answer, close: () => {} }
}

/** How long the other host may take to come to an answer at first (ms), and how long a hand may live at most (ms). */
const openMs = 30_000
const handMs = 1_800_000

/** How often the way there is measured. */
const pings = 5

export interface RemoteOptions {
  readonly name: string
  readonly ssh: Omit<SshOptions, 'sockets'>
  /** Absolute there, or below the home with `~/`. */
  readonly folder: string
}

/** A hand on another host, over an ssh connection of its own. Throws TRANSPORT_LOST with what ssh said. */
export async function remoteSide({ name, ssh, folder }: RemoteOptions): Promise<Side> {
  const hand = new RemoteHand(name, ssh, folder)
  await hand.opened
  const times: number[] = []
  for (let i = 0; i < pings; i++) {
    const from = performance.now()
    await hand.do({ do: 'ping' })
    times.push(performance.now() - from)
  }
  return { name, awayMs: Math.min(...times) / 2, do: ask => hand.do(ask), close: () => hand.close() }
}

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

class RemoteHand {
  readonly opened: Promise<unknown>
  readonly #write: (text: string) => void
  readonly #end: () => void
  readonly #waiting = new Map<number, Waiting>()
  #count = 0
  #gone: Error | undefined

  constructor(name: string, ssh: Omit<SshOptions, 'sockets'>, folder: string) {
    const order: HandOrder = { nonce: randomBytes(16).toString('hex'), folder, limitMs: handMs }
    const [program, ...words] = sshCommand({ ...ssh, sockets: undefined })
    // Away from the terminal: Ctrl-C must not end it before it has taken everything away.
    const child = spawn(program, words, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#write = text => void child.stdin.write(text)
    this.#end = () => {
      child.stdin.end()
      child.unref()
    }
    let said = ''
    child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-2000)))
    child.stdin.on('error', error => this.#lost(name, error.message))
    child.once('error', error => this.#lost(name, error.message))
    child.once('close', code => this.#lost(name, said.trim() || `ssh ended with ${code}`))
    createInterface({ input: child.stdout }).on('line', line => this.#hear(line, order.nonce, name))
    this.opened = this.#expect(0)
    const late = setTimeout(() => this.#lost(name, `no answer in ${openMs / 1000} s`), openMs)
    const inTime = (): void => clearTimeout(late)
    this.opened.then(inTime, inTime)
    this.#write(bootScript(`order => (${serveHand.toString()})(order, ${makeHand.toString()})`, order))
  }

  do(ask: Ask): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone)
    const id = ++this.#count
    const answer = this.#expect(id)
    this.#write(`${JSON.stringify({ id, ask })}\n`)
    return answer
  }

  close(): void {
    this.#end()
  }

  #expect(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  #hear(line: string, nonce: string, name: string): void {
    if (line.startsWith(`dsync-boot ${nonce} none`)) return this.#lost(name, 'there is no Node 20 or Deno 2 on it')
    const at = line.indexOf(`${nonce} {`)
    if (at < 0) return
    const { id, ok, error } = JSON.parse(line.slice(at + nonce.length + 1)) as {
      id: number
      ok?: unknown
      error?: string
    }
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(ok)
    else waiting?.reject(new Error(`${error} (on ${name})`))
  }

  #lost(name: string, why: string): void {
    this.#gone ??= new SyncError('TRANSPORT_LOST', `Cannot work on ${name}: ${why}`, {
      hint: `dsync hosts check ${name}`,
    })
    for (const { reject } of this.#waiting.values()) reject(this.#gone)
    this.#waiting.clear()
    this.#end()
  }
}
