import type { GuestReply, GuestRequest } from './guest.ts'

/*
 * What a command of this host says on an agent's socket, one line of JSON, and what it hears: one line for each reply.
 * It asks the hub (`verb`), or this host's own trash, hub or not (`trash`, `restore`).
 */

/** A question that the agent answers by itself. */
export type OwnQuestion =
  | { readonly about: 'trash'; readonly path: string | undefined; readonly limit: number }
  | { readonly about: 'restore'; readonly trash: readonly string[] }

export type GuestLine =
  | { readonly kind: 'hub'; readonly request: GuestRequest }
  | { readonly kind: 'own'; readonly question: OwnQuestion }

/** `away`: no hub is there to be asked. `answer`: what the agent says to a question of its own, as JSON. */
export type GuestLineReply = GuestReply | { readonly what: 'away' } | { readonly what: 'answer'; readonly json: string }

export function guestLine(words: GuestLine | GuestLineReply): Uint8Array {
  return Buffer.from(`${JSON.stringify('kind' in words ? { guest: words } : words)}\n`)
}

/** What a line asks; undefined when it is no guest's. */
export function readGuest(line: string): GuestLine | undefined {
  const { guest } = fieldsOf(parsed(line))
  const { kind, request, question } = fieldsOf(guest)
  if (kind === 'hub') {
    const { version, verb, parameters } = fieldsOf(request)
    if (typeof version !== 'string' || typeof verb !== 'string' || typeof parameters !== 'string') return undefined
    return { kind, request: { version, verb, parameters } }
  }
  const asked = questionOf(fieldsOf(question))
  return kind === 'own' && asked !== undefined ? { kind, question: asked } : undefined
}

function questionOf({ about, path, limit, trash }: Record<string, unknown>): OwnQuestion | undefined {
  if (about === 'trash' && (path === undefined || typeof path === 'string') && typeof limit === 'number')
    return { about, path, limit }
  if (about === 'restore' && Array.isArray(trash) && trash.every(id => typeof id === 'string')) return { about, trash }
  return undefined
}

/** What a line replies; undefined when it is no reply. */
export function readGuestReply(line: string): GuestLineReply | undefined {
  const { what, json } = fieldsOf(parsed(line))
  if (what === 'away') return { what }
  if (typeof json !== 'string') return undefined
  return what === 'event' || what === 'result' || what === 'error' || what === 'answer' ? { what, json } : undefined
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
