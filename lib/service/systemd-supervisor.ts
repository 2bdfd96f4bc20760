import { join } from 'node:path'
import { SyncError } from '../core/errors.ts'
import type { Job } from './jobs.ts'
import { saidBy } from './run-tool.ts'
import type { ServicePlace } from './service-place.ts'
import { instanceOf } from './service-place.ts'
import type { JobLook, RunTool, ServiceFile, ServiceLink, Supervisor, ToolEnd } from './supervisor.ts'
import { systemctl, unitLook } from './systemctl.ts'
import { leadingUnit, systemdUnits, unitName } from './systemd-units.ts'

/** Keeps the service up with the systemd of its user. */
export class SystemdSupervisor implements Supervisor {
  readonly kind = 'systemd'
  readonly files: readonly ServiceFile[]
  readonly links: readonly ServiceLink[]
  readonly stamps: readonly string[]
  readonly #run: RunTool
  readonly #daemon: string
  /** What is enabled: the daemon and the timers. */
  readonly #leading: readonly string[]
  readonly #timers: readonly string[]

  constructor(place: ServicePlace, jobs: readonly Job[], run: RunTool) {
    const instance = instanceOf(place)
    const folder = join(place.userHome, '.config/systemd/user')
    this.files = jobs
      .flatMap(job => systemdUnits(job, instance))
      .map(({ name, text }) => ({ path: join(folder, name), text }))
    this.links = jobs.map(job => {
      const unit = leadingUnit(job, instance)
      const target = unit.endsWith('.timer') ? 'timers.target.wants' : 'default.target.wants'
      return { path: join(folder, target, unit), target: join(folder, unit) }
    })
    this.#run = run
    this.#daemon = unitName({ name: 'daemon' }, instance)
    this.#leading = jobs.map(job => leadingUnit(job, instance))
    this.#timers = this.#leading.filter(unit => unit.endsWith('.timer'))
    this.stamps = this.#timers.map(timer => join(place.userHome, '.local/share/systemd/timers', `stamp-${timer}`))
  }

  async look(): Promise<JobLook> {
    return unitLook((await this.#ask(systemctl.show(this.#daemon))).stdout)
  }

  async load(): Promise<void> {
    await this.#ask(systemctl.reload())
    await this.#ask(systemctl.enable(this.#leading))
    await this.#ask(systemctl.start(this.#timers))
  }

  async unload(): Promise<void> {
    if ((await this.look()).isLoaded) await this.#ask(systemctl.disable(this.#leading))
    await this.#run(systemctl.forgive(this.#daemon))
  }

  async forget(): Promise<void> {
    await this.#ask(systemctl.reload())
  }

  async start(): Promise<void> {
    await this.#ask(systemctl.start([this.#daemon]))
  }

  async stop(): Promise<void> {
    await this.#ask(systemctl.stop([this.#daemon]))
  }

  async #ask(command: readonly [string, ...string[]]): Promise<ToolEnd> {
    const end = await this.#run(command)
    if (end?.code === 0) return end
    const why = end === undefined ? 'there is no systemctl here' : saidBy(end)
    throw new SyncError('REFUSED', `Cannot ${command[2] ?? ''} the service: systemd says: ${why}`, {
      hint: command.join(' '),
    })
  }
}
