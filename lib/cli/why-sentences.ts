import type { IgnoreReason } from '../core/ignore-rules.ts'
import type { Side } from '../core/operation.ts'
import type { HistoryRow } from '../daemon/verbs.ts'
import type { PathWhy } from '../daemon/verbs.ts'
import type { EntryInfo, PathReport } from '../sync/session-handle.ts'
import { escape } from './escape.ts'
import { haltNext, holdNext } from './hold-next.ts'
import { placeText, placeWord } from './places.ts'
import { agoText, countText, durationText } from './quantities.ts'
import { codeNext, codeText } from './system-words.ts'
import { versionText } from './version-text.ts'

/** What is to be told of one path with one host: sentences, and the commands that come next. */
export interface Told {
  readonly says: readonly string[]
  readonly next: readonly string[]
}

export interface WhyView {
  readonly userHome: string
  /** ms since 1970 */
  readonly now: number
  /** The last thing that happened there. */
  readonly last: HistoryRow | undefined
}

/** How many things of one kind are named before the rest is counted. */
const namedItems = 3

/** Says in plain sentences what state a path is in and why: what keeps all of its root first, then what stands at the path. */
export function whySentences(why: PathWhy, view: WhyView): Told {
  const parts = [ofSession(why, view), ignored(why), ...ofPath(why, view)].filter(part => part !== undefined)
  const standing = parts.length > 0 ? parts : [calm(why, view)]
  const last = lastSentence(why, view)
  return {
    says: [...standing.flatMap(({ says }) => says), ...exempt(why, view), ...(last === undefined ? [] : [last])],
    next: [...new Set(standing.flatMap(({ next }) => next))],
  }
}

function ofSession(why: PathWhy, { userHome, now }: WhyView): Told | undefined {
  const { root, host, state, since, reason, holds } = why
  const word = placeWord(userHome, root)
  const ago = agoText(since, now)
  const because = reason === undefined ? '' : `: ${escape(reason)}`
  switch (state) {
    case 'paused':
      return { says: [`The root was paused ${ago}: nothing travels.`], next: [`dsync resume ${word}`] }
    case 'disconnected':
      return {
        says: [`${escape(host)} has been out of reach for ${durationText(now - since)}${because}. Changes wait.`],
        next: [`dsync hosts check ${escape(host)}`],
      }
    case 'halted':
    case 'first-sync': {
      const held = holds.map(hold => `The root is held: ${escape(hold.why)}.`)
      const next = holds.length > 0 ? holdNext(holds, word) : haltNext(undefined, word)
      return { says: held.length > 0 ? held : [`The root is halted${because}.`], next: [next] }
    }
    case 'connecting':
    case 'scanning':
      return {
        says: [`${escape(host)} is being reached, or a side is being read: it is not known yet.`],
        next: ['dsync status'],
      }
    case 'syncing':
    case 'watching':
      return undefined
  }
}

function ignored(why: PathWhy): Told | undefined {
  const { ignoredBy, hosts } = why
  const { alpha, beta } = ignoredBy
  if (alpha !== undefined && beta !== undefined && ruleText(alpha) === ruleText(beta))
    return {
      says: [`${whatIsIgnored(why, alpha)} by ${ruleText(alpha)}: each host keeps what it has there.`],
      next: [],
    }
  const says = (['alpha', 'beta'] as const).flatMap(side => {
    const rule = ignoredBy[side]
    return rule === undefined ? [] : [`On ${escape(hosts[side])}: ${whatIsIgnored(why, rule)} by ${ruleText(rule)}.`]
  })
  return says.length === 0 ? undefined : { says, next: [] }
}

/** What a default would leave alone and does not. */
function exempt({ exemptFrom, hosts, root }: PathWhy, { userHome }: WhyView): readonly string[] {
  const [first] = (['alpha', 'beta'] as const).flatMap(side => exemptFrom[side] ?? [])
  if (first === undefined) return []
  const named = (['alpha', 'beta'] as const).flatMap(side => {
    const repository = exemptFrom[side]?.repository
    return repository === undefined ? [] : [`of ${placeText(userHome, root, repository)} on ${escape(hosts[side])}`]
  })
  const where = named.length === 0 ? 'it is, or was until lately,' : 'it is'
  const of = named.length === 0 ? '' : ` ${named.join(' and ')}`
  return [`It is not ignored by ${ruleText(first.rule)}: ${where} in git's index${of}.`]
}

function whatIsIgnored({ path }: PathWhy, { path: ignoredPath }: IgnoreReason): string {
  return path === ignoredPath ? 'It is ignored' : `It lies in ${escape(ignoredPath)}, which is ignored`
}

function ruleText({ file, line, pattern }: IgnoreReason): string {
  const rule = `the rule ${escape(pattern)}`
  if (file === 'defaults') return `${rule}, a default`
  return file === 'settings' ? `${rule} in "ignore" of config.json` : `${rule} (${escape(file)}, line ${line})`
}

function ofPath(why: PathWhy, view: WhyView): (Told | undefined)[] {
  const { about } = why
  if (about === undefined) return []
  return [
    inConflict(why, about, view),
    held(why, about, view),
    hasProblem(why, about, view),
    notTaken(why, about, view),
    waits(why, about, view),
    untracked(about, why),
  ]
}

function inConflict({ root, path }: PathWhy, { conflicts }: PathReport, { userHome, now }: WhyView): Told | undefined {
  const [first] = conflicts
  if (first === undefined) return undefined
  const at = placeWord(userHome, root, first.path)
  const next = [`dsync diff ${at}`, `dsync resolve ${at} --mine | --theirs | --newest | --both`]
  if (first.path !== path) {
    const where = conflicts.map(each => placeText(userHome, root, each.path)).slice(0, namedItems)
    return { says: [`${countText(conflicts.length, 'conflict')} near it: ${where.join(', ')}.`], next }
  }
  const each = (['alpha', 'beta'] as const).map(
    side => `${escape(first.hosts[side])} has ${versionText(first.sides[side])}`,
  )
  return {
    says: [`It was changed on both hosts ${agoText(first.since, now)} (${first.kind}): ${each.join(', ')}.`],
    next,
  }
}

function held({ root, hosts }: PathWhy, { holds }: PathReport, { userHome }: WhyView): Told | undefined {
  if (holds.length === 0) return undefined
  return {
    says: holds.map(({ guard, side, why }) => `The guard ${guard} holds it on ${escape(hosts[side])}: ${escape(why)}.`),
    next: [holdNext(holds, placeWord(userHome, root))],
  }
}

function hasProblem({ root, path, hosts }: PathWhy, { problems }: PathReport, { userHome }: WhyView): Told | undefined {
  if (problems.length === 0) return undefined
  const says = problems.slice(0, namedItems).map(problem => {
    const what = problem.path === path ? 'It' : placeText(userHome, root, problem.path)
    return `${what} cannot be synced on ${escape(hosts[problem.side])}: ${escape(codeText(problem.why))}.`
  })
  const more = problems.length > namedItems ? [`${countText(problems.length - namedItems, 'more problem')}.`] : []
  return { says: [...says, ...more], next: [codeNext(problems[0]?.why) ?? 'dsync status'] }
}

const untakenSays = { added: 'was made', changed: 'was changed', deleted: 'was deleted' } as const

function notTaken({ root, path, hosts }: PathWhy, { untaken }: PathReport, { userHome }: WhyView): Told | undefined {
  const [first] = untaken
  if (first === undefined) return undefined
  const [receiver, sender] = first.side === 'alpha' ? [hosts.alpha, hosts.beta] : [hosts.beta, hosts.alpha]
  const says = untaken.slice(0, namedItems).map(each => {
    const what = each.path === path ? 'It' : placeText(userHome, root, each.path)
    return `${what} ${untakenSays[each.how]} on ${escape(receiver)}, which only receives: ${escape(sender)} does not take it.`
  })
  const more = untaken.length > namedItems ? [`${countText(untaken.length - namedItems, 'more such change')}.`] : []
  const verb = first.side === 'alpha' ? 'pull' : 'push'
  return { says: [...says, ...more], next: [`dsync ${verb} ${placeWord(userHome, root, first.path)}`] }
}

function waits({ root, path, hosts }: PathWhy, about: PathReport, { userHome }: WhyView): Told | undefined {
  const [first, ...others] = about.waiting
  if (first === undefined) {
    if (!about.isShut) return undefined
    return { says: ['It is kept still for a moment while something else goes on there.'], next: ['dsync status'] }
  }
  const to = first.to === undefined ? 'the other host' : escape(hosts[first.to])
  const again = first.againInMs === undefined ? '' : `, for ${durationText(first.againInMs)}`
  const stages = {
    noticed: 'A change was noticed and is to be planned',
    queued: `A change waits to be sent to ${to}`,
    sent: `A change is on its way to ${to}`,
    'put-off': `${to} could not do it just now, and it was put off${again}`,
  }
  const where = first.path === path ? '' : ` (${placeText(userHome, root, first.path)})`
  const more = others.length > 0 ? ` So do ${others.length} more near it.` : ''
  return { says: [`${stages[first.stage]}${where}.${more}`], next: [`dsync sync ${placeWord(userHome, root, path)}`] }
}

const untrackedSays: Readonly<Record<string, string>> = {
  ignored: 'is ignored',
  fifo: 'is a pipe, which is not synced',
  socket: 'is a socket, which is not synced',
  device: 'is a device, which is not synced',
  kept: 'is a directory kept for what is ignored in it, unknown to the other host',
}

function untracked({ sides }: PathReport, { hosts, ignoredBy }: PathWhy): Told | undefined {
  const says = (['alpha', 'beta'] as const).flatMap(side => {
    const { kind, why = '' } = sides[side]
    // By which rule is said already.
    if (why === 'ignored' && ignoredBy[side] !== undefined) return []
    return kind === 'untracked' ? [`On ${escape(hosts[side])} it ${untrackedSays[why] ?? 'is not synced'}.`] : []
  })
  return says.length === 0 ? undefined : { says, next: [] }
}

/** Nothing keeps it: it is in sync, not there, or known to one side only. */
function calm({ about, hosts, root, path, stands, lastSyncAt }: PathWhy, { userHome, now }: WhyView): Told {
  const word = placeWord(userHome, root, path)
  if (about === undefined)
    return { says: ['Nothing is known of it while a host is not there.'], next: ['dsync status'] }
  const has = (side: Side): boolean => about.sides[side].kind !== 'absent'
  if (has('alpha') && has('beta')) {
    const below =
      about.sides.alpha.kind === 'directory' ? `, ${countText(about.entries.alpha, 'entry', 'entries')} below` : ''
    const agreed = `It is in sync: ${escape(hosts.alpha)} and ${escape(hosts.beta)} hold the same (${versionText(about.sides.alpha)}${below})`
    if (about.isEqual) return { says: [`${agreed}, as of ${agoText(lastSyncAt, now)}.`], next: [] }
    return { says: [differs(about.sides, hosts)], next: [`dsync sync ${word}`] }
  }
  const only = (['alpha', 'beta'] as const).find(has)
  if (only !== undefined) {
    return {
      says: [`Only ${escape(hosts[only])} has it, and nothing says why.`],
      next: [`dsync sync ${word} --verify`],
    }
  }
  const unnoticed = (['alpha', 'beta'] as const).filter(side => stands[side] === true)
  if (unnoticed.length === 0) return { says: ['Nothing stands there on either host.'], next: [] }
  const where = unnoticed.map(side => escape(hosts[side])).join(' and ')
  return {
    says: [`Something stands there on ${where} that was not noticed yet.`],
    next: [`dsync sync ${word} --verify`],
  }
}

function differs(sides: Readonly<Record<Side, EntryInfo>>, hosts: PathWhy['hosts']): string {
  const each = (['alpha', 'beta'] as const).map(side => `${escape(hosts[side])} has ${versionText(sides[side])}`)
  return `The hosts do not hold the same, and nothing says why: ${each.join(', ')}.`
}

function lastSentence({ root, path }: PathWhy, { last, now, userHome }: WhyView): string | undefined {
  if (last === undefined || last.root !== root) return undefined
  const on = last.on === undefined ? '' : ` on ${escape(last.on)}`
  const where = last.path === path ? '' : ` (${placeText(userHome, root, last.path)})`
  const undo = last.undo === undefined ? '' : `; dsync undo ${escape(last.undo)} brings the version before it back`
  return `The last thing that happened${where}: ${escape(last.what)}${on} ${agoText(last.at, now)}${undo}.`
}
