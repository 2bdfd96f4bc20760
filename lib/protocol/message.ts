import { Decoder, Encoder } from '@msgpack/msgpack'
import { messageBytesLimit, messageDepthLimit, messageValuesLimit } from './bounds.ts'
import { checkShape } from './shape.ts'
import { violation } from './violation.ts'

/** What travels: a word that says what it is, then its fields. */
export type Message = readonly [type: string, ...fields: unknown[]]

const encoder = new Encoder({ maxDepth: messageDepthLimit })

const decoder = new Decoder({
  maxStrLength: messageBytesLimit,
  maxBinLength: messageBytesLimit,
  maxArrayLength: messageValuesLimit,
  maxMapLength: 0,
  maxExtLength: 0,
})

export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  return encoder.encode(message)
}

/** Reads one message. Byte fields are views of `payload`: copy what is kept. Throws PROTOCOL. */
export function decodeMessage(payload: Uint8Array): Message {
  checkShape(payload)
  const value = decode(payload)
  if (!isMessage(value)) throw violation('it sent something that is no message')
  return value
}

function decode(payload: Uint8Array): unknown {
  try {
    return decoder.decode(payload)
  } catch (error) {
    throw violation('it sent a message that cannot be decoded', error)
  }
}

function isMessage(value: unknown): value is Message {
  return Array.isArray(value) && typeof value[0] === 'string'
}
