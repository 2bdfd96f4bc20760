import type { Digest } from '../core/entry.ts'
import { SyncError } from '../core/errors.ts'
import type { Path } from '../core/path.ts'
import { checkName, checkPath, fromBytes, toBytes } from '../core/path.ts'
import { wordsLimit } from './bounds.ts'
import { violation } from './violation.ts'

/** Carries one kind of value over the wire as plain msgpack. `decode` trusts nothing and throws PROTOCOL. */
export interface Codec<T> {
  readonly encode: (value: T) => unknown
  readonly decode: (wire: unknown) => T
}

/** A codec of something: what can be said of all of them. */
interface AnyCodec {
  readonly encode: (value: never) => unknown
  readonly decode: (wire: unknown) => unknown
}

type Value<C extends AnyCodec> = ReturnType<C['decode']>

export const flag: Codec<boolean> = {
  encode: value => value,
  decode: wire => {
    if (typeof wire !== 'boolean') throw violation(`it sent ${label(wire)} for yes or no`)
    return wire
  },
}

/** A whole number from 0 to `max`. */
export function whole(max: number = Number.MAX_SAFE_INTEGER): Codec<number> {
  return {
    encode: value => value,
    decode: wire => {
      if (typeof wire !== 'number' || !Number.isSafeInteger(wire) || wire < 0 || wire > max)
        throw violation(`it sent ${label(wire)} for a number from 0 to ${max}`)
      return wire
    },
  }
}

/** Bytes of a file, offsets and lengths in one. */
export const size = whole()

/** Permission bits: never setuid, setgid or sticky. */
export const mode = whole(0o777)

/** Milliseconds since 1970, within what a Date can hold. */
export const moment: Codec<number> = {
  encode: value => value,
  decode: wire => {
    if (typeof wire !== 'number' || !(Math.abs(wire) <= 8.64e15)) throw violation(`it sent ${label(wire)} for a time`)
    return wire
  },
}

/** Words for people and for comparing; cut to the limit, and never opened, run or printed unescaped. */
export const words: Codec<string> = {
  encode: value => value.slice(0, wordsLimit).toWellFormed(),
  decode: wire => {
    if (typeof wire !== 'string' || wire.length > wordsLimit) throw violation(`it sent ${label(wire)} for a text`)
    return wire
  },
}

/**
 * A core name, path or link target, byte for byte. As bytes when it is not well-formed (lone surrogates stand for
 * bytes that are no UTF-8) or starts with U+FEFF (which msgpack's decoder drops from long strings).
 */
export const text: Codec<string> = {
  encode: value => (value.isWellFormed() && value.charCodeAt(0) !== 0xfeff ? value : toBytes(value)),
  decode: wire => {
    if (typeof wire === 'string') return wire
    if (wire instanceof Uint8Array) return fromBytes(wire)
    throw violation(`it sent ${label(wire)} for a name`)
  },
}

/** An absolute path on the other end's host: shown to people and handed back to that host, never opened here. */
export const location: Codec<string> = {
  encode: text.encode,
  decode: wire => {
    const value = text.decode(wire)
    if (value === '' || value.length > wordsLimit || value.includes('\0'))
      throw violation('it sent an absolute path that is empty, too long or holds a NUL byte')
    return value
  },
}

function checked(check: (value: string) => void): Codec<string> {
  return {
    encode: text.encode,
    decode: wire => {
      const value = text.decode(wire)
      try {
        check(value)
      } catch (error) {
        if (error instanceof SyncError) throw violation(error.message, error)
        throw error
      }
      return value
    },
  }
}

export const name: Codec<string> = checked(checkName)

/** A path inside the root, or '' for the root itself. */
export const path: Codec<Path> = checked(checkPath)

/** A path of something that can be created, replaced, read or removed: never the root. */
export const entryPath: Codec<Path> = checked(value => {
  if (value === '') throw violation('it named the root where only something inside it may be named')
  checkPath(value)
})

export const digest: Codec<Digest> = {
  encode: value => Buffer.from(value, 'hex'),
  decode: wire => {
    if (!(wire instanceof Uint8Array) || wire.length !== 32) throw violation(`it sent ${label(wire)} for a digest`)
    return Buffer.from(wire.buffer, wire.byteOffset, 32).toString('hex')
  },
}

/** Bytes, copied out of their message. */
export function bytes(limit: number): Codec<Uint8Array> {
  return {
    encode: value => value,
    decode: wire => {
      if (!(wire instanceof Uint8Array) || wire.length > limit)
        throw violation(`it sent ${label(wire)} for at most ${limit} bytes`)
      return Uint8Array.from(wire)
    },
  }
}

export function choice<const T extends readonly string[]>(...options: T): Codec<T[number]> {
  return {
    encode: value => value,
    decode: wire => {
      const found = options.find(option => option === wire)
      if (found === undefined) throw violation(`it sent ${label(wire)} for one of ${options.join(', ')}`)
      return found
    },
  }
}

export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    encode: value => (value === undefined ? null : codec.encode(value)),
    decode: wire => (wire === null ? undefined : codec.decode(wire)),
  }
}

export function list<T>(codec: Codec<T>, limit: number): Codec<readonly T[]> {
  return {
    encode: values => values.map(value => codec.encode(value)),
    decode: wire => {
      if (!Array.isArray(wire) || wire.length > limit)
        throw violation(`it sent ${label(wire)} for a list of at most ${limit}`)
      return wire.map(item => codec.decode(item))
    },
  }
}

type Fields = Readonly<Record<string, AnyCodec>>
type Row<F extends Fields> = { readonly [K in keyof F]: Value<F[K]> }

/** An object as the list of its fields, in the order they are given here. */
export function record<F extends Fields>(fields: F): Codec<Row<F>> {
  const named = Object.entries(fields)
  return {
    encode: value => named.map(([key, codec]) => codec.encode(value[key] as never)),
    decode: wire => {
      if (!Array.isArray(wire) || wire.length !== named.length)
        throw violation(`it sent ${label(wire)} for ${named.length} fields`)
      const value: Record<string, unknown> = {}
      for (let i = 0; i < named.length; i++) {
        const [key, codec] = named[i] as (typeof named)[number]
        value[key] = codec.decode(wire[i])
      }
      return value as Row<F>
    },
  }
}

interface VariantCodec extends AnyCodec {
  readonly decode: (wire: unknown) => object
}

type Variants = Readonly<Record<string, VariantCodec>>
type Tagged<K extends string, V extends Variants> = {
  [T in keyof V & string]: { readonly [key in K]: T } & Value<V[T]>
}[keyof V & string]

/** A union told apart by its `tag` property: the tag first, then the fields of that variant's record. */
export function union<K extends string, V extends Variants>(tag: K, variants: V): Codec<Tagged<K, V>> {
  const known = new Map(Object.entries(variants))
  return {
    encode: value => {
      const word: string = value[tag]
      const fields = known.get(word)?.encode(value as never)
      return Array.isArray(fields) ? [word, ...fields] : [word]
    },
    decode: wire => {
      const [word, ...fields] = Array.isArray(wire) ? wire : []
      const codec = typeof word === 'string' ? known.get(word) : undefined
      if (codec === undefined) throw violation(`it sent ${label(word)} for a ${tag} we know`)
      return { [tag]: word, ...codec.decode(fields) } as Tagged<K, V>
    },
  }
}

/** What came instead, short and harmless enough for a message. */
function label(wire: unknown): string {
  if (typeof wire === 'string') return JSON.stringify(wire.slice(0, 80))
  if (wire instanceof Uint8Array) return `${wire.length} bytes`
  if (Array.isArray(wire)) return `a list of ${wire.length}`
  return typeof wire === 'object' && wire !== null ? 'an object' : String(wire)
}
