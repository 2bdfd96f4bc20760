import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { SyncError } from '../core/errors.ts'
import type { Job } from './jobs.ts'
import { launchctl, launchdCodes, launchdDomains, launchdLook } from './launchctl.ts'
import { launchdLabel, launchdPlist } from './launchd-plist.ts'
import { saidBy } from './run-tool.ts'
import type { ServicePlace } from './service-place.ts'
import { instanceOf } from './service-place.ts'
import type { JobLook, RunTool, ServiceFile, ServiceLink, Supervisor, ToolEnd } from './supervisor.ts'

/** How often what is still under way is tried again, and how long to wait between (ms). */
const tries = 40
const betweenMs = 250

export interface LaunchdOptions {
  readonly uid: number
  readonly run: RunTool
  /** Between two looks (ms). */
  readonly pauseMs?: number
}

/** Keeps the service up with launchd. Written from its manual and from what others measured; not run on macOS. */
export class LaunchdSupervisor implements Supervisor {
  readonly kind = 'launchd'
  readonly files: readonly ServiceFile[]
  readonly links: readonly ServiceLink[] = []
  readonly stamps: readonly string[] = []
  readonly #run: RunTool
  readonly #domains: readonly string[]
  /** Label and file of each job, the daemon's first. */
  readonly #jobs: readonly { readonly label: string; readonly file: string }[]
  readonly #pauseMs: number

  constructor(place: ServicePlace, jobs: readonly Job[], { uid, run, pauseMs = betweenMs }: LaunchdOptions) {
    const instance = instanceOf(place)
    const folder = join(place.userHome, 'Library/LaunchAgents')
    const all = jobs.map(job => {
      const label = launchdLabel(job, instance)
      return { label, file: join(folder, `${label}.plist`), text: launchdPlist(job, instance) }
    })
    this.files = all.map(({ file, text }) => ({ path: file, text }))
    this.#jobs = all
    this.#run = run
    this.#domains = launchdDomains(uid)
    this.#pauseMs = pauseMs
  }

  async look(): Promise<JobLook> {
    return (await this.#found(this.#daemon.label))?.look ?? { isLoaded: false, isEnabled: false, state: 'stopped' }
  }

  /** A job that is loaded holds its file as it was then: it is unloaded first. */
  async load(): Promise<void> {
    for (const job of this.#jobs) {
      await this.#bootout(job.label)
      if (job !== this.#daemon) await this.#bootstrap(job)
    }
  }

  async unload(): Promise<void> {
    for (const { label } of this.#jobs) await this.#bootout(label)
  }

  async forget(): Promise<void> {}

  /** Loading starts the daemon. One that was loaded and ended well, or waits after a failure, is kicked. */
  async start(): Promise<void> {
    const found = await this.#found(this.#daemon.label)
    if (found?.look.state === 'running') return
    const domain = found?.domain ?? (await this.#bootstrap(this.#daemon))
    await this.#ask(launchctl.kickstart(`${domain}/${this.#daemon.label}`))
  }

  /** A job that stays loaded would be started again while it waits after a failure. It comes back at the next login. */
  async stop(): Promise<void> {
    await this.#bootout(this.#daemon.label)
  }

  get #daemon(): { readonly label: string; readonly file: string } {
    const [daemon] = this.#jobs
    if (daemon === undefined) throw new SyncError('INVARIANT', 'A service has a daemon', { verdict: 'bug' })
    return daemon
  }

  async #found(label: string): Promise<{ readonly domain: string; readonly look: JobLook } | undefined> {
    for (const domain of this.#domains) {
      const end = await this.#tool(launchctl.print(`${domain}/${label}`))
      if (end.code === 0) return { domain, look: launchdLook(end.stdout) }
    }
    return undefined
  }

  /** In the first domain there is: over ssh, with nobody at the machine, the one with windows does not exist. */
  async #bootstrap({ label, file }: { readonly label: string; readonly file: string }): Promise<string> {
    const there = await this.#tool(launchctl.print(this.#domains[0] ?? ''))
    const domain = (there.code === 0 ? this.#domains[0] : this.#domains.at(-1)) ?? ''
    await this.#tool(launchctl.enable(`${domain}/${label}`))
    for (let i = 1; ; i++) {
      const end = await this.#tool(launchctl.bootstrap(domain, file))
      const isLoaded = end.code === 0 || (await this.#found(label)) !== undefined
      if (isLoaded) return domain
      const mayPass = launchdCodes.notNow.some(code => code === end.code)
      if (!mayPass || i === tries) throw refusal(launchctl.bootstrap(domain, file), end)
      await setTimeout(this.#pauseMs)
    }
  }

  /** Out of every domain, and until it is out: what drains still answers, and cannot be loaded. */
  async #bootout(label: string): Promise<void> {
    for (const domain of this.#domains) {
      const command = launchctl.bootout(`${domain}/${label}`)
      const end = await this.#tool(command)
      if (launchdCodes.gone.some(code => code === end.code)) continue
      if (end.code !== 0 && end.code !== launchdCodes.underWay) throw refusal(command, end)
      for (let i = 0; i < tries && (await this.#tool(launchctl.print(`${domain}/${label}`))).code === 0; i++) {
        await setTimeout(this.#pauseMs)
      }
    }
  }

  async #ask(command: readonly [string, ...string[]]): Promise<void> {
    const end = await this.#tool(command)
    if (end.code !== 0) throw refusal(command, end)
  }

  async #tool(command: readonly [string, ...string[]]): Promise<ToolEnd> {
    const end = await this.#run(command)
    if (end === undefined) throw new SyncError('REFUSED', 'Cannot reach launchd: there is no launchctl here')
    return end
  }
}

function refusal(command: readonly [string, ...string[]], end: ToolEnd): SyncError {
  return new SyncError('REFUSED', `Cannot ${command[1] ?? ''} the service: launchd says: ${saidBy(end)}`, {
    hint: command.join(' '),
  })
}
