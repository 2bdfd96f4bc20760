import type { OpenLink } from '../ports/link.ts'
import { canRunAgent, canRunKit, canServeKit, refuseSystem, sendRuntime } from '../remote/send-runtime.ts'
import type { ScriptReach } from '../remote/send-runtime.ts'
import type { Survey } from '../remote/survey.ts'
import type { FetchOptions } from './fetch-runtime.ts'
import { fetchRuntime } from './fetch-runtime.ts'
import { isNewer } from './release.ts'
import type { Release } from './release.ts'
import { runtimePackages } from './runtime-packages.ts'
import type { SentRelease } from './send-release.ts'
import { refuseNewer, sendRelease } from './send-release.ts'
import { installShellThere, uninstallHost } from './installer-there.ts'

/** What goes on while a host is equipped. */
export type EquipStep =
  | { readonly step: 'fetching'; readonly what: string }
  | { readonly step: 'sending'; readonly what: string; readonly sent: number; readonly total: number }
  | { readonly step: 'placing'; readonly what: string }

/** What was put on a host; a part that was there already is absent. */
export interface Equipment {
  /** As in `node 24.21.0`. */
  readonly runtime?: string
  readonly kit?: SentRelease
}

export interface EquipOptions {
  readonly host: string
  readonly reach: ScriptReach
  /** Looks the host over. */
  readonly survey: () => Promise<Survey>
  /** Reaches its agent, started as `receive`. */
  readonly openAgent: OpenLink
  readonly fetching: Omit<FetchOptions, 'asking'>
  /** The kit for a platform, and where its files lie here; undefined where none is wanted. */
  readonly kit: { readonly releaseFor: (platform: string) => Release; readonly folder: string } | undefined
  /** Let the installer there write what its shells read. */
  readonly wantsShell: boolean
  readonly tell: (step: EquipStep) => void
  readonly signal: AbortSignal
}

/**
 * Puts on another host what it lacks to be one of ours, in two steps between which it can be asked who it is: a runtime,
 * without which there is no agent, and the kit. Each may be called again, and changes nothing then.
 */
export class HostEquipment {
  readonly #options: EquipOptions
  #survey: Survey | undefined
  #brought: string | undefined

  constructor(options: EquipOptions) {
    this.#options = options
  }

  /** The host as it was before. Throws as `takeSurvey` does. */
  async survey(): Promise<Survey> {
    this.#survey ??= await this.#options.survey()
    return this.#survey
  }

  /** Brings a Node where none runs the agent, or the kit that is wanted. Throws VERSION, before that, where the kit is newer. */
  async bringRuntime(): Promise<void> {
    const { host, kit, wantsShell } = this.#options
    const survey = await this.survey()
    if (kit === undefined && canRunAgent(survey)) return
    if (kit !== undefined) {
      refuseNewer(host, survey.kit.release, kit.releaseFor(survey.system.platform).name)
      const isServed = wantsShell ? canServeKit(survey) : canRunKit(survey)
      if (isServed && !this.#isOutdated(survey)) return
    }
    if (this.#brought === undefined) await this.#sendRuntime(survey)
  }

  /** Puts the kit there, if it is wanted. */
  async bringKit(): Promise<Equipment> {
    const { host, kit, tell, openAgent, signal } = this.#options
    const runtime = this.#brought === undefined ? {} : { runtime: `node ${this.#brought}` }
    if (kit === undefined) return runtime
    const release = kit.releaseFor((await this.survey()).system.platform)
    tell({ step: 'placing', what: `dsync ${release.name}` })
    const { clock } = this.#options.reach
    const sent = await sendRelease(openAgent, { host, release, folder: kit.folder, clock, signal })
    if (this.#options.wantsShell) {
      tell({ step: 'placing', what: 'shell functions' })
      await installShellThere(this.#options.reach)
    }
    return { ...runtime, kit: sent }
  }

  /** The reverse of both. @param isPurge its settings, records and trash go, too */
  async takeAway(isPurge: boolean): Promise<void> {
    await uninstallHost(this.#options.reach, isPurge)
  }

  /** One that we brought, of before the one that is pinned now. */
  #isOutdated({ runtimes, kit, system }: Survey): boolean {
    const pinned = runtimePackages[system.platform]?.version
    const own = runtimes.filter(({ path }) => path.startsWith(`${kit.home}/runtime/`))
    return pinned !== undefined && own.length > 0 && own.every(({ version }) => isNewer(pinned, version))
  }

  async #sendRuntime(survey: Survey): Promise<void> {
    const { host, reach, fetching, tell } = this.#options
    refuseSystem(host, survey)
    const asking = ({ name, version }: { readonly name: string; readonly version: string }): void =>
      tell({ step: 'fetching', what: `${name} ${version}` })
    const runtime = await fetchRuntime(survey.system.platform, { ...fetching, asking })
    const what = `Node ${runtime.version}`
    await sendRuntime(reach, runtime, {
      isZipped: survey.programs['gzip'] !== undefined,
      progress: ({ sent, total }) => tell({ step: 'sending', what, sent, total }),
    })
    this.#brought = runtime.version
  }
}
