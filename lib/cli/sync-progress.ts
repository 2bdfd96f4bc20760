import type { BarrierProgress } from '../daemon/verbs.ts'
import { bytesText, countText, durationText } from './quantities.ts'

/** Nothing is shown in the first second, which most waits do not reach (ms). */
const quietMs = 1000

/** The stretch that rates are taken from (ms). */
const stretchMs = 5000

interface Sample {
  readonly at: number
  readonly paths: number
  readonly bytes: number
}

/** What a person reads while a barrier waits: how much is left, how fast it shrinks, and how long that will take. */
export class SyncProgress {
  readonly #begun: number
  #samples: readonly Sample[] = []

  /** @param now ms */
  constructor(now: number) {
    this.#begun = now
  }

  /** One line, or nothing yet. */
  text({ queued, inFlight, bytesQueued: bytes }: BarrierProgress, now: number): string {
    const paths = queued + inFlight
    this.#samples = [...this.#samples.filter(({ at }) => now - at <= stretchMs), { at: now, paths, bytes }]
    if (now - this.#begun < quietMs) return ''
    const perSecond = { paths: this.#rate('paths'), bytes: this.#rate('bytes') }
    const left = Math.max(leftMs(paths, perSecond.paths), leftMs(bytes, perSecond.bytes))
    const rates = [
      ...(perSecond.paths >= 1 ? [`${Math.round(perSecond.paths).toLocaleString('en-US')} paths/s`] : []),
      ...(perSecond.bytes >= 1 ? [`${bytesText(perSecond.bytes)}/s`] : []),
    ]
    const parts = [
      `Syncing: ${countText(paths, 'path')}${bytes > 0 ? `, ${bytesText(bytes)}` : ''} to go`,
      ...(rates.length > 0 ? [rates.join(', ')] : []),
      ...(left > 0 ? [`${durationText(left)} left`] : [durationText(now - this.#begun)]),
    ]
    return parts.join(' · ')
  }

  /** How fast it shrinks, a second; 0 while it grows. */
  #rate(what: 'paths' | 'bytes'): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (first === undefined || last === undefined || last.at === first.at) return 0
    return Math.max(0, ((first[what] - last[what]) * 1000) / (last.at - first.at))
  }
}

/** At that rate (ms); 0 when nothing can be said. */
function leftMs(amount: number, perSecond: number): number {
  return perSecond < 1 ? 0 : Math.ceil(amount / perSecond) * 1000
}
