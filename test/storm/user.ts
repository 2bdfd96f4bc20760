import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../../lib/core/errors.ts'
import { loadNative } from '../../lib/replica/disk/native.ts'
import type { Random } from '../sim/random.ts'
import type { Recorder } from './record.ts'
import { fileVersion, linkVersion } from './snapshot.ts'

export interface UserOptions {
  readonly root: string
  /** A directory on the same file system, outside the root, for files on their way in. */
  readonly scratch: string
  /** Makes this user's content unlike anybody else's. */
  readonly name: string
  readonly random: Random
  readonly recorder: Recorder
}

/** What any step may run into, because dsync works on the same tree: the step is then not taken. */
const raced: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'EEXIST',
  'ENOTDIR',
  'EISDIR',
  'ENOTEMPTY',
  'ELOOP',
  'EINVAL',
  'EBUSY',
])

/** Never follow what stands there by now, and never wait for it. */
const careful = constants.O_NOFOLLOW | constants.O_NONBLOCK

const native = loadNative()

/** Where the system's own exclusive rename cannot be called: something may come in between. */
function renamePlainly(from: string, to: string): string | undefined {
  if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) return 'EEXIST'
  renameSync(from, to)
  return undefined
}

/** Somebody who edits a tree at random, as people and their programs do, and writes down every version. */
export class User {
  readonly #options: UserOptions
  readonly #random: Random
  #count = 0

  constructor(options: UserOptions) {
    this.#options = options
    this.#random = options.random
  }

  /** Does one random thing. */
  step(): void {
    const deeds: readonly (readonly [number, () => void])[] = [
      [18, () => this.#create(this.#newPath(this.#someDirectory()))],
      [12, () => this.#edit(this.#some('file'))],
      [8, () => this.#append(this.#some('file'))],
      [10, () => this.#saveByRename(this.#some('file'))],
      [8, () => this.#saveLikeVim(this.#some('file'))],
      [9, () => this.#delete(this.#some('file'))],
      [2, () => this.#deleteTree(this.#some('directory'))],
      [8, () => this.#rename(this.#some('file'))],
      [4, () => this.#rename(this.#some('directory'))],
      [3, () => this.#exchangeNames(this.#some('file'), this.#some('file'))],
      [6, () => this.#chmod(this.#some('file'))],
      [2, () => this.#chmod(this.#some('directory'))],
      [5, () => this.#link(this.#newPath(this.#someDirectory()))],
      [3, () => this.#makeDirectory(this.#newPath(this.#someDirectory()))],
      [2, () => this.#turnIntoDirectory(this.#some('file'))],
      [1, () => this.#turnIntoFile(this.#some('directory'))],
      [2, () => this.#turnIntoLink(this.#some('file'))],
      [1, () => this.#delete(this.#some('symlink'))],
      [1, () => this.#createIgnored(this.#someDirectory())],
    ]
    let left = this.#random.int(deeds.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, deed] of deeds) {
      left -= weight
      if (left >= 0) continue
      return this.#try(deed)
    }
  }

  /** Makes a first tree: directories up to three deep, a few files in each. */
  plant(files: number): void {
    for (let i = 0; i < files; i++) {
      this.#try(() => {
        if (this.#random.chance(0.15)) mkdirSync(this.#at(this.#newPath(this.#someDirectory())))
        this.#create(this.#newPath(this.#someDirectory()))
      })
    }
  }

  #try(deed: () => void): void {
    try {
      deed()
    } catch (error) {
      if (!raced.has(codeOf(error))) throw error
    }
  }

  #create(path: string): void {
    this.#write(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, () => this.#content())
  }

  #edit(path: string): void {
    this.#write(
      path,
      constants.O_RDWR,
      () => this.#content(),
      file => ftruncateSync(file, 0),
    )
  }

  #append(path: string): void {
    this.#write(
      path,
      constants.O_RDWR | constants.O_APPEND,
      before => Buffer.concat([before, this.#content()]),
      undefined,
    )
  }

  /** Writes in place, in a few pieces: what stood in that very file is over. */
  #write(path: string, flags: number, next: (before: Buffer) => Buffer, empty?: (file: number) => void): void {
    const file = openSync(this.#at(path), flags | careful, 0o644)
    let content: Buffer
    try {
      const before = (flags & constants.O_RDWR) === 0 ? Buffer.alloc(0) : readFileSync(file)
      if (before.length > 0) this.#ended(fileVersion(before))
      content = next(before)
      empty?.(file)
      let from = (flags & constants.O_APPEND) === 0 ? 0 : before.length
      const pieces = this.#random.between(1, 3)
      const piece = Math.ceil((content.length - from) / pieces)
      while (from < content.length) {
        writeSync(
          file,
          content,
          from,
          Math.min(piece, content.length - from),
          (flags & constants.O_APPEND) === 0 ? from : null,
        )
        from += piece
      }
    } finally {
      closeSync(file)
    }
    this.#wrote(fileVersion(content), path)
  }

  /** A new file beside or elsewhere, renamed over the old one. */
  #saveByRename(path: string): void {
    const beside = this.#random.chance(0.5)
    const content = this.#content()
    const temporary = beside
      ? this.#at(`${path}.tmp`)
      : join(this.#options.scratch, `${this.#options.name}-${this.#count}`)
    this.#make(temporary, content)
    try {
      this.#endAt(path, () => renameSync(temporary, this.#at(path)))
    } catch (error) {
      if (!raced.has(codeOf(error))) throw error
      this.#ended(fileVersion(content))
      return this.#try(() => unlinkSync(temporary))
    }
    this.#wrote(fileVersion(content), path)
  }

  /** The old file becomes a backup, a new one takes its name, the backup goes. */
  #saveLikeVim(path: string): void {
    const backup = `${path}~`
    this.#renameFree(path, backup)
    const content = this.#content()
    try {
      this.#make(this.#at(path), content)
      this.#wrote(fileVersion(content), path)
    } finally {
      this.#endAt(backup, () => unlinkSync(this.#at(backup)))
    }
  }

  #make(path: string, content: Buffer): void {
    const file = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | careful, 0o644)
    try {
      writeSync(file, content)
    } finally {
      closeSync(file)
    }
  }

  #delete(path: string): void {
    this.#endAt(path, () => unlinkSync(this.#at(path)))
    this.#touched('delete', path)
  }

  #deleteTree(path: string): void {
    this.#touched('delete-tree', path)
    const waiting = [path]
    const emptied: string[] = []
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      emptied.push(at)
      for (const name of readdirSync(this.#at(at))) {
        const below = `${at}/${name}`
        if (lstatSync(this.#at(below), { throwIfNoEntry: false })?.isDirectory() === true) waiting.push(below)
        else this.#endAt(below, () => unlinkSync(this.#at(below)))
      }
    }
    for (const directory of emptied.reverse()) rmdirSync(this.#at(directory))
  }

  #rename(path: string): void {
    const to = this.#newPath(this.#someDirectory())
    if (to === path || to.startsWith(`${path}/`)) return
    this.#renameFree(path, to)
    this.#touched('rename', path, to)
  }

  #exchangeNames(a: string, b: string): void {
    if (a === b) return
    const aside = `${a}.swapped`
    this.#renameFree(a, aside)
    this.#renameFree(b, a)
    this.#renameFree(aside, b)
    this.#touched('exchange', a, b, aside)
  }

  /** Renames to a name nobody has, so that nothing which comes there meanwhile is replaced. */
  #renameFree(from: string, to: string): void {
    const code =
      native === undefined
        ? renamePlainly(this.#at(from), this.#at(to))
        : native.rename(this.#at(from), this.#at(to), 'exclusive')
    if (code !== undefined) throw Object.assign(new Error(`Cannot rename ${from} to ${to}`), { code })
  }

  #chmod(path: string): void {
    const isDirectory = lstatSync(this.#at(path)).isDirectory()
    chmodSync(
      this.#at(path),
      isDirectory ? this.#random.pick([0o755, 0o700, 0o750]) : this.#random.pick([0o644, 0o755, 0o600, 0o640]),
    )
  }

  #link(path: string): void {
    const target = `target-${this.#options.name}-${++this.#count}`
    symlinkSync(target, this.#at(path))
    this.#wrote(linkVersion(target), path)
  }

  #makeDirectory(path: string): void {
    mkdirSync(this.#at(path))
  }

  #turnIntoDirectory(path: string): void {
    this.#delete(path)
    mkdirSync(this.#at(path))
    this.#create(`${path}/inside`)
  }

  #turnIntoFile(path: string): void {
    this.#deleteTree(path)
    this.#create(path)
  }

  #turnIntoLink(path: string): void {
    this.#delete(path)
    this.#link(path)
  }

  /** What lies in `node_modules` is nobody's business but this side's. */
  #createIgnored(directory: string): void {
    const within = directory === '' ? 'node_modules' : `${directory}/node_modules`
    mkdirSync(this.#at(within), { recursive: true })
    const content = this.#content()
    const path = `${within}/${this.#options.name}-${this.#count}`
    this.#make(this.#at(path), content)
    this.#options.recorder.add({ did: 'wrote', version: fileVersion(content), path, ignored: true })
  }

  /** Runs what takes away what stands at a path, and writes down which version that was, if that can be known. */
  #endAt(path: string, take: () => void): void {
    const stat = lstatSync(this.#at(path))
    if (stat.isSymbolicLink()) {
      const version = linkVersion(readlinkSync(this.#at(path)))
      take()
      // A link's target never changes, but another link or file may have come in its place since.
      this.#ended(version)
      return
    }
    if (!stat.isFile()) return take()
    const file = openSync(this.#at(path), constants.O_RDONLY | careful)
    try {
      const linksBefore = fstatSync(file).nlink
      const content = readFileSync(file)
      take()
      if (fstatSync(file).nlink < linksBefore) {
        if (content.length > 0) this.#ended(fileVersion(content))
      } else this.#options.recorder.add({ did: 'ended-unseen', path })
    } finally {
      closeSync(file)
    }
  }

  #wrote(version: string, path: string): void {
    this.#options.recorder.add({ did: 'wrote', version, path })
  }

  #ended(version: string): void {
    this.#options.recorder.add({ did: 'ended', version })
  }

  #touched(how: string, ...paths: readonly string[]): void {
    this.#options.recorder.add({ did: 'touched', how, paths })
  }

  /** Text of its own, most often short, now and then beyond what travels inline or is compared at once. */
  #content(): Buffer {
    const id = `${this.#options.name} ${++this.#count}\n`
    const size = this.#random.pick([
      0,
      0,
      20,
      300,
      300,
      2000,
      9000,
      70_000,
      300_000,
      this.#random.chance(0.1) ? 2_000_000 : 100,
    ])
    return Buffer.from(id.padEnd(size, id))
  }

  #someDirectory(): string {
    let at = ''
    for (let depth = 0; depth < 4 && this.#random.chance(0.65); depth++) {
      const names = this.#names(at, 'directory')
      if (names.length === 0) break
      at = join(at, this.#random.pick(names))
    }
    return at
  }

  /** A path of that kind; throws ENOENT when chance finds none. */
  #some(kind: 'file' | 'directory' | 'symlink'): string {
    for (let tries = 0; tries < 4; tries++) {
      const directory = this.#someDirectory()
      const names = this.#names(directory, kind)
      if (names.length > 0) return join(directory, this.#random.pick(names))
    }
    throw Object.assign(new Error(`no ${kind} found`), { code: 'ENOENT' })
  }

  #names(directory: string, kind: 'file' | 'directory' | 'symlink'): string[] {
    const items = readdirSync(this.#at(directory), { withFileTypes: true })
    const isMeant = { file: 'isFile', directory: 'isDirectory', symlink: 'isSymbolicLink' } as const
    return items.flatMap(item =>
      item[isMeant[kind]]() &&
      item.name !== 'node_modules' &&
      !item.name.startsWith('.dsync') &&
      !item.name.endsWith('~')
        ? [item.name]
        : [],
    )
  }

  #newPath(directory: string): string {
    const stem = this.#random.pick(['a', 'b', 'c', 'd', 'e', 'ü', 'New File', 'x.ts', 'readme.md', 'index.js'])
    return join(directory, this.#random.chance(0.6) ? `${stem}${this.#random.int(40)}` : stem)
  }

  #at(path: string): string {
    return join(this.#options.root, path)
  }
}
