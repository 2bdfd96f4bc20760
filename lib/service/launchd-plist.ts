import type { Job } from './jobs.ts'
import { stopSeconds, throttleSeconds } from './jobs.ts'

type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value }

/** `dev.dsync.daemon`, and with the instance of another home behind it. */
export function launchdLabel(job: Pick<Job, 'name'>, instance: string): string {
  return ['dev.dsync', job.name, ...(instance === '' ? [] : [instance])].join('.')
}

/**
 * A launchd agent (launchd.plist(5)). `KeepAlive` with `SuccessfulExit` false also starts it at login. Not
 * `ProcessType` Background for the daemon: that coalesces its timers and takes its disk away, and an edit would take
 * seconds; it is nice instead. Over ssh, where nobody sits at the machine, only `Background` sessions exist.
 */
export function launchdPlist(job: Job, instance: string): string {
  const when: Readonly<Record<string, Value>> =
    job.runs === 'always'
      ? {
          RunAtLoad: true,
          KeepAlive: { SuccessfulExit: false },
          ThrottleInterval: throttleSeconds,
          ExitTimeOut: stopSeconds,
          ProcessType: 'Standard',
        }
      : {
          StartCalendarInterval: { Hour: job.runs.hour, Minute: job.runs.minute },
          ProcessType: 'Background',
          LowPriorityIO: true,
        }
  const text = plistText({
    Label: launchdLabel(job, instance),
    ProgramArguments: job.command,
    EnvironmentVariables: job.environment,
    WorkingDirectory: job.directory,
    ...when,
    Nice: job.niceness,
    LimitLoadToSessionType: ['Aqua', 'Background'],
    StandardOutPath: job.log,
    StandardErrorPath: job.log,
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    `<!-- ${job.says}. Made by dsync service install, which takes changes back; variables go into the file env of its home. -->`,
    '<plist version="1.0">',
    ...text,
    '</plist>',
    '',
  ].join('\n')
}

function plistText(value: Value): string[] {
  if (typeof value === 'string') return [`<string>${xmlText(value)}</string>`]
  if (typeof value === 'number') return [`<integer>${value}</integer>`]
  if (typeof value === 'boolean') return [value ? '<true/>' : '<false/>']
  return isList(value)
    ? ['<array>', ...indented(value.flatMap(plistText)), '</array>']
    : ['<dict>', ...indented(Object.entries(value).flatMap(([key, each]) => entryText(key, each))), '</dict>']
}

function entryText(key: string, value: Value): string[] {
  return [`<key>${xmlText(key)}</key>`, ...plistText(value)]
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

function indented(lines: readonly string[]): string[] {
  return lines.map(line => `  ${line}`)
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
