import type { TestContext } from 'node:test'
import type { DirectoryHandle, Disk } from '../../lib/ports/disk.ts'

/** Another program on the same file system, for what the port cannot or must not do. Paths start at the disk's base. */
export interface Outside {
  write(path: string, text: string): void
  /** Opens for writing and keeps it open. */
  open(path: string): { write(text: string): void; close(): void }
  read(path: string): string | undefined
  mkdir(path: string): void
  symlink(target: string, path: string): void
  /** False where this machine cannot make one. */
  fifo(path: string): boolean
  rename(from: string, to: string): void
  remove(path: string): void
  chmod(path: string, mode: number): void
}

/** One empty disk to test. */
export interface DiskCase {
  readonly disk: Disk
  /** Its base, pinned. */
  readonly top: DirectoryHandle
  /** A second disk on the same file system. */
  readonly work: Disk
  readonly outside: Outside
  /** Methods that must work here; where false they must say `ENOSYS` or `EINVAL`. */
  readonly can: {
    readonly exchange: boolean
    readonly exclusiveRename: boolean
    readonly leases: boolean
    readonly bytes: boolean
  }
  /** Mode bits stop nobody here. */
  readonly privileged: boolean
  /** Waits for work of the disk; a simulated one lets its time pass. */
  readonly wait: (work: Promise<void>) => Promise<void>
}

export type MakeDisk = (t: TestContext) => DiskCase | Promise<DiskCase>

/** The content of a file through the port. */
export function readAll(directory: DirectoryHandle, name: string): string {
  const handle = directory.read(name)
  try {
    return new TextDecoder().decode(handle.read(0, handle.stat().size))
  } finally {
    handle.close()
  }
}

/** Creates a file with this text through the port. */
export function createFile(directory: DirectoryHandle, name: string, text: string): void {
  const handle = directory.create(name)
  try {
    if (text !== '') handle.write(new TextEncoder().encode(text))
  } finally {
    handle.close()
  }
}

export function namesIn(directory: DirectoryHandle): string[] {
  return directory
    .list()
    .map(item => item.name)
    .sort()
}
