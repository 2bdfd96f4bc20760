import { SyncError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { OpenLink } from '../ports/link.ts'

/** An answer is a line of JSON of at most this (bytes), and comes within this of the link being open (ms). */
const answerBytes = 1024 * 1024
const answerMs = 30_000

/**
 * Asks the agent of another host one question, over a link that was opened for that.
 * @returns what it answered, as parsed from JSON and not looked at. Throws what the link ended with, TIMEOUT, PROTOCOL.
 */
export function askAgent(openLink: OpenLink, question: unknown, clock: Clock): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let cancel = (): void => {}
    let text = ''
    let isOver = false
    const link = openLink()
    const end = (finish: () => void): void => {
      if (isOver) return
      isOver = true
      cancel()
      link.close()
      finish()
    }
    const fail = (code: 'TIMEOUT' | 'PROTOCOL', why: string): void => end(() => reject(new SyncError(code, why)))
    link.onClose(({ code, why, hint, waits }) =>
      end(() =>
        reject(
          new SyncError(linkCode(code), why, {
            verdict: waits ? 'halt' : 'retry',
            ...(hint !== undefined && { hint }),
          }),
        ),
      ),
    )
    link.onData(bytes => {
      text += Buffer.from(bytes).toString('latin1')
      const at = text.indexOf('\n')
      if (at < 0 && text.length > answerBytes) return fail('PROTOCOL', 'The agent answered more than it may')
      if (at < 0) return
      try {
        const answer: unknown = JSON.parse(Buffer.from(text.slice(0, at), 'latin1').toString())
        end(() => resolve(answer))
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        fail('PROTOCOL', `The agent answered what is no answer: ${JSON.stringify(text.slice(0, 200))}`)
      }
    })
    link.onOpen(() => {
      cancel = clock.after(answerMs, () => fail('TIMEOUT', `The agent did not answer within ${answerMs / 1000} s`))
      link.write(Buffer.from(`${JSON.stringify(question)}\n`))
    })
  })
}

/** Codes of a link's end that commands know how to end with. */
function linkCode(code: string): 'TIMEOUT' | 'PROTOCOL' | 'TRANSPORT_LOST' | 'AGENT_FAILED' {
  return code === 'TIMEOUT' || code === 'PROTOCOL' || code === 'AGENT_FAILED' ? code : 'TRANSPORT_LOST'
}
