import type { Job } from './jobs.ts'

/** How often cron looks whether the daemon is there (minutes): seldom enough to cost nothing, often enough to heal. */
const lookMinutes = 5

/**
 * The lines of our block in a person's crontab (crontab(5)). cron keeps nothing up: it starts the daemon when the system
 * starts, and looks now and then whether it ended otherwise than by `dsync stop`. Variables stand in the lines: a
 * setting of their own would count for the lines of others below.
 */
export function crontabLines(jobs: readonly Job[]): string[] {
  return jobs.flatMap(job => {
    if (job.runs !== 'always')
      return [`${job.runs.minute} ${job.runs.hour} * * * ${commandLine(job, job.command, job.log)}`]
    const [program] = job.command
    return [
      `@reboot ${commandLine(job, [program, 'start'])}`,
      `*/${lookMinutes} * * * * ${commandLine(job, [program, 'start', '--unless-stopped'])}`,
    ]
  })
}

/** What is printed would be mailed to somebody each time. What a start says is in the daemon's log already. */
function commandLine(job: Job, command: readonly string[], log = '/dev/null'): string {
  const environment = Object.entries(job.environment).map(([name, value]) => `${name}=${cronWord(value)}`)
  const words = ['nice', '-n', String(job.niceness), ...command].map(cronWord)
  return [...environment, ...words, `>>${cronWord(log)}`, '2>&1'].join(' ')
}

/** One word for sh (POSIX.1-2017 2.2.2); cron takes `%` for the end of a line unless a backslash stands before it. */
function cronWord(text: string): string {
  const word = /^[\w@+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
  return word.replaceAll('%', String.raw`\%`)
}
