import { SyncError } from '../core/errors.ts'
import type { Side } from '../core/operation.ts'
import { isWithin } from '../core/path.ts'
import { resolveOf, selectionOf } from './parameters.ts'
import { select } from './selection.ts'
import { resolutionsOf } from './star-resolution.ts'
import type { ConflictInfo, Resolution, SessionHandle, ShownVersions } from '../sync/session-handle.ts'
import type { OpenedSession, SessionList } from './sessions.ts'
import type { ConflictVersions, ResolveParameters, Resolved } from './verbs.ts'
import { textBytesLimit } from './verbs.ts'

interface Found<S = OpenedSession> {
  readonly session: S
  readonly conflict: ConflictInfo
}

/** What conflicts are listed of. */
export type ConflictSession = Pick<OpenedSession, 'name' | 'roots'> & {
  readonly handle: Pick<SessionHandle, 'host' | 'conflicts'>
}

/** Lists, shows and ends conflicts, and remembers what it showed: `resolve` acts on that or not at all. */
export class ConflictAnswers {
  #shown = new Map<string, ShownVersions>()

  list(sessions: SessionList<ConflictSession>, parameters: unknown): { conflicts: readonly ConflictInfo[] } {
    const found = find(sessions, parameters)
    for (const one of found) this.#show(one)
    this.#forgetClosed(sessions)
    return { conflicts: found.map(({ conflict }) => conflict) }
  }

  /** The conflicts with the text of both versions, for `diff`. */
  async versions(sessions: SessionList, parameters: unknown): Promise<{ versions: readonly ConflictVersions[] }> {
    const versions: ConflictVersions[] = []
    for (const one of find(sessions, parameters)) {
      this.#show(one)
      versions.push({ conflict: one.conflict, texts: await textsOf(one) })
    }
    return { versions }
  }

  async resolve(sessions: SessionList, parameters: unknown): Promise<{ resolved: readonly Resolved[] }> {
    const { take, dryRun, ...selection } = resolveOf(parameters)
    const found = find(sessions, selection)
    refuseAmbiguous(found, take)
    const groups = Map.groupBy(found, ({ conflict: { root, path } }) => `${root}\0${path}`)
    const resolved: Resolved[] = []
    for (const group of groups.values()) {
      const decidable = group.map(one => ({ ...one, handle: one.session.handle }))
      for (const { one, how } of await resolutionsOf(decidable, take))
        resolved.push(dryRun === true ? this.#foresee(one) : await this.#resolveOne(one, how))
    }
    return { resolved }
  }

  /** What an attempt to end a conflict would come to, by what is known now. */
  #foresee({ session, conflict }: Found): Resolved {
    const { root, host, path } = conflict
    const shown = this.#shown.get(keyOf(session.name, conflict))
    const { alpha, beta } = marksOf(conflict)
    const isSame = shown === undefined || (shown.alpha === alpha && shown.beta === beta)
    return { root, host, path, state: isSame ? 'resolved' : 'changed' }
  }

  async #resolveOne({ session, conflict }: Found, how: Resolution): Promise<Resolved> {
    const { handle, name } = session
    const { root, host, path } = conflict
    const expected = this.#shown.get(keyOf(name, conflict)) ?? marksOf(conflict)
    const result = await handle.resolve(path, how, expected)
    if (result.state === 'changed') this.#show({ session, conflict: result.conflict })
    else this.#shown.delete(keyOf(name, conflict))
    return { root, host, path, state: result.state, ...('why' in result ? { why: result.why } : {}) }
  }

  #show({ session, conflict }: Found<ConflictSession>): void {
    this.#shown.set(keyOf(session.name, conflict), marksOf(conflict))
  }

  #forgetClosed(sessions: SessionList<ConflictSession>): void {
    const open = new Set(
      sessions.opened().flatMap(({ name, handle }) => handle.conflicts().map(conflict => keyOf(name, conflict))),
    )
    for (const key of this.#shown.keys()) if (!open.has(key)) this.#shown.delete(key)
  }
}

function find<S extends ConflictSession>(sessions: SessionList<S>, parameters: unknown): Found<S>[] {
  return select(sessions, selectionOf(parameters)).flatMap(({ session, path }) =>
    session.handle
      .conflicts()
      .filter(conflict => isWithin(conflict.path, path))
      .map(conflict => ({ session, conflict })),
  )
}

/** `theirs` is one host only when a path is in conflict with one. */
function refuseAmbiguous(found: readonly Found[], take: ResolveParameters['take']): void {
  if (take !== 'theirs') return
  const hosts = new Map<string, string>()
  for (const { conflict } of found) {
    const where = `${conflict.root}/${conflict.path}`
    const other = hosts.get(where)
    if (other !== undefined && other !== conflict.host) {
      throw new SyncError(
        'USAGE',
        `Cannot tell whose version is meant: ${where} is in conflict with ${other} and ${conflict.host}`,
        {
          hint: `dsync resolve ${where} --take ${other}`,
        },
      )
    }
    hosts.set(where, conflict.host)
  }
}

async function textsOf({ session: { handle }, conflict }: Found): Promise<ConflictVersions['texts']> {
  const [alpha, beta] = await Promise.all([textOf(handle, 'alpha', conflict), textOf(handle, 'beta', conflict)])
  return { ...(alpha === undefined ? {} : { alpha }), ...(beta === undefined ? {} : { beta }) }
}

async function textOf(handle: SessionHandle, side: Side, conflict: ConflictInfo): Promise<string | undefined> {
  if (conflict.sides[side].kind !== 'file') return undefined
  const answer = await handle.ask(side, { about: 'text', path: conflict.path, of: 'file', limit: textBytesLimit })
  if (answer.about !== 'text' || answer.text === undefined) return undefined
  return Buffer.from(answer.text).toString('base64')
}

function marksOf(conflict: ConflictInfo): ShownVersions {
  return { alpha: conflict.sides.alpha.mark, beta: conflict.sides.beta.mark }
}

function keyOf(session: string, conflict: ConflictInfo): string {
  return `${session}\0${conflict.path}`
}
