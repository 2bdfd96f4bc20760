import { codeOf } from '../../lib/core/errors.ts'

/** What a keeper can be asked for. */
export type Requests = Readonly<Record<string, (...parameters: never[]) => Promise<unknown>>>

interface Request {
  readonly id: number
  readonly request: string
  readonly parameters: readonly never[]
}

/**
 * The keeper's end: answers requests one after the other, and when whoever started it lets go or is gone, ends what
 * was started and exits: with 1, and what is left printed, when that failed.
 */
export function keep(requests: Requests, end: () => Promise<void>): void {
  let last: Promise<void> = Promise.resolve()
  process.on('message', message => {
    last = last.then(() => answer(message as Request, requests))
  })
  process.once('disconnect', () => {
    last
      .then(end)
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        console.error(error)
        process.exit(1)
      })
  })
}

async function answer({ id, request, parameters }: Request, requests: Requests): Promise<void> {
  let said: object
  try {
    const known = requests[request]
    if (known === undefined) throw new Error(`there is no request ${request}`)
    said = { id, value: await known(...parameters) }
  } catch (error) {
    console.error(error)
    said = { id, error: error instanceof Error ? error.message : String(error) }
  }
  try {
    process.send?.(said)
  } catch (error) {
    // Nobody waits for it any more.
    if (codeOf(error) !== 'ERR_IPC_CHANNEL_CLOSED') throw error
  }
}
