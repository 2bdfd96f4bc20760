import type { EquipStep } from '../kit/equip-host.ts'
import { escape } from './escape.ts'
import { bytesText, durationText } from './quantities.ts'

/** The stretch that rates are taken from (ms). */
const stretchMs = 5000

/** What a person reads while another host is equipped: what goes on, how much of it, how fast, and how long it will take. */
export class EquipProgress {
  readonly #host: string
  #samples: readonly { readonly at: number; readonly sent: number }[] = []

  constructor(host: string) {
    this.#host = escape(host)
  }

  /** One line. @param now ms */
  text(step: EquipStep, now: number): string {
    switch (step.step) {
      case 'fetching':
        return `Fetching ${step.what} through npm`
      case 'placing':
        return `Putting ${step.what} on ${this.#host}`
      case 'sending': {
        const { sent, total, what } = step
        this.#samples = [...this.#samples.filter(({ at }) => now - at <= stretchMs), { at: now, sent }]
        const perSecond = this.#rate()
        const parts = [`Sending ${what} to ${this.#host}: ${bytesText(sent)} of ${bytesText(total)}`]
        if (perSecond >= 1) {
          const leftMs = Math.ceil((total - sent) / perSecond) * 1000
          parts.push(`${bytesText(perSecond)}/s`, ...(leftMs > 0 ? [`${durationText(leftMs)} left`] : []))
        }
        return parts.join(' · ')
      }
    }
  }

  /** Bytes a second. */
  #rate(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (first === undefined || last === undefined || last.at === first.at) return 0
    return Math.max(0, ((last.sent - first.sent) * 1000) / (last.at - first.at))
  }
}
