import type { DirectoryHandle, DirectoryItem, Disk, ReadHandle, Stat, WriteHandle } from '../../lib/ports/disk.ts'
import type { Faults } from '../sim/faults.ts'

/** A real disk on which the process can die at any call: what it did stays, what it held is let go. */
export class FaultyDisk implements Disk {
  readonly #disk: Disk
  readonly #faults: Faults

  constructor(disk: Disk, faults: Faults) {
    this.#disk = disk
    this.#faults = faults
  }

  get base(): string {
    return this.#disk.base
  }

  open(path: string): DirectoryHandle {
    return new FaultyDirectory(
      this.#faults.call('open', path, () => this.#disk.open(path)),
      this.#faults,
    )
  }

  ensureBase(mode: number): boolean {
    return this.#faults.call('ensureBase', '', () => this.#disk.ensureBase(mode))
  }

  async flush(): Promise<void> {
    this.#faults.call('flush', '', () => {})
    await this.#disk.flush()
  }

  close(): void {
    this.#disk.close()
  }
}

class FaultyDirectory implements DirectoryHandle {
  readonly #directory: DirectoryHandle
  readonly #faults: Faults

  constructor(directory: DirectoryHandle, faults: Faults) {
    this.#directory = directory
    this.#faults = faults
  }

  list(): DirectoryItem[] {
    return this.#faults.call('list', '', () => this.#directory.list())
  }

  stat(): Stat {
    return this.#faults.call('stat', '', () => this.#directory.stat())
  }

  lookup(name: string): Stat | undefined {
    return this.#faults.call('lookup', name, () => this.#directory.lookup(name))
  }

  child(name: string): DirectoryHandle {
    return new FaultyDirectory(
      this.#faults.call('child', name, () => this.#directory.child(name)),
      this.#faults,
    )
  }

  read(name: string): ReadHandle {
    const file = this.#faults.call('read', name, () => this.#directory.read(name))
    return {
      stat: () => this.#faults.call('statFile', name, () => file.stat()),
      read: (offset, length) => this.#faults.call('readBytes', name, () => file.read(offset, length)),
      unwritten: () => this.#faults.call('unwritten', name, () => file.unwritten()),
      sync: () => this.#faults.call('sync', name, () => file.sync()),
      close: () => file.close(),
    }
  }

  async copy(name: string, to: DirectoryHandle, newName: string): Promise<void> {
    this.#faults.call('create', newName, () => {})
    await this.#directory.copy(name, to instanceof FaultyDirectory ? to.#directory : to, newName)
  }

  get address(): string {
    return this.#directory.address
  }

  readlink(name: string): string {
    return this.#faults.call('readlink', name, () => this.#directory.readlink(name))
  }

  create(name: string): WriteHandle {
    return this.#writing(
      name,
      this.#faults.call('create', name, () => this.#directory.create(name)),
    )
  }

  append(name: string): WriteHandle {
    return this.#writing(
      name,
      this.#faults.call('append', name, () => this.#directory.append(name)),
    )
  }

  symlink(name: string, target: string): void {
    this.#faults.call('symlink', name, () => this.#directory.symlink(name, target))
  }

  mkdir(name: string, mode: number): void {
    this.#faults.call('mkdir', name, () => this.#directory.mkdir(name, mode))
  }

  rmdir(name: string): void {
    this.#faults.call('rmdir', name, () => this.#directory.rmdir(name))
  }

  unlink(name: string): void {
    this.#faults.call('unlink', name, () => this.#directory.unlink(name))
  }

  link(name: string, to: DirectoryHandle, newName: string): void {
    this.#faults.call('link', name, () => this.#directory.link(name, below(to), newName))
  }

  rename(name: string, to: DirectoryHandle, newName: string, how: 'replace' | 'exclusive' | 'exchange'): void {
    this.#faults.call('rename', name, () => this.#directory.rename(name, below(to), newName, how))
  }

  setMode(name: string, mode: number): void {
    this.#faults.call('setMode', name, () => this.#directory.setMode(name, mode))
  }

  setTimes(name: string, mtimeMs: number): void {
    this.#faults.call('setTimes', name, () => this.#directory.setTimes(name, mtimeMs))
  }

  sync(): void {
    this.#faults.call('syncDirectory', '', () => this.#directory.sync())
  }

  close(): void {
    this.#directory.close()
  }

  static below(handle: DirectoryHandle): DirectoryHandle {
    return handle instanceof FaultyDirectory ? handle.#directory : handle
  }

  #writing(name: string, file: WriteHandle): WriteHandle {
    return {
      write: bytes => this.#faults.call('write', name, () => file.write(bytes)),
      sync: () => this.#faults.call('sync', name, () => file.sync()),
      setMode: mode => this.#faults.call('setMode', name, () => file.setMode(mode)),
      setTimes: mtimeMs => this.#faults.call('setTimes', name, () => file.setTimes(mtimeMs)),
      stat: () => this.#faults.call('statFile', name, () => file.stat()),
      close: () => file.close(),
    }
  }
}

function below(handle: DirectoryHandle): DirectoryHandle {
  return FaultyDirectory.below(handle)
}
