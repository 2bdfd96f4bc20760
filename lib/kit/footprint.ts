import { dirname, resolve } from 'node:path'
import { SyncError } from '../core/errors.ts'
import type { MarkedBlock } from './marked-block.ts'
import { withBlock, withFirstLine, withoutBlock, withoutLine } from './marked-block.ts'
import type { Look, Standing } from './standing.ts'
import { absent, bytesOf, inBytes, sameStanding, textOf } from './standing.ts'

/** How we change a text that is somebody else's: always so that the rest stays byte for byte. */
export type Edit =
  | { readonly kind: 'block'; readonly block: MarkedBlock }
  | { readonly kind: 'first-line'; readonly line: string }

/** What is to stand at an absolute path. Directories above it that are missing come with it, mode 0700. */
export type Wish = {
  readonly path: string
  /** Whose wish it is, so that it can be taken back alone: `shell`, `ssh`, `service`. */
  readonly part: string
} & (
  | { readonly kind: 'file'; readonly text: string; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory' }
  /** An edit follows links. `mode` is for a file that does not exist yet. */
  | { readonly kind: 'edit'; readonly edit: Edit; readonly mode: number }
)

/** One step of a footprint. */
export interface Change {
  readonly path: string
  readonly before: Standing
  readonly after: Standing
}

/** What we did at a path, so that it can be taken back. */
export type Trace = { readonly path: string; readonly part: string } & (
  | { readonly kind: 'whole'; readonly before: Standing; readonly ours: readonly Standing[] }
  | { readonly kind: 'edit'; readonly edit: EditMark; readonly created: boolean }
)

/** What is left of an edit in its trace: enough to find it again. */
export type EditMark =
  | { readonly kind: 'block'; readonly name: string }
  | { readonly kind: 'first-line'; readonly line: string }

/** A path that cannot be or was not changed, and why, as part of a sentence. */
export interface Blocked {
  readonly path: string
  readonly why: string
  readonly hint?: string
}

export interface Plan {
  /** In this order. None when all is as it should be. */
  readonly changes: readonly Change[]
  readonly blocked: readonly Blocked[]
  /** What the manifest must hold before the first change is made: all traces, also those of other parts. */
  readonly traces: readonly Trace[]
}

/** How many states of ours a trace remembers: one run may have been interrupted between two of them. */
const rememberedStates = 3

/** How many links an edit follows (Linux: 40). */
const longestChain = 40

/**
 * What must be changed so that every wish is met. Pure: the same disk gives the same plan, and on a disk where the plan
 * was carried out, or part of it, a plan holds only what is left.
 * @param traces what the manifest holds
 */
export function planFootprint(wishes: readonly Wish[], look: Look, traces: readonly Trace[] = []): Plan {
  const overlay = new Map<string, Standing>()
  const seen: Look = path => overlay.get(path) ?? look(path)
  const changes: Change[] = []
  const blocked: Blocked[] = []
  let known = traces
  for (const wish of wishes) {
    const steps = stepsFor(wish, seen)
    if (!Array.isArray(steps)) {
      blocked.push(steps)
      continue
    }
    for (const { change, trace } of steps) {
      known = withTrace(known, trace, change)
      if (sameStanding(change.before, change.after)) continue
      changes.push(change)
      overlay.set(change.path, change.after)
    }
  }
  return { changes, blocked, traces: known }
}

/**
 * The way back. What a person changed since is not put back to what it was: only our block or line goes, and a file of
 * ours that they made theirs stays; `blocked` names it, and its trace is kept for another time, as are those of the
 * directories that it keeps from going.
 * @param taken the traces to take back; `traces` of the answer are the others and those that are kept
 */
export function reverseFootprint(
  traces: readonly Trace[],
  look: Look,
  taken: (trace: Trace) => boolean = () => true,
): Plan {
  const overlay = new Map<string, Standing>()
  const seen: Look = path => overlay.get(path) ?? look(path)
  const changes: Change[] = []
  const blocked: Blocked[] = []
  const kept = new Set<Trace>()
  for (const trace of traces.filter(taken).toReversed()) {
    const now = seen(trace.path)
    const after = trace.kind === 'edit' ? withoutEdit(trace, now) : asBefore(trace, now)
    if ('why' in after) blocked.push(after)
    if ('why' in after || holdsKept(trace, kept)) kept.add(trace)
    else if (!sameStanding(now, after)) {
      changes.push({ path: trace.path, before: now, after })
      overlay.set(trace.path, after)
    }
  }
  return { changes, blocked, traces: traces.filter(trace => !taken(trace) || kept.has(trace)) }
}

/** True of a directory that we made. */
export function isDirectoryTrace(trace: Trace): boolean {
  return trace.kind === 'whole' && trace.ours.some(({ kind }) => kind === 'directory')
}

function holdsKept(trace: Trace, kept: ReadonlySet<Trace>): boolean {
  return isDirectoryTrace(trace) && [...kept].some(({ path }) => path.startsWith(`${trace.path}/`))
}

interface Step {
  readonly change: Change
  readonly trace: Trace
}

function stepsFor(wish: Wish, look: Look): Step[] | Blocked {
  const path = wish.kind === 'edit' ? followed(wish.path, look) : wish.path
  if (path === undefined) return { path: wish.path, why: 'it is a link that leads in a circle' }
  const parents = missingParents(path, look)
  if (!Array.isArray(parents)) return parents
  const before = look(path)
  const after = wish.kind === 'edit' ? withEdit(wish, path, before) : wholly(wish, before)
  if ('why' in after) return after
  const trace: Trace =
    wish.kind === 'edit'
      ? { path, part: wish.part, kind: 'edit', edit: markOf(wish.edit), created: before.kind === 'absent' }
      : { path, part: wish.part, kind: 'whole', before, ours: [after] }
  return [...parents.map(parent => directoryStep(parent, wish.part)), { change: { path, before, after }, trace }]
}

function directoryStep(path: string, part: string): Step {
  const after: Standing = { kind: 'directory', mode: 0o700 }
  return {
    change: { path, before: absent, after },
    trace: { path, part, kind: 'whole', before: absent, ours: [after] },
  }
}

/** From the top down. A link above may lead anywhere: what is below it is the system's business. */
function missingParents(path: string, look: Look): string[] | Blocked {
  const missing: string[] = []
  for (let above = dirname(path); above !== dirname(above); above = dirname(above)) {
    const { kind } = look(above)
    if (kind === 'directory' || kind === 'link') break
    if (kind !== 'absent') return { path, why: `${above} is not a directory` }
    missing.unshift(above)
  }
  return missing
}

function followed(path: string, look: Look): string | undefined {
  let at = path
  for (let i = 0; i < longestChain; i += 1) {
    const standing = look(at)
    if (standing.kind !== 'link') return at
    at = resolve(dirname(at), standing.target)
  }
  return undefined
}

/** What a whole thing of ours is to be. A directory that stands there already stays as it is. */
function wholly(wish: Exclude<Wish, { kind: 'edit' }>, before: Standing): Standing | Blocked {
  if (before.kind === 'other') return { path: wish.path, why: before.says }
  if (wish.kind === 'directory') {
    if (before.kind === 'directory') return before
    if (before.kind === 'absent') return { kind: 'directory', mode: 0o700 }
    return { path: wish.path, why: 'it is not a directory' }
  }
  if (before.kind === 'directory') return { path: wish.path, why: 'it is a directory' }
  if (wish.kind === 'link') return { kind: 'link', target: wish.target }
  return { kind: 'file', mode: wish.mode, bytes: bytesOf(inBytes(wish.text)) }
}

function withEdit(wish: Extract<Wish, { kind: 'edit' }>, path: string, before: Standing): Standing | Blocked {
  const { edit } = wish
  if (before.kind === 'other') return { path, why: before.says }
  if (before.kind !== 'file' && before.kind !== 'absent') return { path, why: 'it is not a file' }
  const text = before.kind === 'file' ? textOf(before.bytes) : ''
  const edited = guarded(path, () =>
    edit.kind === 'block'
      ? withBlock(text, { name: edit.block.name, lines: edit.block.lines.map(inBytes) })
      : withFirstLine(text, inBytes(edit.line)),
  )
  if (typeof edited !== 'string') return edited
  if (before.kind === 'absent') return { kind: 'file', mode: wish.mode, bytes: bytesOf(edited) }
  if (edited === text) return before
  if ((before.mode & 0o200) === 0) return readOnly(path)
  return { ...before, bytes: bytesOf(edited) }
}

function withoutEdit(trace: Extract<Trace, { kind: 'edit' }>, now: Standing): Standing | Blocked {
  const { path, edit } = trace
  if (now.kind === 'other') return { path, why: now.says }
  if (now.kind !== 'file') return now
  const text = textOf(now.bytes)
  const left = guarded(path, () =>
    edit.kind === 'block' ? withoutBlock(text, edit.name) : withoutLine(text, inBytes(edit.line)),
  )
  if (typeof left !== 'string') return left
  if (left === '' && trace.created) return absent
  if (left === text) return now
  return (now.mode & 0o200) === 0 ? readOnly(path) : { ...now, bytes: bytesOf(left) }
}

function readOnly(path: string): Blocked {
  return { path, why: 'it is read-only', hint: `chmod u+w '${path}'` }
}

function asBefore(trace: Extract<Trace, { kind: 'whole' }>, now: Standing): Standing | Blocked {
  if (now.kind === 'absent' && trace.before.kind === 'absent') return absent
  // One that is not empty stays: the disk decides.
  if (now.kind === 'directory' && isDirectoryTrace(trace)) return trace.before
  if (sameStanding(now, trace.before) || trace.ours.some(ours => sameStanding(ours, now))) return trace.before
  return { path: trace.path, why: now.kind === 'absent' ? 'it is gone' : 'it was changed since' }
}

/** A file that holds an unfinished block of ours is for a person to look at. */
function guarded(path: string, edit: () => string): string | Blocked {
  try {
    return edit()
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'REFUSED') throw error
    return { path, why: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
  }
}

/** Adds a trace, or what is new in it to the one that is there: what stood there first stays what stood there first. */
function withTrace(traces: readonly Trace[], trace: Trace, { before, after }: Change): readonly Trace[] {
  const at = traces.findIndex(each => keyOf(each) === keyOf(trace))
  const old = traces[at]
  if (old === undefined) {
    // What is there already, to the byte, is ours from a run whose manifest is gone; a directory may be anybody's.
    const found = sameStanding(before, after)
    if (!found || trace.kind === 'edit') return [...traces, trace]
    return after.kind === 'directory' ? traces : [...traces, { ...trace, before: absent }]
  }
  if (old.kind === 'whole') return traces.with(at, joined(old, before, after))
  return traces.with(at, { ...old, created: old.created || before.kind === 'absent' })
}

function joined(old: Extract<Trace, { kind: 'whole' }>, before: Standing, after: Standing): Trace {
  if (sameStanding(old.ours.at(-1) ?? absent, after) && sameStanding(before, after)) return old
  const known = [old.before, ...old.ours].some(each => sameStanding(each, before))
  const others = old.ours.filter(each => !sameStanding(each, after))
  return { ...old, before: known ? old.before : before, ours: [...others, after].slice(-rememberedStates) }
}

function keyOf({ path, ...trace }: Trace): string {
  return JSON.stringify(trace.kind === 'whole' ? [path] : [path, trace.edit])
}

function markOf(edit: Edit): EditMark {
  return edit.kind === 'block' ? { kind: 'block', name: edit.block.name } : edit
}
