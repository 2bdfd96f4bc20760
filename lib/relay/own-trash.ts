import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SyncError } from '../core/errors.ts'
import type { Answer, ReplicaEvent } from '../core/messages.ts'
import { emptyTree } from '../core/tree.ts'
import type { KitHome } from '../daemon/kit-home.ts'
import type { ServedRoot } from '../daemon/served-roots.ts'
import type { OwnQuestion } from '../protocol/guest-line.ts'
import type { RootRequest } from '../protocol/handshake.ts'
import { ReplicaQuestions } from '../protocol/replica-questions.ts'
import type { OpenReplica, Replica } from '../ports/replica.ts'
import { askAgent, away } from './ask-agent.ts'

/** How a root of this home is opened, as its agent would. */
export type OpenServed = (request: RootRequest) => Promise<OpenReplica>

export interface OwnTrashOptions {
  readonly home: KitHome
  /** Where the agent of a root listens; undefined where none can. */
  readonly socketPath: (root: string) => string | undefined
  readonly openServed: OpenServed
}

/** How long a root may take to be read before a version is brought back as far as is known by then (ms). */
const scanMs = 20_000

/**
 * The trash of this host's own roots, hub or not: asked of the agent that holds the root, else of the root itself,
 * opened under its lock as that agent would and closed again.
 */
export class OwnTrash {
  readonly #options: OwnTrashOptions
  /** One at a time: the lock of a root is one process's, and of one in it. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: OwnTrashOptions) {
    this.#options = options
  }

  /** Expected failures are `error` answers. */
  ask(root: ServedRoot, options: RootRequest['options'], question: OwnQuestion): Promise<Answer> {
    const turn = this.#last.then(() => this.#ask(root, options, question))
    this.#last = turn.catch(() => {})
    return turn
  }

  async #ask(root: ServedRoot, options: RootRequest['options'], question: OwnQuestion): Promise<Answer> {
    try {
      const path = this.#options.socketPath(root.id)
      const told = path === undefined ? away : await askAgent(path, question, new AbortController().signal)
      if (told !== away) return told
      // A root that was never served has no trash, and must not be made by a look at it.
      if (existsSync(join(this.#options.home.work, root.id))) return await this.#alone(root, options, question)
      return question.about === 'trash'
        ? { about: 'trash', items: [] }
        : { about: 'restore', restored: [], refused: [] }
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      return { about: 'error', code: error.code, message: error.message }
    }
  }

  async #alone({ id, path }: ServedRoot, options: RootRequest['options'], question: OwnQuestion): Promise<Answer> {
    const open = await this.#options.openServed({ root: id, path, options })
    const questions = new ReplicaQuestions()
    let ready: () => void = () => {}
    const scanned = new Promise<void>(resolve => {
      ready = resolve
    })
    const heard = (event: ReplicaEvent): void => {
      questions.heard(event)
      if (event.type === 'ready' || event.type === 'closed') ready()
    }
    const replica: Replica = open(() => emptyTree, heard)
    const timer = setTimeout(ready, scanMs)
    try {
      // What stands at a path is replaced only by those who know what it is.
      if (question.about === 'restore') await scanned
      return await questions.ask(replica, question)
    } finally {
      clearTimeout(timer)
      await replica.close()
    }
  }
}
