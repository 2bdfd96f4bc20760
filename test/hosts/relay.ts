import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import type { Cut } from './host.ts'

/** A wire that can be cut: what connects to its port on 127.0.0.1 reaches another port there, unless it is cut. */
export class Relay {
  readonly #to: number
  readonly #sockets = new Set<Socket>()
  /** Connections that came while packets were dropped. */
  readonly #held = new Set<Socket>()
  #server: Server | undefined
  #port = 0
  #cut: Cut | undefined

  private constructor(to: number) {
    this.#to = to
  }

  static async open(to: number): Promise<Relay> {
    const relay = new Relay(to)
    await relay.#listen()
    return relay
  }

  get port(): number {
    return this.#port
  }

  async cut(how: Cut): Promise<void> {
    await this.heal()
    this.#cut = how
    for (const socket of this.#sockets) socket.pause()
    if (how === 'unplug') await this.#deafen()
  }

  async heal(): Promise<void> {
    this.#cut = undefined
    if (this.#server === undefined) await this.#listen()
    for (const socket of this.#sockets) socket.resume()
    for (const socket of this.#held) this.#join(socket)
    this.#held.clear()
  }

  async close(): Promise<void> {
    for (const socket of [...this.#sockets, ...this.#held]) socket.destroy()
    await this.#deafen()
  }

  async #listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, socket => {
      socket.on('error', () => socket.destroy())
      if (this.#cut === undefined) this.#join(socket)
      else this.#held.add(socket)
    })
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Listens no more; open connections stay. */
  async #deafen(): Promise<void> {
    this.#server?.close()
    this.#server = undefined
  }

  #join(near: Socket): void {
    const far = connect({ port: this.#to, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one)
      // A broken connection breaks on both ends; an end that only closed still reads.
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        if (!one.readableEnded) other.destroy()
      })
      one.on('data', data => {
        if (!other.write(data)) one.pause()
      })
      other.on('drain', () => {
        if (this.#cut === undefined) one.resume()
      })
      one.on('end', () => other.end())
    }
    near.resume()
  }
}
