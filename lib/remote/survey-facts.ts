import type {
  ClockFacts,
  EnvironmentFacts,
  FileFacts,
  MacFacts,
  PlaceFacts,
  ProgramFacts,
  RuntimeFacts,
  Survey,
  SystemFacts,
  UserFacts,
  WatchFacts,
} from './survey.ts'

/** One reading of the other clock: when it was asked for and when its answer came (ms since 1970, our clock), and what came. */
export interface ClockReading {
  readonly asked: number
  readonly came: number
  readonly said: string
}

/** What the lines of a survey mean. Lines that mean nothing are passed over: another machine wrote them. */
export function surveyOf(lines: readonly string[], readings: readonly ClockReading[]): Survey {
  const said = new Said(lines)
  const unfinished = unfinishedOf(said)
  const clock = clockOf(readings)
  const watches = watchesOf(said)
  const mac = macOf(said)
  return {
    isWhole: lines.includes('end') && unfinished.length === 0,
    unfinished,
    system: systemOf(said),
    user: userOf(said),
    environment: environmentOf(said),
    kit: {
      home: said.text('kit.home') ?? '',
      ...given('id', /^[0-9a-f]{32}$/.exec(said.text('kit.id') ?? '')?.[0]),
      ...given('release', said.text('kit.release')),
      ...given('version', /"version": *"([^"]+)"/.exec(said.text('kit.version') ?? '')?.[1]),
    },
    programs: programsOf(said),
    runtimes: runtimesOf(said),
    places: placesOf(said),
    files: said.all('file').flatMap(fileOf),
    ...given('watches', watches),
    ...given('clock', clock),
    ...given('mac', mac),
  }
}

/** Lines as keys and values. */
class Said {
  readonly #values = new Map<string, string[]>()

  constructor(lines: readonly string[]) {
    for (const line of lines) {
      const at = line.indexOf(' ')
      const [key, value] = at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1).trim()]
      if (value === '') continue
      const known = this.#values.get(key)
      if (known === undefined) this.#values.set(key, [value])
      else known.push(value)
    }
  }

  all(key: string): readonly string[] {
    return this.#values.get(key) ?? []
  }

  text(key: string): string | undefined {
    return this.all(key)[0]
  }

  number(key: string): number | undefined {
    return numberOf(this.text(key))
  }

  /** The last value that stands under a key for something: `place.space root.0 …`. */
  of(key: string, name: string): string | undefined {
    return this.all(key)
      .findLast(value => value.startsWith(`${name} `))
      ?.slice(name.length + 1)
      .trim()
  }
}

function unfinishedOf(said: Said): string[] {
  const ended = new Set(said.all('done'))
  return said.all('begun').filter(probe => !ended.has(probe))
}

const machines: Readonly<Record<string, string>> = {
  x86_64: 'x64',
  amd64: 'x64',
  aarch64: 'arm64',
  arm64: 'arm64',
  armv7l: 'arm',
  armv6l: 'arm',
  i686: 'ia32',
  i386: 'ia32',
}

function systemOf(said: Said): SystemFacts {
  const name = (said.text('system.name') ?? 'unknown').toLowerCase()
  const machine = said.text('system.machine') ?? 'unknown'
  const bits = said.number('system.bits')
  const processor = machines[machine] ?? machine
  // A kernel may be of 64 bits where the programs are not: what runs there is what counts.
  const narrow: Readonly<Record<string, string>> = { x64: 'ia32', arm64: 'arm' }
  const runs = name === 'linux' && bits === 32 ? (narrow[processor] ?? processor) : processor
  return {
    name,
    platform: `${name}-${runs}`,
    release: said.text('system.release') ?? '',
    ...given('bits', bits),
    ...given('libc', said.text('system.libc')),
    hasSystemd: said.text('systemd') === 'yes',
    lingers: said.text('linger') === 'yes',
  }
}

function userOf(said: Said): UserFacts {
  const umask = said.text('umask')
  return {
    ...given('id', said.number('user.id')),
    ...given('name', said.text('user.name')),
    home: said.text('user.home') ?? '',
    shell: said.text('user.shell') ?? '',
    ...(umask !== undefined && /^[0-7]{1,4}$/.test(umask) && { umask: Number.parseInt(umask, 8) }),
  }
}

function environmentOf(said: Said): EnvironmentFacts {
  const socket = said.text('agent.socket')
  const answer = said.number('agent.answer')
  const state = answer === 0 ? 'keys' : answer === 1 ? 'empty' : 'gone'
  return {
    path: (said.text('path') ?? '').split(':').filter(directory => directory !== ''),
    locale: said.text('locale.set') ?? '',
    ...given('charmap', said.text('locale.charmap')),
    ...given('openFiles', said.number('files')),
    ...given('temporary', said.text('tmpdir')),
    ...(socket !== undefined && { agent: { socket, state } as const }),
  }
}

function programsOf(said: Said): Record<string, ProgramFacts> {
  const path = environmentOf(said).path
  const found: Record<string, ProgramFacts> = Object.create(null)
  for (const line of said.all('program')) {
    const [, name, program] = /^(\S+) (\/.+)$/.exec(line) ?? []
    if (name === undefined || program === undefined) continue
    const directory = program.slice(0, program.lastIndexOf('/')) || '/'
    found[name] = {
      path: program,
      ...given('version', said.of('version', name)),
      isOnPath: path.some(each => each.replace(/(.)\/+$/, '$1') === directory),
    }
  }
  return found
}

function runtimesOf(said: Said): RuntimeFacts[] {
  const found = said.all('runtime').flatMap((line): RuntimeFacts[] => {
    const [, kind, version, path] = /^(node|deno) (?:v|deno )(\d+\.\d+\.\d+)\S*(?: \(.*\))? (\/.+)$/.exec(line) ?? []
    return version === undefined || path === undefined
      ? []
      : [{ kind: kind === 'deno' ? 'deno' : 'node', version, path }]
  })
  return found.filter(({ path }, i) => found.findIndex(other => other.path === path) === i)
}

function placesOf(said: Said): PlaceFacts[] {
  const order = said.all('begun').flatMap(probe => /^place (\S+) /.exec(probe)?.[1] ?? [])
  const found = said.all('place').flatMap((line): PlaceFacts[] => {
    const [, name, path] = /^(\S+) (\/.*)$/.exec(line) ?? []
    if (name === undefined || path === undefined) return []
    const written = said.of('try.write', name)
    const inside = /^(\d+)( more)?$/.exec(said.of('inside', name) ?? '')
    const folds = said.of('place.folds', name)
    return [
      {
        name,
        path,
        exists: said.of('place.missing', name) === undefined,
        isWritable: said.of('place.writable', name) === 'yes',
        isListed: said.of('place.listed', name) === 'yes',
        ...spaceOf(said.of('place.space', name) ?? ''),
        ...given('freeInodes', inodesOf(said.of('place.inodes', name) ?? '')),
        ...given('fileSystem', /^(\w+)/.exec(said.of('place.mount', name) ?? '')?.[1]),
        ...(folds !== undefined && { foldsCase: folds === 'yes' }),
        ...(written !== undefined && {
          trial: { isWritten: written === 'yes', isRun: said.of('try.run', name) === 'yes' },
        }),
        ...(inside !== null && { directories: { count: Number(inside[1]), isAll: inside[2] === undefined } }),
        ...given('attributes', numberOf(said.of('extras.attributes', name))),
        ...given('accessLists', numberOf(said.of('extras.acls', name))),
      },
    ]
  })
  return found.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
}

/** Of `df -P` in kilobytes, with the type of the file system before them where it told that. Its lines end with CR here. */
function spaceOf(table: string): Pick<PlaceFacts, 'totalBytes' | 'freeBytes' | 'fileSystem'> {
  const line = table.split('\r').findLast(each => each.trim() !== '') ?? ''
  const [, before = '', total, free] = /^(.*?) +(\d+) +\d+ +(-?\d+) +\d+% +\//.exec(line) ?? []
  if (total === undefined || free === undefined) return {}
  const type = /\bType\b/.test(table) ? / (\S+)$/.exec(before)?.[1] : undefined
  const bytes = { totalBytes: Number(total) * 1024, freeBytes: Math.max(0, Number(free)) * 1024 }
  return { ...bytes, ...given('fileSystem', type) }
}

/** Free inodes of `df -Pi`: a column of its own on Linux; behind those of the space on macOS. File systems without any say 0 of 0. */
function inodesOf(table: string): number | undefined {
  const line = table.split('\r').findLast(each => each.trim() !== '') ?? ''
  if (/\biused\b/.test(table)) return numberOf(/ \d+% +\d+ +(\d+) +\d+% +\//.exec(line)?.[1])
  const [, all, free] = / (\d+) +\d+ +(\d+) +(?:\d+%|-) +\//.exec(line) ?? []
  return all === '0' ? undefined : numberOf(free)
}

/** Of `ls -ldn`: `drwx------ 10 1000 1000 …`, its path behind the name it was asked for. */
function fileOf(line: string): FileFacts[] {
  const [, path, type, letters, owner] = /^([\w.~/-]+) ([-dlscbp])([-rwxsStT]{9})\S* +\d+ +(\d+) /.exec(line) ?? []
  if (path === undefined || letters === undefined || owner === undefined) return []
  const bits = Array.from(letters, letter => (/[-ST]/.test(letter) ? '0' : '1')).join('')
  const kind = type === '-' ? 'file' : type === 'd' ? 'directory' : 'other'
  return [{ path: path === '~/.' ? '~' : path, mode: Number.parseInt(bits, 2), owner: Number(owner), kind }]
}

function watchesOf(said: Said): WatchFacts | undefined {
  const [limit, instancesLimit] = [said.number('watches.max_user_watches'), said.number('watches.max_user_instances')]
  if (limit === undefined || instancesLimit === undefined) return undefined
  const [used, instances] = [said.number('watches.used'), said.number('watches.instances')]
  return { limit, used: used ?? 0, instancesLimit, instances: instances ?? 0 }
}

function macOf(said: Said): MacFacts | undefined {
  if (said.text('system.name') !== 'Darwin') return undefined
  return {
    ...given('version', said.text('mac.version')),
    isTranslated: said.text('mac.translated') === '1',
    ...given('sleepMinutes', numberOf(/^sleep +(\d+)/.exec(said.text('mac.sleep') ?? '')?.[1])),
    hasFullDisk: said.text('mac.full-disk') === 'yes',
  }
}

/**
 * How far that clock is from ours, by the reading that came fastest: it was made at some moment between being asked for
 * and coming (RFC 5905, section 8). A clock that tells whole seconds may be up to one further on.
 */
function clockOf(readings: readonly ClockReading[]): ClockFacts | undefined {
  const measured = readings.flatMap(({ asked, came, said }): ClockFacts[] => {
    const digits = /^\d{10,}/.exec(said)?.[0]
    if (digits === undefined) return []
    const isFine = digits.length === 19
    const [there, grain] = isFine ? [Number(digits) / 1e6, 0] : [Number(digits.slice(0, 10)) * 1000 + 500, 500]
    const roundTripMs = Math.max(0, came - asked)
    return [
      {
        offsetMs: Math.round(there - (asked + came) / 2),
        errorMs: Math.ceil(roundTripMs / 2 + grain),
        roundTripMs: Math.round(roundTripMs * 10) / 10,
      },
    ]
  })
  return measured.toSorted((a, b) => a.roundTripMs - b.roundTripMs)[0]
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** `{ name: value }`, or nothing when there is no value. */
function given<Name extends string, T>(name: Name, value: T | undefined): { readonly [K in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in Name]: T })
}
