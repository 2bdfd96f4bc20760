import type { DaemonStatus } from './verbs.ts'

/** As much of a daemon's status as a prompt has room for. */
export type PromptStatus = Pick<DaemonStatus, 'sessions' | 'failed' | 'config' | 'logDropped'>

/**
 * What a shell's prompt says of a daemon: a few words for what waits for a person, the gravest first, `''` when nothing
 * does. Only letters, digits, spaces, commas, `.`, `_` and `-`: nothing that a shell or a terminal reads otherwise.
 */
export function promptText({ sessions, failed, config, logDropped }: PromptStatus): string {
  const sum = (count: (session: PromptStatus['sessions'][number]) => number): number =>
    sessions.reduce((total, session) => total + count(session), 0)
  const held = sessions.some(({ holds }) => holds.length > 0)
  const halted = sessions.some(({ state, holds }) => state === 'halted' && holds.length === 0)
  const away = new Set(sessions.filter(isAway).map(({ host }) => host))
  return [
    ...(halted ? ['halted'] : []),
    ...(held ? ['held'] : []),
    ...counted(
      sum(({ conflicts }) => conflicts),
      'conflict',
    ),
    ...(config.length > 0 ? ['settings'] : []),
    ...counted(failed.length, 'root', 'not open'),
    ...counted(
      sum(({ problems }) => problems.total),
      'problem',
    ),
    ...(logDropped > 0 ? ['log'] : []),
    ...(sessions.some(({ state }) => state === 'paused') ? ['paused'] : []),
    ...awayWords([...away]),
  ].join(', ')
}

/** A host that is tried again is still away. */
function isAway({ state, why }: PromptStatus['sessions'][number]): boolean {
  return state === 'disconnected' || (state === 'connecting' && why !== undefined)
}

function awayWords(hosts: readonly string[]): string[] {
  const [host, ...others] = hosts
  if (host === undefined) return []
  return [others.length > 0 ? `${hosts.length} hosts away` : `${host.replace(/[^A-Za-z0-9._-]/g, '_')} away`]
}

function counted(count: number, noun: string, after = ''): string[] {
  if (count === 0) return []
  return [`${count} ${noun}${count === 1 ? '' : 's'}${after === '' ? '' : ` ${after}`}`]
}

/** How often the daemon says that it is alive (s), and after how long a shell must not believe it any more (s). */
export const promptBeatSeconds = 60
export const promptStaleSeconds = 200

/** The file's one line: when it was written (s since 1970), by which process (0: it has stopped), and the text. */
export function promptLine(seconds: number, pid: number, text: string): string {
  return `${Math.floor(seconds)} ${pid} ${text}\n`
}
