import type { Entry } from '../core/entry.ts'
import { SyncError } from '../core/errors.ts'
import { trashBytes } from '../core/limits.ts'
import type { ReplicaCommand, ReplicaEvent } from '../core/messages.ts'
import { join } from '../core/path.ts'
import { intern } from '../core/tree.ts'
import type { Tree } from '../core/tree.ts'
import { detach } from '../ports/detached.ts'
import type { Replica, ReplicaListener } from '../ports/replica.ts'
import type { WatchEvent, Watcher } from '../ports/watcher.ts'
import { Aftermath } from './aftermath.ts'
import { Applying } from './applying.ts'
import type { Attachment } from './attachments.ts'
import { Attachments } from './attachments.ts'
import { Copies } from './copies.ts'
import { Desk } from './desk.ts'
import { fenceKey } from './directory-nodes.ts'
import type { DirectoryNode } from './directory-nodes.ts'
import type { DirtyName } from './dirty-names.ts'
import { DirtyNames } from './dirty-names.ts'
import { heedEvents } from './heed-events.ts'
import { heedKnownFiles } from './ignore-files.ts'
import { LaneSlots } from './lane-slots.ts'
import { LastPinned } from './last-pinned.ts'
import { Listings } from './listings.ts'
import type { LocalReplicaOptions } from './local-replica-options.ts'
import { Fences } from './fences.ts'
import type { Hashed } from './hashing.ts'
import { Hashing } from './hashing.ts'
import { handsOf } from './hands.ts'
import type { LookRules } from './look.ts'
import { modeOf } from './look.ts'
import { baseStat } from './open-directory.ts'
import { ContentReader } from './read-content.ts'
import type { Surroundings } from './surroundings.ts'
import { commit, refreshName, relistDirectory } from './refresh.ts'
import { RootGuard } from './root-guard.ts'
import { readScanCache, saveScanCache } from './scan-cache.ts'
import { SessionFences } from './session-fences.ts'
import { Spellings } from './spellings.ts'
import { Staging } from './staging.ts'
import { TrackedPaths } from './tracked-paths.ts'
import { View } from './view.ts'
import { WorkLoop } from './work-loop.ts'
import { closeWork } from './work.ts'

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
  readonly #sessionFences: SessionFences
  readonly #hashing: Hashing
  readonly #reader: ContentReader
  readonly #attachments: Attachments
  readonly #staging: Staging
  readonly #lane: LaneSlots
  readonly #desk: Desk
  readonly #aftermath: Aftermath
  readonly #applying: Applying
  readonly #guard: RootGuard
  readonly #around: Surroundings
  readonly #rules: LookRules
  readonly #spellings: Spellings
  readonly #listings: Listings
  readonly #pinned: LastPinned
  readonly #tracked: TrackedPaths
  readonly #loop: WorkLoop
  #listing: Generator<void, void, undefined> | undefined
  #scanned = false
  #closed = false
  #baseline: (() => Tree) | undefined
  #cancelSafety: () => void = () => {}

  constructor(options: LocalReplicaOptions) {
    this.#options = options
    const { root, clock, work } = options
    this.#attachments = new Attachments(clock)
    this.#loop = new WorkLoop(clock, {
      step: () => this.#step(),
      sliced: () => {
        this.#pinned.close()
        this.#spellings.forget()
        this.#emitNews()
      },
      idle: () => this.#settled(),
    })
    const top = baseStat(root)
    this.#dirty = new DirtyNames(clock, () => this.#loop.wake())
    this.#view = new View(top, options.seed, node => {
      this.#watcher.unwatch(node.key)
      this.#tracked.forget(node)
    })
    this.#watcher = options.openWatcher(events => this.#noticed(events))
    this.#fences = new Fences(work.area.disk, clock)
    this.#listings = new Listings(clock, () => this.#loop.wake())
    this.#pinned = new LastPinned(root, this.#view.nodes)
    const { caseSensitive, normalising } = options.facts
    this.#spellings = new Spellings(!caseSensitive || normalising, clock)
    const { ignore, digest } = options
    const { modes } = work.area.abilities
    this.#rules = { ignore, digest, spellings: this.#spellings, modes, device: top.device }
    this.#hashing = new Hashing({ root, view: this.#view, clock }, options.hashFile, (dirty, result) =>
      this.#hashed(dirty, result),
    )
    this.#guard = new RootGuard(options.holder, top, clock, {
      held: (guard, why) => this.#tellAll({ type: 'guard', guard, state: 'held', paths: [], why }),
      lifted: guard => {
        this.#tellAll({ type: 'guard', guard, state: 'lifted', paths: [], why: '' })
        this.#listings.addAll(this.#view.nodes, true)
        this.#loop.wake()
      },
    })
    this.#around = {
      view: this.#view,
      root,
      watcher: this.#watcher,
      dirty: this.#dirty,
      rules: this.#rules,
      tracked: {
        listed: (node, isRepository) => this.#tracked.listed(node, isRepository),
        note: node => this.#tracked.note(node),
        moved: move => this.#tracked.moved(move),
        exemption: path => this.#tracked.exemption(path),
      },
      clock,
      racyMs: options.racyMs,
      isUnfinishedAt: path => work.journal.isUnfinishedAt(path),
      // What the cache says of a directory is not known to be so before it was listed once.
      relist: (node, soon) => this.#listings.add(node, soon || !this.#scanned),
      relistAfter: (node, ms) => this.#listings.addAfter(node, ms),
      rootUnreadable: () => {
        if (this.#guard.rootUnreadable()) this.#listings.addAfter(this.#view.nodes.root, rootAgainMs)
      },
      remark: remark => this.#attachments.tellOnce({ type: 'remark', ...remark }),
      hashLater: (dirty, path, wasClosed) => this.#hashing.add({ dirty, path, wasClosed }),
    }
    this.#tracked = new TrackedPaths({
      around: this.#around,
      work: work.area.disk,
      attachments: this.#attachments,
      isBusy: () => this.#dirty.size > 0 || this.#hashing.size > 0,
      wake: () => this.#loop.wake(),
    })
    this.#sessionFences = new SessionFences({
      fences: this.#fences,
      nodes: this.#view.nodes,
      dirty: this.#dirty,
      listings: this.#listings,
      watcher: this.#watcher,
      clock,
      isBusy: () => this.#hashing.size > 0 || this.#listings.areDue || this.#tracked.areDue || this.#applying.isBusy,
      pump: () => this.#loop.wake(),
    })
    this.#reader = new ContentReader(this.#around, () => this.#loop.wake())
    this.#staging = new Staging(work)
    this.#lane = new LaneSlots({ root, work, staging: this.#staging, hashFile: options.hashFile })
    const hands = handsOf(root, work, this.#staging, this.#view)
    const copies = new Copies(work, this.#staging)
    const turns = {
      pause: () => new Promise<void>(resolve => clock.soon(resolve)),
      flush: () => work.area.disk.flush(),
    }
    detach(copies.tidy(turns), clock)
    this.#aftermath = new Aftermath({
      ...{ work, clock, hashFile: options.hashFile, remarks: options.remarks },
      bytesLimit: options.trashBytes ?? trashBytes,
      tell: event => this.#tellAll(event),
    })
    this.#desk = new Desk(hands, { copies, keeper: this.#aftermath.keeper }, this.#around)
    this.#applying = new Applying({
      hands,
      view: this.#view,
      attachments: this.#attachments,
      clock,
      around: this.#around,
      refresh: (node, name) => this.#refreshNow(node, name),
      emitNews: () => this.#emitNews(),
      pump: () => this.#loop.wake(),
      guard: this.#guard,
      aftermath: this.#aftermath,
    })
    this.#start()
  }

  #start(): void {
    const { work, facts } = this.#options
    const { disk } = work.area
    readScanCache(disk, this.#view, facts.bootId)
    this.#tracked.begin()
    heedKnownFiles(this.#around)
    this.#watcher.watch(fenceKey, `${disk.base}/fence`)
    this.#listings.addAll(this.#view.nodes, true)
    this.#planSafety()
    this.#loop.wake()
  }

  /** Adds a session. Its `ready` comes when the root has been scanned. */
  attach(baseline: () => Tree, listener: ReplicaListener): Replica {
    this.#baseline ??= baseline
    const attachment = this.#attachments.add(listener)
    this.#loop.wake()
    return {
      send: command => {
        if (attachment.isOpen) this.#command(attachment, command)
      },
      close: async () => {
        this.#attachments.remove(attachment)
        this.#staging.left(attachment)
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
    this.#listings.close()
    this.#guard.close()
    this.#tracked.close()
    this.#loop.close()
    await Promise.all([this.#applying.close(), this.#lane.close()])
    this.#pinned.close()
    await this.#aftermath.close()
    const { work, root, holder, facts } = this.#options
    if (this.#scanned) saveScanCache(work.area.disk, this.#view, facts.bootId)
    await this.#watcher.close()
    this.#staging.close()
    await this.#desk.close()
    closeWork(work)
    for (const disk of [work.area.disk, root, holder.disk]) disk.close()
    this.#options.lock.release()
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
      case 'reserve':
      case 'received':
        return detach(this.#lane.take(command, tell), this.#options.clock)
      case 'stage':
        if (command.offset === 0) this.#lane.forget(command.digest)
        tell({ ...stagedOf(command), state: this.#staging.receive(command, attachment) })
        break
      case 'keep':
        tell(this.#desk.keep(command))
        break
      case 'release':
        this.#desk.release(command)
        break
      case 'exempt':
        this.#tracked.take(attachment, command)
        break
      case 'fence':
        // An empty root that is removed while it is held open makes no event.
        this.#guard.check()
        this.#sessionFences.raise(command.verify, () => tell({ type: 'fenced', id: command.id, waiting: [] }))
        break
      case 'checkpoint':
        detach(
          this.#checkpoint(() => tell({ type: 'durable', id: command.id })),
          this.#options.clock,
        )
        break
      case 'approve':
        this.#guard.check()
        if (command.guard === 'mass-delete') this.#applying.approveDeletes()
        if (command.guard === 'trash-full') this.#aftermath.keeper.approve()
        break
      case 'ask':
        detach(
          this.#desk.answer(command.question).then(answer => {
            tell({ type: 'answer', id: command.id, answer })
            this.#loop.wake()
          }),
          this.#options.clock,
        )
    }
    this.#loop.wake()
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
      clock.after(flushAgainMs, () => detach(this.#checkpoint(done), clock))
      return
    }
    done()
  }

  /** Watch events only say where to look. */
  #noticed(events: readonly WatchEvent[]): void {
    if (this.#closed) return
    heedEvents(events, {
      nodes: this.#view.nodes,
      dirty: this.#dirty,
      listings: this.#listings,
      fences: this.#fences,
      tracked: this.#tracked,
      rootWent: () => this.#guard.check(),
      lost: why => this.#tellAll({ type: 'remark', code: 'WATCH_LOST', path: '', why, trash: undefined }),
    })
    this.#loop.wake()
  }

  /** One piece of work; false when there is none that can be done now. */
  #step(): boolean {
    if (this.#guard.isHeld) return false
    const due = this.#dirty.takeDue()
    if (due !== undefined) {
      refreshName(due, node => this.#pinned.open(node), this.#around)
      return true
    }
    if (this.#listing !== undefined) {
      if (this.#listing.next().done === true) this.#listing = undefined
      return true
    }
    this.#listing = this.#tracked.next()
    if (this.#listing !== undefined) return true
    const next = this.#listings.take(this.#scanned)
    if (next === undefined) return false
    this.#listing = relistDirectory(next, this.#around)
    return true
  }

  /** Nothing can be done right now: a scan may be complete, a fence may have drained. */
  #settled(): void {
    if (this.#guard.isHeld) return
    const isAllKnown = this.#dirty.size === 0 && this.#hashing.size === 0 && !this.#listings.areDue
    if (!this.#scanned && isAllKnown && !this.#tracked.areDue) {
      this.#scanned = true
      if (this.#baseline !== undefined) this.#view.tree = intern(this.#view.tree, this.#baseline()) as Tree
    }
    if (this.#scanned) {
      for (const attachment of [...this.#attachments.waiting()]) {
        attachment.isReady = true
        const facts = { ...this.#options.facts, watcher: this.#watcher.traits.name }
        const tracked = this.#tracked.at(attachment)
        this.#attachments.tell(attachment, { type: 'ready', tree: this.#view.tree, facts, tracked })
        for (const event of this.#aftermath.news()) this.#attachments.tell(attachment, event)
      }
      this.#attachments.tellUnheard()
    }
    this.#sessionFences.settle()
  }

  #emitNews(): void {
    if (!this.#view.hasNews) return
    const { paths, moves, contents } = this.#view.takeNews()
    if (!this.#scanned) return
    this.#tellAll({ type: 'changed', tree: this.#view.tree, paths, moves, contents })
  }

  #tellAll(event: ReplicaEvent): void {
    this.#attachments.tellOthers(undefined, event)
  }

  #hashed(dirty: DirtyName, result: Hashed): void {
    const view = this.#view
    if (view.nodes.byKey(dirty.node.key) !== dirty.node) return this.#loop.wake()
    const path = join(view.nodes.pathOf(dirty.node), dirty.name)
    if (result === undefined || this.#rules.ignore.ignores(path, false))
      this.#dirty.note(dirty.node, dirty.name, 'changed')
    else {
      const { stat, digest } = result
      const mode = modeOf(stat, view.entryAt(path), this.#rules)
      const entry: Entry = { kind: 'file', mode, digest, size: stat.size }
      commit(
        { found: 'entry', entry, stat, content: undefined },
        { dirty, path, previous: view.entryAt(path) },
        this.#around,
      )
      // It may have moved on between the hash and now: one look at its times tells, unless one is to come anyway.
      if (!this.#dirty.has(dirty.node, dirty.name)) this.#dirty.note(dirty.node, dirty.name, 'closed')
    }
    this.#loop.wake()
  }

  /** Looks at a name now if something was heard of it. False: it is not quiet yet. */
  #refreshNow(node: DirectoryNode, name: string): boolean {
    const dirty = this.#dirty.take(node, name)
    this.#spellings.forget()
    if (dirty !== undefined) refreshName(dirty, each => this.#pinned.open(each), this.#around)
    this.#spellings.forget()
    return !this.#dirty.has(node, name)
  }

  #planSafety(): void {
    this.#cancelSafety = this.#options.clock.after(this.#options.safetyMs, () => {
      this.#guard.check()
      this.#listings.addAll(this.#view.nodes, false)
      this.#staging.expire()
      this.#lane.expire()
      this.#planSafety()
      this.#loop.wake()
    })
  }
}

function stagedOf({ digest, offset }: ReplicaCommand & { readonly type: 'stage' }) {
  return { type: 'staged', digest, offset } as const
}

/** Until a disk that could not be flushed is asked again (ms). */
const flushAgainMs = 5000

/** A root that could not be listed, though it can be reached, is listed again after this (ms). */
const rootAgainMs = 200
