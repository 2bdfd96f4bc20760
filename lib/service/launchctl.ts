import type { JobLook } from './supervisor.ts'

type Command = readonly [program: string, ...words: string[]]

/** Where a user's jobs live: beside the windows of somebody who sits at the machine, or where only ssh leads. */
export function launchdDomains(uid: number): readonly string[] {
  return [`gui/${uid}`, `user/${uid}`]
}

/** Arguments of launchctl(1). A service target is `gui/501/dev.dsync.daemon`. */
export const launchctl = {
  print: (target: string): Command => ['launchctl', 'print', target],
  enable: (target: string): Command => ['launchctl', 'enable', target],
  bootstrap: (domain: string, file: string): Command => ['launchctl', 'bootstrap', domain, file],
  kickstart: (target: string): Command => ['launchctl', 'kickstart', target],
  bootout: (target: string): Command => ['launchctl', 'bootout', target],
} as const

/** Exit codes of launchctl that are errno of its own: no such process, under way, no such service, no such domain. */
export const launchdCodes = { gone: [3, 113, 125], underWay: 36, notNow: [5, 37] } as const

/**
 * What `launchctl print` says of a job: `key = value` lines, those of the job itself one tab in. It promises no format:
 * what is not understood is left out.
 */
export function launchdLook(text: string): JobLook {
  const values = new Map(
    text.split('\n').flatMap(line => {
      const found = /^\t(\S[^=]*?) = (.*)$/.exec(line)
      return found === null ? [] : [[found[1] ?? '', found[2] ?? ''] as const]
    }),
  )
  const pid = Number(values.get('pid') ?? 0)
  const [code, signal] = [values.get('last exit code') ?? '', values.get('last terminating signal')]
  const failed = signal !== undefined || /^[1-9]/.test(code)
  const runs = Number(values.get('runs') ?? 0)
  return {
    isLoaded: true,
    isEnabled: true,
    state: pid > 0 ? 'running' : failed ? 'waiting' : 'stopped',
    ...(pid > 0 && { pid }),
    ...(runs > 0 && { restarts: runs - 1 }),
    ...(failed && {
      lastEnd: signal === undefined ? `it ended with ${code.replace(/:.*/, '')}` : `signal ${signal} ended it`,
    }),
  }
}
