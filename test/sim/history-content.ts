import type { Random } from './random.ts'

/** Content that no other save has: a line that names it, then as much as is asked for. */
export class Contents {
  readonly #label: string
  readonly #random: Random
  #count = 0

  constructor(label: string, random: Random) {
    this.#label = label
    this.#random = random
  }

  /** Mostly a few bytes; sometimes more than travels inline, is hashed at once, or is compared by digest. */
  next(): Uint8Array {
    return this.#make(this.#filler())
  }

  short(): Uint8Array {
    return this.#make(0)
  }

  /** Undefined when so few bytes cannot be told apart. */
  sized(size: number): Uint8Array | undefined {
    return size < minimum ? undefined : this.#make(0, size)
  }

  #make(filler: number, whole?: number): Uint8Array {
    const line = `${this.#label}${++this.#count}\n`
    const size = whole ?? line.length + filler
    const bytes = new Uint8Array(size).fill(46)
    bytes.set(new TextEncoder().encode(line))
    return bytes
  }

  #filler(): number {
    const random = this.#random
    if (random.chance(0.93)) return random.int(40)
    return random.pick([70_000, 70_000, 150_000, 300_000, 300_000, 1_200_000]) + random.int(1000)
  }
}

/** A letter, a count of up to five digits and the newline. */
const minimum = 7
