import type { JobLook, JobState } from './supervisor.ts'

type Command = readonly [program: string, ...words: string[]]

/** Arguments of systemctl(1) for the manager of one user. */
export const systemctl = {
  /** Of the whole machine: `offline` where something else has started it. */
  state: (): Command => ['systemctl', 'is-system-running'],
  ready: (): Command => ['systemctl', '--user', 'show-environment'],
  reload: (): Command => ['systemctl', '--user', 'daemon-reload'],
  enable: (units: readonly string[]): Command => ['systemctl', '--user', 'enable', '--quiet', ...units],
  disable: (units: readonly string[]): Command => ['systemctl', '--user', 'disable', '--quiet', '--now', ...units],
  start: (units: readonly string[]): Command => ['systemctl', '--user', 'start', ...units],
  stop: (units: readonly string[]): Command => ['systemctl', '--user', 'stop', ...units],
  /** A unit that was given up on is forgotten to have failed. */
  forgive: (unit: string): Command => ['systemctl', '--user', 'reset-failed', unit],
  show: (unit: string): Command => ['systemctl', '--user', 'show', `--property=${shown.join(',')}`, unit],
} as const

const shown = [
  'LoadState',
  'ActiveState',
  'SubState',
  'MainPID',
  'NRestarts',
  'UnitFileState',
  'Result',
  'ExecMainCode',
  'ExecMainStatus',
] as const

/** What `systemctl show` says of a unit: `NAME=value` lines in any order. */
export function unitLook(text: string): JobLook {
  const values = new Map(
    text.split('\n').flatMap(line => {
      const at = line.indexOf('=')
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
    }),
  )
  const pid = Number(values.get('MainPID') ?? 0)
  const lastEnd = endText(values)
  return {
    isLoaded: values.get('LoadState') === 'loaded',
    isEnabled: values.get('UnitFileState') === 'enabled',
    state: stateOf(values.get('ActiveState') ?? '', values.get('SubState') ?? ''),
    ...(pid > 0 && { pid }),
    restarts: Number(values.get('NRestarts') ?? 0),
    ...(lastEnd !== undefined && { lastEnd }),
  }
}

function stateOf(active: string, sub: string): JobState {
  if (sub === 'auto-restart') return 'waiting'
  if (active === 'failed') return 'failed'
  return active === 'active' || active === 'activating' || active === 'reloading' ? 'running' : 'stopped'
}

/** `CLD_EXITED` and its like (waitid(2)): 1 exited, 2 and 3 by a signal. */
function endText(values: ReadonlyMap<string, string>): string | undefined {
  const [code, status] = [values.get('ExecMainCode'), values.get('ExecMainStatus')]
  if (values.get('Result') === 'success' || code === undefined || code === '0') return undefined
  return code === '1' ? `it ended with ${status}` : `signal ${status} ended it`
}
