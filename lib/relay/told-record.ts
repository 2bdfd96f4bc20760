import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../core/errors.ts'
import type { KitHome } from '../daemon/kit-home.ts'
import { readPrivateFile } from '../daemon/private-file.ts'
import { servedRoots } from '../daemon/served-roots.ts'
import type { RootRequest } from '../protocol/handshake.ts'
import type { HubNews } from './hub-news.ts'
import { readNews } from './hub-news.ts'
import { parsedJson } from '../daemon/parsed-json.ts'

/** What is known here of a root that a hub on another host drives. */
export interface Told {
  readonly news: HubNews
  /** When it came, and the hub's clock then (ms since 1970 each). */
  readonly at: number
  readonly hubClock: number
  /** When the link to the hub was last seen to end; undefined while it stands, as far as the agent could write. */
  readonly awaySince?: number
  /** How the hub wants the root served. */
  readonly options: Readonly<Record<string, string>>
}

/** Takes what hubs tell the agents of a home; kept in `state/told`, a file for each root, for those who ask while they are away. */
export class ToldRecords {
  readonly #home: KitHome
  readonly #now: () => number
  readonly #known = new Map<string, Told>()

  constructor(home: KitHome, now: () => number) {
    this.#home = home
    this.#now = now
  }

  /**
   * Never throws for what came, nor for a disk that takes nothing: then nothing newer is known.
   * @param text the hub's clock, a blank, and JSON; undefined: the hub is away from now on
   */
  told({ root, options }: RootRequest, text: string | undefined): void {
    const known = this.#known.get(root) ?? readTold(this.#home, root)
    const next = text === undefined ? known && this.#away(known) : this.#heard(text, options)
    if (next === undefined) return
    this.#known.set(root, next)
    write(this.#home, root, next)
  }

  #heard(text: string, options: Told['options']): Told | undefined {
    const blank = text.indexOf(' ')
    const hubClock = Number(text.slice(0, blank))
    const news = readNews(parsedJson(text.slice(blank + 1)))
    return news && { news, at: this.#now(), hubClock: Number.isFinite(hubClock) ? hubClock : this.#now(), options }
  }

  #away(known: Told): Told {
    return { ...known, awaySince: this.#now() }
  }
}

/** What is known of a root; undefined when nothing was ever told, or what is written is not what was. */
export function readTold(home: KitHome, root: string): Told | undefined {
  const text = readPrivateFile(fileOf(home, root))
  const value = text === undefined ? undefined : parsedJson(text)
  if (typeof value !== 'object' || value === null) return undefined
  const { news, at, hubClock, awaySince, options } = value as Readonly<Record<string, unknown>>
  const read = readNews(news)
  if (read === undefined || typeof at !== 'number' || typeof hubClock !== 'number') return undefined
  const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string'
  return {
    ...{ news: read, at, hubClock },
    options: Object.fromEntries(Object.entries(options ?? {}).filter(isText)),
    ...(typeof awaySince === 'number' ? { awaySince } : {}),
  }
}

/** Forgets what was told of roots that are not served any more. A list that cannot be read serves nothing, and takes nothing. */
export function sweepTold(home: KitHome): void {
  const folder = join(home.state, 'told')
  try {
    const served = new Set(servedRoots(home).map(({ id }) => fileOf(home, id)))
    for (const name of readdirSync(folder)) {
      const file = join(folder, name)
      if (!served.has(file)) rmSync(file, { force: true })
    }
  } catch (error) {
    if (!refused.has(codeOf(error)) && codeOf(error) !== 'STORE_DAMAGED') throw error
  }
}

const refused: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO'])

/** Readers find the old text or the new one. It need not outlive a power cut, so nothing waits for the disk. */
function write(home: KitHome, root: string, told: Told): void {
  const file = fileOf(home, root)
  const part = `${file}.${randomBytes(6).toString('hex')}.part`
  try {
    mkdirSync(join(home.state, 'told'), { recursive: true, mode: 0o700 })
    writeFileSync(part, `${JSON.stringify(told)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(part, file)
  } catch (error) {
    if (!refused.has(codeOf(error))) throw error
    rmSync(part, { force: true })
  }
}

function fileOf(home: KitHome, root: string): string {
  return join(home.state, 'told', `${encodeURIComponent(root)}.json`)
}
