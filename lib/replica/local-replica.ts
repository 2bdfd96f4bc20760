import type { Digest, Entry } from '../core/entry.ts'
import { SyncError } from '../core/errors.ts'
import { sliceMs } from '../core/limits.ts'
import type { ReplicaCommand, ReplicaEvent, ReplicaFacts } from '../core/messages.ts'
import type { Path } from '../core/path.ts'
import { join, nameOf, parentOf } from '../core/path.ts'
import { intern } from '../core/tree.ts'
import type { Tree } from '../core/tree.ts'
import type { Clock } from '../ports/clock.ts'
import type { DirectoryHandle, Disk } from '../ports/disk.ts'
import type { OpenReplica, Replica, ReplicaListener } from '../ports/replica.ts'
import type { OpenWatcher, WatchEvent, Watcher } from '../ports/watcher.ts'
import { Applying } from './applying.ts'
import type { Attachment } from './attachments.ts'
import { Attachments } from './attachments.ts'
import { Copies } from './copies.ts'
import { Desk } from './desk.ts'
import { fenceKey } from './directory-nodes.ts'
import type { DirectoryNode } from './directory-nodes.ts'
import { DirtyNames } from './dirty-names.ts'
import { Fences } from './fences.ts'
import type { HashFile, Hashed } from './hashing.ts'
import { Hashing } from './hashing.ts'
import type { Hands } from './hands.ts'
import type { LookRules } from './look.ts'
import { staysInside } from './look.ts'
import { ContentReader } from './read-content.ts'
import type { Surroundings } from './refresh.ts'
import { commit, refreshName, relistDirectory } from './refresh.ts'
import { RootGuard } from './root-guard.ts'
import { readScanCache, writeScanCache } from './scan-cache.ts'
import { Staging } from './staging.ts'
import { View } from './view.ts'
import type { Work } from './work.ts'
import { closeWork } from './work.ts'

export interface LocalReplicaOptions {
  readonly root: Disk
  /** The directory that holds the root, to notice when the root itself is removed or replaced. */
  readonly holder: { readonly disk: Disk; readonly name: string }
  readonly work: Work
  /** Keeps other processes off the root until the replica is closed. */
  readonly lock: { release(): void }
  /** What was noticed while the root was opened: told to every session. */
  readonly remarks: readonly { readonly code: string; readonly path: Path; readonly why: string }[]
  readonly openWatcher: OpenWatcher
  readonly clock: Clock
  readonly hashFile: HashFile
  readonly digest: (bytes: Uint8Array) => Digest
  readonly ignores: (path: Path, isDirectory: boolean) => boolean
  readonly facts: Omit<ReplicaFacts, 'watcher'>
  /** How long a time stamp may stand still while content changes, on this disk (ms). */
  readonly racyMs: number
  /** Makes the replica's hashes unpredictable to whoever chooses names. */
  readonly seed: number
  /** Between two slow rounds over everything (ms); events are hints, and hints get lost. */
  readonly safetyMs: number
}

/**
 * The replica of one root on this host, shared by all sessions of that root: scans, watches, answers, applies. All its
 * work is done in slices by one loop, in this order: what a session asked for, names that events made dirty, listings.
 */
export class LocalReplica {
  readonly #options: LocalReplicaOptions
  readonly #view: View
  readonly #dirty: DirtyNames
  readonly #watcher: Watcher
  readonly #fences: Fences
  readonly #hashing: Hashing
  readonly #reader: ContentReader
  readonly #attachments: Attachments
  readonly #staging: Staging
  readonly #desk: Desk
  readonly #applying: Applying
  readonly #guard: RootGuard
  readonly #around: Surroundings
  readonly #rules: LookRules
  #soon = new Set<DirectoryNode>()
  #someday = new Set<DirectoryNode>()
  /** Directories that could not be listed for want of something that passes. */
  readonly #postponed = new Set<DirectoryNode>()
  #listing: Generator<void, void, undefined> | undefined
  #pinned: { readonly node: DirectoryNode; readonly path: Path; readonly handle: DirectoryHandle } | undefined
  /** Fences whose event came, waiting for what was heard before them. */
  readonly #draining = new Set<{ readonly since: number; readonly done: () => void }>()
  #pumping = false
  #pumpAsked = false
  #scanned = false
  #closed = false
  #baseline: (() => Tree) | undefined
  #cancelSafety: () => void = () => {}

  constructor(options: LocalReplicaOptions) {
    this.#options = options
    const { root, clock, work } = options
    this.#attachments = new Attachments(clock)
    const top = withHandle(root, '', handle => handle.stat())
    this.#dirty = new DirtyNames(clock, () => this.#pump())
    this.#view = new View(top, options.seed, node => this.#watcher.unwatch(node.key))
    this.#watcher = options.openWatcher(events => this.#noticed(events))
    this.#fences = new Fences(work.area.disk, clock)
    this.#rules = { ignores: options.ignores, digest: options.digest, device: top.device }
    this.#hashing = new Hashing(root, this.#view, options.hashFile, (dirty, result) => this.#hashed(dirty, result))
    this.#reader = new ContentReader({ root, view: this.#view, digest: options.digest, clock })
    this.#guard = new RootGuard(options.holder, top, clock, {
      held: (guard, why) => {
        for (const attachment of this.#attachments.ready()) this.#attachments.tell(attachment, { type: 'guard', guard, state: 'held', paths: [], why })
      },
      lifted: guard => {
        for (const attachment of this.#attachments.ready()) this.#attachments.tell(attachment, { type: 'guard', guard, state: 'lifted', paths: [], why: '' })
        this.#relistAll(true)
        this.#pump()
      },
    })
    this.#around = {
      view: this.#view, root, watcher: this.#watcher, dirty: this.#dirty, rules: this.#rules, clock, racyMs: options.racyMs,
      relist: (node, soon) => {
        if (soon) this.#someday.delete(node)
        if (soon || !this.#soon.has(node)) (soon ? this.#soon : this.#someday).add(node)
      },
      relistAfter: (node, ms) => {
        this.#postponed.add(node)
        clock.after(ms, () => {
          if (!this.#postponed.delete(node) || this.#closed) return
          this.#soon.add(node)
          this.#pump()
        })
      },
      rootUnreadable: () => {
        if (this.#guard.rootUnreadable()) this.#soon.add(this.#view.nodes.root)
      },
      hashLater: (dirty, path) => this.#hashing.add(dirty, path),
    }
    this.#staging = new Staging(work)
    const hands = this.#hands()
    const copies = new Copies(work, this.#staging)
    void copies.tidy({ pause: () => new Promise(resolve => clock.soon(resolve)), flush: () => work.area.disk.flush() })
    this.#desk = new Desk(hands, copies, clock)
    this.#applying = new Applying({
      hands, view: this.#view, attachments: this.#attachments, clock, around: this.#around,
      refresh: (node, name) => this.#refreshNow(node, name),
      emitNews: () => this.#emitNews(),
      pump: () => this.#pump(),
      guard: this.#guard,
    })
    this.#start()
  }

  #start(): void {
    const { disk } = this.#options.work.area
    readScanCache(disk, this.#view)
    this.#watcher.watch(fenceKey, `${disk.base}/fence`)
    this.#relistAll(true)
    this.#planSafety()
    this.#pump()
  }

  /** Adds a session. Its `ready` comes when the root has been scanned. */
  attach(baseline: () => Tree, listener: ReplicaListener): Replica {
    this.#baseline ??= baseline
    const attachment = this.#attachments.add(listener)
    this.#pump()
    return {
      send: command => {
        if (attachment.isOpen) this.#command(attachment, command)
      },
      close: async () => {
        this.#attachments.remove(attachment)
        if (this.#attachments.size === 0) await this.close()
      },
    }
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Forgets everything but what is on the disk. Waits for a batch that is being applied to come to a safe point. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancelSafety()
    this.#fences.close()
    this.#hashing.close()
    this.#reader.close()
    this.#dirty.close()
    this.#guard.close()
    await this.#applying.close()
    this.#unpin()
    if (this.#scanned) await this.#saveCache()
    await this.#watcher.close()
    const { work, root, holder } = this.#options
    this.#staging.close()
    this.#desk.close()
    closeWork(work)
    for (const disk of [work.area.disk, root, holder.disk]) disk.close()
    this.#options.lock.release()
  }

  async #saveCache(): Promise<void> {
    const { root, work, facts } = this.#options
    try {
      // What a power cut could still take back must not be vouched for.
      const durableBefore = this.#options.clock.now()
      await root.flush()
      for (const _ of writeScanCache(work.area.disk, this.#view, { bootId: facts.bootId, durableBefore })) continue
    } catch (error) {
      // A full or read-only home costs the next start some hashing, nothing else.
      if (!(error instanceof SyncError)) throw error
    }
  }

  #command(attachment: Attachment, command: ReplicaCommand): void {
    if (this.#closed) return
    const tell = (event: ReplicaEvent): void => this.#attachments.tell(attachment, event)
    switch (command.type) {
      case 'apply':
        this.#applying.add(attachment, command)
        break
      case 'read':
        return tell(this.#reader.read(command))
      case 'stage':
        tell({ type: 'staged', digest: command.digest, offset: command.offset, state: this.#staging.receive(command) })
        break
      case 'keep':
        tell(this.#desk.keep(command))
        break
      case 'release':
        this.#desk.release(command.path)
        break
      case 'fence':
        this.#raiseFence(attachment, command.id, command.verify)
        break
      case 'checkpoint':
        void this.#checkpoint(() => tell({ type: 'durable', id: command.id }))
        break
      case 'approve':
        this.#guard.check()
        if (command.guard === 'mass-delete') this.#applying.approveDeletes()
        break
      case 'ask':
        void this.#desk.answer(command.question).then(answer => tell({ type: 'answer', id: command.id, answer }))
    }
    this.#pump()
  }

  /**
   * Calls `done` once everything applied so far is on the disk and the trash knows what lies in it. A disk that refuses
   * is asked again: until it takes it, nothing may be taken for durable.
   */
  async #checkpoint(done: () => void): Promise<void> {
    const { root, work, clock } = this.#options
    if (this.#closed) return
    try {
      work.trash.sync()
      await root.flush()
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      clock.after(flushAgainMs, () => void this.#checkpoint(done))
      return
    }
    done()
  }

  #hands(): Hands {
    const { root, work } = this.#options
    const view = this.#view
    return {
      root, work, staging: this.#staging,
      known: path => {
        const entry = view.entryAt(path)
        const node = view.nodes.at(parentOf(path))
        const identity = node && view.identities.get(node.key, nameOf(path))
        return entry?.kind === 'file' && identity !== undefined ? { digest: entry.digest, identity } : undefined
      },
      isKnownDirectory: (path, stat) => {
        const node = view.nodes.at(path)
        return node !== undefined && node.inode === stat.inode && node.device === stat.device
      },
      allowsLink: staysInside,
      sourceTimes: false,
    }
  }

  /** Watch events only say where to look. */
  #noticed(events: readonly WatchEvent[]): void {
    if (this.#closed) return
    const { nodes } = this.#view
    for (const event of events) {
      switch (event.kind) {
        case 'lost':
          this.#lost(event)
          break
        case 'self': {
          const node = nodes.byKey(event.directory)
          if (node === nodes.root) this.#guard.check()
          else if (node?.parent !== undefined) {
            this.#dirty.note(node.parent, node.name, 'changed')
            this.#soon.add(node)
          }
          break
        }
        case 'moved': {
          const from = nodes.byKey(event.directory)
          const to = nodes.byKey(event.to)
          if (from !== undefined) this.#dirty.note(from, event.name, 'gone')
          if (to !== undefined) this.#dirty.note(to, event.newName, 'closed', from && { node: from, name: event.name })
          break
        }
        default:
          if (event.directory === fenceKey) this.#fences.seen(event.name)
          else {
            const node = nodes.byKey(event.directory)
            if (node !== undefined) this.#dirty.note(node, event.name, event.kind)
          }
      }
    }
    this.#pump()
  }

  #lost(event: WatchEvent & { kind: 'lost' }): void {
    for (const attachment of this.#attachments.ready()) {
      this.#attachments.tell(attachment, { type: 'remark', code: 'WATCH_LOST', path: '', why: event.why })
    }
    const node = event.directory === undefined ? this.#view.nodes.root : this.#view.nodes.byKey(event.directory)
    if (node === undefined) return
    for (const each of event.below ? this.#view.nodes.below(node) : [node]) this.#soon.add(each)
  }

  /** Works for one slice, tells what was learnt, and comes back if there is more. */
  #pump(): void {
    if (this.#closed) return
    if (this.#pumping) {
      this.#pumpAsked = true
      return
    }
    this.#pumping = true
    this.#pumpAsked = false
    const { clock } = this.#options
    const until = clock.monotonic() + sliceMs
    let more = true
    try {
      for (let steps = 1; more && (steps % stepsBetweenClocks !== 0 || clock.monotonic() < until); steps++) more = this.#step()
    } finally {
      this.#unpin()
      this.#pumping = false
    }
    this.#emitNews()
    if (more || this.#pumpAsked) clock.soon(() => this.#pump())
    else this.#settled()
  }

  /** One piece of work; false when there is none that can be done now. */
  #step(): boolean {
    if (this.#guard.isHeld) return false
    const due = this.#dirty.takeDue()
    if (due !== undefined) {
      refreshName(due, node => this.#pin(node), this.#around)
      return true
    }
    if (this.#listing !== undefined) {
      if (this.#listing.next().done === true) this.#listing = undefined
      return true
    }
    const next = takeFirst(this.#soon) ?? (this.#scanned ? takeFirst(this.#someday) : undefined)
    if (next === undefined) return false
    this.#listing = relistDirectory(next, this.#around)
    return true
  }

  /** Nothing can be done right now: a scan may be complete, a fence may have drained. */
  #settled(): void {
    if (this.#guard.isHeld) return
    if (!this.#scanned && this.#dirty.size === 0 && this.#hashing.size === 0 && !this.#hasListings) {
      this.#scanned = true
      if (this.#baseline !== undefined) this.#view.tree = intern(this.#view.tree, this.#baseline()) as Tree
    }
    if (this.#scanned) {
      for (const attachment of [...this.#attachments.waiting()]) {
        attachment.isReady = true
        const facts = { ...this.#options.facts, watcher: this.#watcher.traits.name }
        this.#attachments.tell(attachment, { type: 'ready', tree: this.#view.tree, facts })
        for (const remark of this.#options.remarks) this.#attachments.tell(attachment, { type: 'remark', ...remark })
      }
    }
    for (const fence of this.#draining) {
      if (this.#hashing.size > 0 || this.#hasListings || this.#applying.isBusy || this.#waitsSince(fence.since)) continue
      this.#draining.delete(fence)
      fence.done()
    }
  }

  get #hasListings(): boolean {
    return this.#soon.size > 0 || this.#postponed.size > 0
  }

  #waitsSince(since: number): boolean {
    for (const { pending } of this.#dirty.all()) if (pending.firstAt <= since) return true
    return false
  }

  #emitNews(): void {
    if (!this.#view.hasNews) return
    const { paths, moves, contents } = this.#view.takeNews()
    if (!this.#scanned) return
    this.#attachments.tellOthers(undefined, { type: 'changed', tree: this.#view.tree, paths, moves, contents })
  }

  #raiseFence(attachment: Attachment, id: number, verify: boolean): void {
    const { traits } = this.#watcher
    this.#fences.raise(ordered => {
      if (this.#closed) return
      if (verify || !ordered || !traits.ordered) this.#relistAll(true)
      else for (const node of this.#view.nodes.below(this.#view.nodes.root)) if (!node.watched) this.#soon.add(node)
      this.#dirty.hurry()
      const since = this.#options.clock.monotonic()
      this.#draining.add({ since, done: () => this.#attachments.tell(attachment, { type: 'fenced', id, waiting: [] }) })
      this.#pump()
    })
  }

  #hashed(dirty: Parameters<Hashing['add']>[0], result: Hashed): void {
    const { view, around } = { view: this.#view, around: this.#around }
    if (view.nodes.byKey(dirty.node.key) !== dirty.node) return this.#pump()
    if (result === undefined) this.#dirty.note(dirty.node, dirty.name, 'changed')
    else {
      const path = join(view.nodes.pathOf(dirty.node), dirty.name)
      const { stat, digest } = result
      const entry: Entry = { kind: 'file', mode: stat.mode & 0o777, digest, size: stat.size }
      commit({ found: 'entry', entry, stat, content: undefined }, { dirty, path, previous: view.entryAt(path) }, around)
      // It may have moved on between the hash and now: one look at its times tells, unless one is to come anyway.
      if (!this.#dirty.has(dirty.node, dirty.name)) this.#dirty.note(dirty.node, dirty.name, 'closed')
    }
    this.#pump()
  }

  /** Looks at a name now if something was heard of it. False: it is not quiet yet. */
  #refreshNow(node: DirectoryNode, name: string): boolean {
    const dirty = this.#dirty.take(node, name)
    if (dirty !== undefined) refreshName(dirty, each => this.#pin(each), this.#around)
    return !this.#dirty.has(node, name)
  }

  #relistAll(soon: boolean): void {
    for (const node of this.#view.nodes.below(this.#view.nodes.root)) this.#around.relist(node, soon)
  }

  #planSafety(): void {
    this.#cancelSafety = this.#options.clock.after(this.#options.safetyMs, () => {
      this.#guard.check()
      this.#relistAll(false)
      this.#staging.expire()
      this.#planSafety()
      this.#pump()
    })
  }

  /** The pinned directory of a node; the last one stays open until another is asked for. */
  #pin(node: DirectoryNode): DirectoryHandle {
    const path = this.#view.nodes.pathOf(node)
    if (this.#pinned?.node === node && this.#pinned.path === path) return this.#pinned.handle
    this.#unpin()
    this.#pinned = { node, path, handle: this.#options.root.open(path) }
    return this.#pinned.handle
  }

  #unpin(): void {
    this.#pinned?.handle.close()
    this.#pinned = undefined
  }
}

/** Until a disk that could not be flushed is asked again (ms). */
const flushAgainMs = 5000

/** Steps between two looks at the clock: most take some tens of microseconds. */
const stepsBetweenClocks = 16

function takeFirst<T>(set: Set<T>): T | undefined {
  for (const item of set) {
    set.delete(item)
    return item
  }
  return undefined
}

function withHandle<T>(disk: Disk, path: Path, use: (handle: DirectoryHandle) => T): T {
  const handle = disk.open(path)
  try {
    return use(handle)
  } finally {
    handle.close()
  }
}

/** Opens the replica when the first session attaches, and closes it when the last one leaves. */
export function shareReplica(open: () => LocalReplica): OpenReplica {
  let shared: LocalReplica | undefined
  return (baseline, listener) => {
    const replica = (shared ??= open())
    const attachment = replica.attach(baseline, listener)
    return {
      send: command => attachment.send(command),
      close: async () => {
        await attachment.close()
        if (shared === replica && replica.isClosed) shared = undefined
      },
    }
  }
}
