import { SyncError } from '../core/errors.ts'
import { readIgnoreText } from '../core/ignore-settings.ts'
import type { Answer, Question, ReplicaCommand, ReplicaEvent } from '../core/messages.ts'
import type { Path } from '../core/path.ts'
import { checkPath, nameOf, parentOf } from '../core/path.ts'
import type { DirectoryHandle } from '../ports/disk.ts'
import type { Copies } from './copies.ts'
import type { Hands } from './hands.ts'
import { ruleAt } from './ignore-files.ts'
import { placeCopy } from './place-copy.ts'
import { restore } from './restore.ts'
import { previewRules } from './rules-preview.ts'
import type { Surroundings } from './surroundings.ts'
import type { Pause } from './staging.ts'
import type { TrashKeeper } from './trash-keeper.ts'
import { Verifying } from './verifying.ts'

/** Trash items one answer may hold. */
const trashItemsLimit = 10_000

/** Bytes of text one answer may hold. */
const textBytesLimit = 1024 * 1024

/** What is kept beside the root. */
export interface Kept {
  readonly copies: Copies
  readonly keeper: TrashKeeper
}

/** Answers what people ask about one host's trash, conflict copies and content, and does what they order there. */
export class Desk {
  readonly #hands: Hands
  readonly #copies: Copies
  readonly #pause: Pause
  readonly #verifying: Verifying
  readonly #around: Surroundings

  readonly #keeper: TrashKeeper

  constructor(hands: Hands, { copies, keeper }: Kept, around: Surroundings) {
    this.#hands = hands
    this.#copies = copies
    this.#keeper = keeper
    this.#around = around
    this.#pause = () => new Promise(resolve => around.clock.soon(resolve))
    this.#verifying = new Verifying(around, hands.work.area.abilities.modes)
  }

  /** Keeps the other side's version of a conflicting path. A disk that refuses is an answer. */
  keep(command: ReplicaCommand & { readonly type: 'keep' }): ReplicaEvent {
    const { id, path, host, version, content } = command
    try {
      checkPath(path)
      return { type: 'kept', id, ...this.#copies.keep({ path, host, entry: version, content }) }
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      return { type: 'kept', id, copy: undefined, why: error.message }
    }
  }

  /** The conflict is over. A copy that cannot be moved to the trash stays where it is until the next start. */
  release({ path, host }: ReplicaCommand & { readonly type: 'release' }): void {
    try {
      this.#copies.release(path, host)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
    }
  }

  async answer(question: Question): Promise<Answer> {
    try {
      return await this.#answer(question)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      return { about: 'error', code: error.code, message: error.message }
    }
  }

  /** Lets go of what is being read. */
  async close(): Promise<void> {
    await this.#verifying.close()
    this.#copies.close()
  }

  async #answer(question: Question): Promise<Answer> {
    switch (question.about) {
      case 'trash':
        return {
          about: 'trash',
          items: this.#hands.work.trash.list(question.path, Math.min(question.limit, trashItemsLimit)),
        }
      case 'clean':
        return { about: 'clean', ...(await this.#keeper.clean(question.isTrial)) }
      case 'restore':
        return { about: 'restore', ...(await restore(this.#hands, question.trash, this.#pause)) }
      case 'time':
        return { about: 'time', mtimeMs: this.#at(question.path, (directory, name) => directory.lookup(name)?.mtimeMs) }
      case 'place-copy':
        return { about: 'place-copy', placed: await placeCopy(this.#hands, this.#copies, question, this.#pause) }
      case 'rule':
        return {
          about: 'rule',
          reason: ruleAt(question.path, this.#around),
          exemption: this.#around.tracked.exemption(question.path),
        }
      case 'rules': {
        const settings = readIgnoreText(question.settings)
        return { about: 'rules', changes: await previewRules(settings, this.#around, this.#pause) }
      }
      case 'verify':
        return { about: 'verify', ...(await this.#verifying.answer(question)) }
      case 'text': {
        const limit = Math.min(question.limit, textBytesLimit)
        if (question.of === 'copy') return { about: 'text', text: this.#copies.text(question.path, limit) }
        return { about: 'text', text: this.#at(question.path, (directory, name) => textOf(directory, name, limit)) }
      }
    }
  }

  #at<T>(path: Path, look: (directory: DirectoryHandle, name: string) => T): T {
    checkPath(path)
    const directory = this.#hands.root.open(parentOf(path))
    try {
      return look(directory, nameOf(path))
    } finally {
      directory.close()
    }
  }
}

function textOf(directory: DirectoryHandle, name: string, limit: number): Uint8Array | undefined {
  if (directory.lookup(name)?.kind !== 'file') return undefined
  const file = directory.read(name)
  try {
    return file.read(0, limit)
  } finally {
    file.close()
  }
}
