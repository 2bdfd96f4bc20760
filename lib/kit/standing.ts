/** What stands at a path. */
export type Standing =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file'; readonly mode: number; readonly bytes: Uint8Array }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory'; readonly mode: number }
  /** A socket, a device, or something that may not be read. */
  | { readonly kind: 'other'; readonly says: string }

/** Says what stands at an absolute path, links not followed. */
export type Look = (path: string) => Standing

export const absent: Standing = { kind: 'absent' }

export function sameStanding(one: Standing, other: Standing): boolean {
  switch (one.kind) {
    case 'absent':
      return other.kind === 'absent'
    case 'file':
      return other.kind === 'file' && one.mode === other.mode && sameBytes(one.bytes, other.bytes)
    case 'link':
      return other.kind === 'link' && one.target === other.target
    case 'directory':
      return other.kind === 'directory' && one.mode === other.mode
    case 'other':
      return false
  }
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i])
}

/** Every byte as one character, so that a text in any encoding stays byte for byte what it was. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

/** The reverse of `textOf`. */
export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

/** A text of ours as it is among the characters of `textOf`. */
export function inBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
