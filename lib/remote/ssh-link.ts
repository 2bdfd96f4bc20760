import { randomBytes } from 'node:crypto'
import type { Clock } from '../ports/clock.ts'
import type { LinkEnd, OpenLink, OutgoingLink } from '../ports/link.ts'
import type { AgentFolder } from './agent-folder.ts'
import { folderBytesLimit } from './agent-folder.ts'
import type { BootWord } from './boot-reader.ts'
import { BootReader } from './boot-reader.ts'
import { bootScript } from './boot-script.ts'
import { ChildLink } from './child-link.ts'
import type { SshOptions } from './ssh-command.ts'
import { sshCommand } from './ssh-command.ts'
import { sshFailure } from './ssh-failure.ts'
import type { SharedCheck } from './shared-connections.ts'
import { checkShared, retireShared } from './shared-connections.ts'
import type { SharedLine } from './shared-line.ts'
import { runNothing } from './silence-watch.ts'

export interface SshLinkOptions extends SshOptions {
  /** Of this dsync: where a newer one is in use it serves nothing. */
  readonly version: string
  /** What the other host is called here. */
  readonly host: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** The text of the function that becomes the agent there: see `bootScript`. */
  readonly loader: string
  /** Agents by platform, `*` for any other; made when first needed. */
  readonly agents: () => Readonly<Record<string, AgentFolder>>
  /** What the agent is started as: `serve` (a root to a hub), `answer` (one question) or `receive` (a release). */
  readonly mode: 'serve' | 'answer' | 'receive'
  /** Of links that are never silent for long: a connection that hangs under them is noticed. */
  readonly line?: SharedLine | undefined
}

/** From the start of ssh to the first word of the other host, more than ssh takes to give up, and while an agent is sent (ms). */
const firstWordMs = 20_000
const nextWordMs = 120_000

/** The same over a shared connection that is there already: no login goes before it (ms). */
const sharedWordMs = 5_000

/** An agent that no hub has started for so long is removed there (ms). */
const unusedMs = 14 * 24 * 3600_000

/**
 * Reaches an agent over OpenSSH: runs `sh` there, which finds a runtime, which checks or takes the agent's folder and
 * becomes it. After an attempt that went nowhere the next one does without the shared connection: it may be the dead
 * part. One over which nothing was heard in time is shared no more, and the one after that makes a new one. A shared
 * connection that hangs under an open link, while the host lets a new login in, is noticed by its `line`.
 */
export function sshLink(options: SshLinkOptions): OpenLink {
  let shares = true
  return () =>
    new SshLink({ ...options, sockets: shares ? options.sockets : undefined }, isWell => {
      shares = isWell || !shares
    })
}

class SshLink implements OutgoingLink {
  readonly #options: SshLinkOptions
  readonly #child: ChildLink
  readonly #reader: BootReader
  /** Hears true once it is open, false when it ends before that or hangs. */
  readonly #came: (isWell: boolean) => void
  readonly #shared: SharedCheck
  /** Tells the line that something came, and that the link is over. */
  #spoke = (): void => {}
  #leave = (): void => {}
  #isOpen = false
  #ended = false
  #cancelDeadline: () => void
  #opened = (): void => {}
  #data: (bytes: Uint8Array) => void = () => {}
  #closed: (end: LinkEnd) => void = () => {}
  #failure: LinkEnd | undefined

  constructor(options: SshLinkOptions, came: (isWell: boolean) => void) {
    const { clock, environment, mode, host, loader, version } = options
    this.#options = options
    this.#came = came
    const nonce = randomBytes(16).toString('hex')
    this.#reader = new BootReader(nonce)
    this.#child = new ChildLink({
      command: sshCommand(options),
      environment,
      clock,
      ended: end => sshFailure(options, end),
    })
    this.#child.onData(bytes => this.#take(bytes))
    this.#child.onClose(end => this.#end(end))
    this.#shared = checkShared(options)
    this.#cancelDeadline = clock.after(sharedWordMs, () => this.#silent())
    const ids = Object.fromEntries(Object.entries(options.agents()).map(([platform, { id }]) => [platform, id]))
    this.#child.write(
      Buffer.from(bootScript(loader, { nonce, ids, mode, version, host, unusedMs, limit: folderBytesLimit })),
    )
  }

  write(bytes: Uint8Array): boolean {
    return this.#child.write(bytes)
  }

  onOpen(listen: () => void): void {
    this.#opened = listen
    if (this.#isOpen) listen()
  }

  onData(listen: (bytes: Uint8Array) => void): void {
    this.#data = listen
  }

  onDrain(listen: () => void): void {
    this.#child.onDrain(listen)
  }

  onClose(listen: (end: LinkEnd) => void): void {
    this.#closed = listen
  }

  close(): void {
    this.#cancelDeadline()
    this.#shared.end()
    this.#leave()
    this.#child.close()
  }

  #take(bytes: Uint8Array): void {
    if (this.#isOpen) {
      this.#spoke()
      return this.#data(bytes)
    }
    if (this.#ended) return
    const { words, rest, overflow } = this.#reader.push(bytes)
    for (const word of words) this.#heard(word)
    if (overflow) {
      this.#fail('PROTOCOL', `Its login shell printed too much: ${JSON.stringify(this.#reader.noise())}`, {
        hint: 'Make it print nothing when nobody is at a terminal (~/.bashrc, ~/.zshenv)',
      })
    }
    if (this.#isOpen && rest !== undefined && rest.length > 0) this.#data(rest)
  }

  #heard(word: BootWord): void {
    const { agents, clock } = this.#options
    this.#cancelDeadline()
    this.#shared.end()
    switch (word.type) {
      case 'ready':
        this.#isOpen = true
        this.#came(true)
        this.#joinLine()
        return this.#opened()
      case 'need': {
        this.#cancelDeadline = clock.after(nextWordMs, () => this.#late(nextWordMs))
        const folder = agents()[word.platform] ?? agents()['*']
        if (folder === undefined) return this.#fail('AGENT_FAILED', `There is no agent for ${word.platform}`)
        this.#child.write(Buffer.from(`${folder.parcel.length}\n`))
        this.#child.write(folder.parcel)
        return
      }
      case 'none': {
        const found = word.seen === '' ? 'there is none' : `found only ${word.seen}`
        return this.#fail('AGENT_FAILED', `It has no Node 20 or later and no Deno 2: ${found}`, {
          hint: `dsync hosts update ${this.#options.host}`,
        })
      }
      case 'newer':
        return this.#fail(
          'AGENT_FAILED',
          `It has dsync ${word.version}, which is newer than ${this.#options.version} here`,
          {
            hint: 'Bring this host up to date: ./install.sh --upgrade',
          },
        )
      case 'failed':
        return this.#fail('AGENT_FAILED', `The agent could not be put there: ${word.why}`)
    }
  }

  /** Over a shared connection that is too long without a word; a login may take longer. */
  #silent(): void {
    const { clock } = this.#options
    if (this.#shared.mayBeShared()) {
      retireShared(this.#options)
      return this.#late(sharedWordMs)
    }
    this.#cancelDeadline = clock.after(firstWordMs - sharedWordMs, () => this.#late(firstWordMs))
  }

  #joinLine(): void {
    const { line, sockets } = this.#options
    if (line === undefined || sockets === undefined) return
    this.#leave = line.join({ hangs: silentMs => this.#hangs(silentMs) })
    const questions = {
      afresh: runNothing({ ...this.#options, sockets: undefined }),
      beside: runNothing(this.#options),
    }
    this.#spoke = () => line.heard(questions)
    this.#spoke()
  }

  /** The next link does without the connection that this one hangs on, and so does whoever else comes. */
  #hangs(silentMs: number): void {
    const { host } = this.#options
    this.#came(false)
    retireShared(this.#options)
    this.#child.abandon()
    const silent = `nothing was heard for ${Math.round(silentMs / 1000)} s, and a new login works`
    this.#end({ code: 'TRANSPORT_LOST', why: `The connection to ${host} hangs: ${silent}` })
  }

  #late(ms: number): void {
    const noise = this.#reader.noise()
    const instead = noise === '' ? '' : `; it printed ${JSON.stringify(noise)}`
    this.#fail('TIMEOUT', `It did not answer within ${ms / 1000} s${instead}`, { retry: true })
  }

  #fail(
    code: string,
    why: string,
    { hint, retry = false }: { readonly hint?: string; readonly retry?: boolean } = {},
  ): void {
    this.#failure ??= {
      code,
      why: `Cannot start the agent on ${this.#options.host}: ${why}`,
      ...(hint !== undefined && { hint }),
      ...(!retry && { waits: true as const }),
    }
    this.#child.abandon()
    this.#end(this.#failure)
  }

  #end(end: LinkEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancelDeadline()
    this.#shared.end()
    this.#leave()
    if (!this.#isOpen) this.#came(false)
    this.#closed(end)
  }
}
