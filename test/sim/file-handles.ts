import type { ReadHandle, Stat, WriteHandle } from '../../lib/ports/disk.ts'
import type { Caller } from './caller.ts'
import type { OpenFile } from './open-file.ts'

export class SimReadHandle implements ReadHandle {
  readonly #caller: Caller
  readonly #file: OpenFile
  readonly #name: string

  constructor(caller: Caller, file: OpenFile, name: string) {
    this.#caller = caller
    this.#file = file
    this.#name = name
    caller.handles.add(this)
  }

  stat(): Stat {
    return this.#caller.call('statFile', this.#name, () => this.#file.inode.stat())
  }

  read(offset: number, length: number): Uint8Array {
    return this.#caller.call('readBytes', this.#name, () => this.#file.read(offset, length))
  }

  unwritten(): boolean | undefined {
    return this.#caller.call('unwritten', this.#name, () => {
      return this.#caller.volume.options.leases ? this.#file.inode.writers === 0 : undefined
    })
  }

  sync(): void {
    this.#caller.call(
      'sync',
      this.#name,
      () => this.#file.sync(),
      () => this.#file.failSync(),
    )
  }

  close(): void {
    this.#caller.handles.delete(this)
    this.#file.close()
  }
}

export class SimWriteHandle implements WriteHandle {
  readonly #caller: Caller
  readonly #file: OpenFile
  readonly #name: string

  constructor(caller: Caller, file: OpenFile, name: string) {
    this.#caller = caller
    this.#file = file
    this.#name = name
    caller.handles.add(this)
  }

  /** A write that fails for want of room has written a part. */
  write(bytes: Uint8Array): void {
    const put = (part: Uint8Array): void => this.#file.write(this.#file.size, part)
    this.#caller.call(
      'write',
      this.#name,
      () => put(bytes),
      () => put(bytes.subarray(0, bytes.length >> 1)),
    )
  }

  sync(): void {
    this.#caller.call(
      'sync',
      this.#name,
      () => this.#file.sync(),
      () => this.#file.failSync(),
    )
  }

  setMode(mode: number): void {
    this.#caller.call('setMode', this.#name, () => this.#file.setMode(mode))
  }

  setTimes(mtimeMs: number): void {
    this.#caller.call('setTimes', this.#name, () => this.#file.setTimes(mtimeMs))
  }

  stat(): Stat {
    return this.#caller.call('statFile', this.#name, () => this.#file.inode.stat())
  }

  close(): void {
    this.#caller.handles.delete(this)
    this.#file.close()
  }
}
