import type { Job } from './jobs.ts'
import { restartSeconds, stopSeconds } from './jobs.ts'

/** A unit file and its name. */
export interface Unit {
  readonly name: string
  readonly text: string
}

/** `dsync-daemon.service`, and with the instance of another home in it. */
export function unitName(job: Pick<Job, 'name'>, instance: string, kind: 'service' | 'timer' = 'service'): string {
  return `${['dsync', job.name, ...(instance === '' ? [] : [instance])].join('-')}.${kind}`
}

/** The unit that is enabled and started for a job: its timer, where it has one. */
export function leadingUnit(job: Job, instance: string): string {
  return unitName(job, instance, job.runs === 'always' ? 'service' : 'timer')
}

/** The user units of a job (systemd.service(5), systemd.timer(5)). */
export function systemdUnits(job: Job, instance: string): readonly Unit[] {
  const name = unitName(job, instance)
  const service = { name, text: unitText(job, name, serviceSections(job)) }
  if (job.runs === 'always') return [service]
  const timer = unitName(job, instance, 'timer')
  return [service, { name: timer, text: unitText(job, timer, timerSections(job.runs)) }]
}

type Section = readonly [name: string, ...lines: string[]]

/**
 * A stop ends the daemon alone with a signal, so that it can end what it started in order; what is left after it is
 * killed. It is never given up on (`StartLimitIntervalSec=0`): a disk that is full for an hour must not need a person.
 */
function serviceSections(job: Job): readonly Section[] {
  const environment = Object.entries(job.environment).map(
    ([name, value]) => `Environment=${quoted(`${name}=${value}`)}`,
  )
  const shared = [
    `ExecStart=${commandLine(job.command)}`,
    `WorkingDirectory=${escapeSpecifiers(job.directory)}`,
    ...environment,
    `Nice=${job.niceness}`,
    'NoNewPrivileges=yes',
    `StandardOutput=append:${escapeSpecifiers(job.log)}`,
    `StandardError=append:${escapeSpecifiers(job.log)}`,
  ]
  if (job.runs !== 'always') {
    const fine = job.fine.length === 0 ? [] : [`SuccessExitStatus=${job.fine.join(' ')}`]
    return [['Service', 'Type=oneshot', ...shared, 'IOSchedulingClass=idle', ...fine]]
  }
  return [
    [
      'Service',
      'Type=exec',
      ...shared,
      'IOSchedulingClass=best-effort',
      'IOSchedulingPriority=7',
      'Restart=on-failure',
      `RestartSec=${restartSeconds}`,
      'KillMode=mixed',
      `TimeoutStopSec=${stopSeconds}`,
    ],
    ['Install', 'WantedBy=default.target'],
  ]
}

/** A machine that was off or asleep at the time makes up for it. */
function timerSections({ hour, minute }: { readonly hour: number; readonly minute: number }): Section[] {
  const time = [hour, minute, 0].map(part => String(part).padStart(2, '0')).join(':')
  return [
    ['Timer', `OnCalendar=*-*-* ${time}`, 'RandomizedDelaySec=15min', 'Persistent=true'],
    ['Install', 'WantedBy=timers.target'],
  ]
}

function unitText(job: Job, name: string, sections: readonly Section[]): string {
  const unit: Section = [
    'Unit',
    `Description=${escapeSpecifiers(job.says)}`,
    ...(job.runs === 'always' ? ['StartLimitIntervalSec=0'] : []),
  ]
  return [
    '# Made by dsync service install, which takes changes back. Variables go into the file env of its home, other changes',
    `# into a drop-in: systemctl --user edit ${name}`,
    ...[unit, ...sections].flatMap(([section, ...lines]) => [`[${section}]`, ...lines, '']),
  ].join('\n')
}

/** `%` begins a specifier everywhere. */
function escapeSpecifiers(text: string): string {
  return text.replaceAll('%', '%%')
}

/** The path of a program must hold neither quotes nor `\\`, and no `$` in it is doubled: sh starts one that does. */
function commandLine([program, ...words]: Job['command']): string {
  if (!/["'\\$]/.test(program)) return [commandPath(program), ...words.map(commandWord)].join(' ')
  return ['/bin/sh -c', quoted('exec "$$0" "$$@"'), ...[program, ...words].map(commandWord)].join(' ')
}

function commandPath(path: string): string {
  return isPlain(path) ? path : quoted(path)
}

function isPlain(text: string): boolean {
  return /^[\w@+=:,./-]+$/.test(text)
}

/** One word of a command line: `$` would take a variable's value (systemd.service(5), COMMAND LINES). */
function commandWord(text: string): string {
  const word = text.replaceAll('$', '$$$$')
  return isPlain(text) ? word : quoted(word)
}

/** In double quotes, where C escapes count (systemd.syntax(7), QUOTING). */
function quoted(text: string): string {
  return `"${escapeSpecifiers(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
