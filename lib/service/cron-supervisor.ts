import { SyncError } from '../core/errors.ts'
import { blockIn, withBlock, withoutBlock } from '../kit/marked-block.ts'
import { crontabLines } from './crontab-lines.ts'
import type { Job } from './jobs.ts'
import { saidBy } from './run-tool.ts'
import type { ServicePlace } from './service-place.ts'
import { instanceOf } from './service-place.ts'
import type { JobLook, RunTool, ServiceFile, ServiceLink, Supervisor } from './supervisor.ts'

/** What cron cannot do: it starts programs at times and knows nothing of them afterwards. */
export interface Hands {
  /** The process number of the daemon of this home, while it runs. */
  readonly pid: () => number | undefined
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** For hosts with neither launchd nor systemd: cron starts the daemon at boot, and looks now and then whether it crashed. */
export class CronSupervisor implements Supervisor {
  readonly kind = 'cron'
  readonly files: readonly ServiceFile[] = []
  readonly links: readonly ServiceLink[] = []
  readonly stamps: readonly string[] = []
  readonly #run: RunTool
  readonly #hands: Hands
  readonly #name: string
  readonly #lines: readonly string[]

  constructor(
    place: ServicePlace,
    jobs: readonly Job[],
    { run, hands }: { readonly run: RunTool; readonly hands: Hands },
  ) {
    const instance = instanceOf(place)
    this.#name = instance === '' ? 'dsync service' : `dsync service ${instance}`
    this.#lines = crontabLines(jobs)
    this.#run = run
    this.#hands = hands
  }

  async look(): Promise<JobLook> {
    const pid = this.#hands.pid()
    const isLoaded = blockIn(await this.#read(), this.#name) !== undefined
    return {
      isLoaded,
      isEnabled: isLoaded,
      state: pid === undefined ? 'stopped' : 'running',
      ...(pid !== undefined && { pid }),
    }
  }

  /** The crontab as it is, and as it is to be. */
  async change(): Promise<{ readonly before: string; readonly after: string }> {
    const before = await this.#read()
    return { before, after: withBlock(before, { name: this.#name, lines: this.#lines }) }
  }

  async load(): Promise<void> {
    const { before, after } = await this.change()
    if (after !== before) await this.#write(after)
  }

  async unload(): Promise<void> {
    await this.#hands.stop()
    const before = await this.#read()
    const after = withoutBlock(before, this.#name)
    if (after !== before) await this.#write(after)
  }

  async forget(): Promise<void> {}

  start(): Promise<void> {
    return this.#hands.start()
  }

  stop(): Promise<void> {
    return this.#hands.stop()
  }

  /** '' where the person has none yet: crontab(1) says so with exit code 1. */
  async #read(): Promise<string> {
    const end = await this.#run(['crontab', '-l'])
    if (end === undefined) throw new SyncError('REFUSED', 'Cannot read your crontab: there is no crontab here')
    if (end.code === 0) return end.stdout
    if (/\bno crontab for\b/i.test(end.stderr)) return ''
    throw new SyncError('REFUSED', `Cannot read your crontab: ${saidBy(end)}`, { hint: 'crontab -l' })
  }

  async #write(text: string): Promise<void> {
    const end = await (text === '' ? this.#run(['crontab', '-r']) : this.#run(['crontab', '-'], text))
    if (end?.code === 0) return
    const why = end === undefined ? 'there is no crontab here' : saidBy(end)
    throw new SyncError('REFUSED', `Cannot write your crontab: ${why}`, { hint: 'crontab -e' })
  }
}
