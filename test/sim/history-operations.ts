import { join, nameOf, parentOf } from '../../lib/core/path.ts'
import type { Contents } from './history-content.ts'
import type { Random } from './random.ts'
import type { Steps } from './saves.ts'
import { append, removeAll, save, saveStyles } from './saves.ts'
import type { SimUser } from './user.ts'

/** What one host's programs are made of. */
export interface Programs {
  readonly user: SimUser
  readonly random: Random
  readonly contents: Contents
  /** Names that both sides choose from: few, so that they collide. */
  readonly names: readonly string[]
}

/** Something a user does, one system call a step. */
export interface Program {
  readonly label: string
  readonly steps: Steps
}

type Make = (programs: Programs) => Program | undefined

/** Each kind of operation with how often it comes, relative to the others. */
const kinds: readonly (readonly [number, Make])[] = [
  [12, edit],
  [6, create],
  [3, appendTo],
  [4, removeFile],
  [2, removeDirectory],
  [3, moveFile],
  [4, moveDirectory],
  [2, swapNames],
  [1, chainOfMoves],
  [2, makeDirectory],
  [3, changeMode],
  [2, linkSymbolically],
  [2, changeType],
  [1, linkHard],
  [1, makeSpecial],
  [1, touch],
  [2, rewrite],
  [2, writeIgnored],
  [2, moveIgnored],
  [1, writeTree],
]

const total = kinds.reduce((sum, [weight]) => sum + weight, 0)

/** What somebody does next. Undefined: there is nothing to do it with. */
export function nextProgram(programs: Programs): Program | undefined {
  let at = programs.random.int(total)
  for (const [weight, make] of kinds) {
    if (at < weight) return make(programs)
    at -= weight
  }
  return undefined
}

function edit(programs: Programs): Program {
  return saving(programs, existing(programs, 'file') ?? anyPath(programs))
}

function create(programs: Programs): Program {
  return saving(programs, anyPath(programs))
}

export function saving({ user, random, contents }: Programs, path: string): Program {
  const style = random.pick(saveStyles)
  const bytes = contents.next()
  return program(`save ${path} (${style}) ${titleOf(bytes)}`, function* () {
    if (random.chance(0.8)) user.mkdir(parentOf(path))
    yield* save(user, path, bytes, style, random)
  })
}

function appendTo(programs: Programs): Program {
  const { user, random, contents } = programs
  const path = existing(programs, 'file') ?? anyPath(programs)
  const bytes = contents.next()
  return program(`append ${path} ${titleOf(bytes)}`, () => append(user, path, bytes, random))
}

function removeFile(programs: Programs): Program | undefined {
  const path = existing(programs, 'leaf')
  return path === undefined ? undefined : step(`rm ${path}`, () => programs.user.rm(path))
}

function removeDirectory(programs: Programs): Program | undefined {
  const path = existing(programs, 'directory')
  return path === undefined ? undefined : program(`rm -rf ${path}`, () => removeAll(programs.user, path))
}

function moveFile(programs: Programs): Program | undefined {
  const from = existing(programs, 'leaf')
  const to = anyPath(programs)
  return from === undefined ? undefined : step(`mv ${from} ${to}`, () => programs.user.mv(from, to))
}

function moveDirectory(programs: Programs): Program | undefined {
  const { user, random } = programs
  const from = existing(programs, 'directory')
  if (from === undefined) return undefined
  const into = random.chance(0.3) ? existing(programs, 'directory') : undefined
  const to = join(into ?? parentOf(from), random.pick(programs.names))
  return step(`mv ${from}/ ${to}`, () => user.mv(from, to))
}

function swapNames(programs: Programs): Program | undefined {
  const { user, random } = programs
  const kind = random.pick(['leaf', 'directory'] as const)
  const a = existing(programs, kind)
  const b = existing(programs, kind)
  if (a === undefined || b === undefined || a === b) return undefined
  if (random.chance(0.5) && user.volume.options.exchange)
    return step(`exchange ${a} ${b}`, () => user.mv(a, b, 'exchange'))
  const aside = `${a}.tmp`
  return program(`swap ${a} ${b}`, function* () {
    user.mv(a, aside)
    yield
    user.mv(b, a)
    yield
    user.mv(aside, b)
  })
}

function chainOfMoves(programs: Programs): Program | undefined {
  const { user, random, names } = programs
  const first = existing(programs, random.pick(['leaf', 'directory'] as const))
  if (first === undefined) return undefined
  const chain = random
    .shuffle(names)
    .slice(0, 3)
    .map(name => join(parentOf(first), name))
  return program(`mv chain ${first} ${chain.join(' ')}`, function* () {
    let from = first
    for (const to of chain) {
      user.mv(from, to)
      from = to
      yield
    }
  })
}

function makeDirectory(programs: Programs): Program {
  const path = anyPath(programs)
  return step(`mkdir -p ${path}`, () => programs.user.mkdir(path))
}

function changeMode(programs: Programs): Program | undefined {
  const { user, random } = programs
  const path = existing(programs, random.pick(['file', 'file', 'directory'] as const))
  if (path === undefined) return undefined
  const isDirectory = user.find(path)?.isDirectory === true
  const mode = random.pick(
    isDirectory ? [0o755, 0o700, 0o775, 0o755, 0o700, 0] : [0o644, 0o755, 0o600, 0o640, 0o444, 0],
  )
  return step(`chmod ${mode.toString(8)} ${path}`, () => user.chmod(path, mode))
}

function linkSymbolically(programs: Programs): Program {
  const { user, random, names } = programs
  const path = anyPath(programs)
  const target = random.pick([
    random.pick(names),
    `../${random.pick(names)}`,
    `${random.pick(names)}/${random.pick(names)}`,
    '/etc/none',
    '../../../x',
  ])
  return program(`ln -s ${target} ${path}`, function* () {
    if (random.chance(0.5)) {
      user.rm(path)
      yield
    }
    user.symlink(target, path)
  })
}

/** A file becomes a directory with something in it, or the other way round. */
function changeType(programs: Programs): Program | undefined {
  const { user, random, names } = programs
  const path = existing(programs, random.pick(['leaf', 'directory'] as const))
  if (path === undefined) return undefined
  const toDirectory = user.find(path)?.isDirectory !== true
  const save = saving(programs, toDirectory ? join(path, random.pick(names)) : path)
  return program(`rm -rf ${path}, ${save.label}`, function* () {
    yield* removeAll(user, path)
    yield
    yield* save.steps
  })
}

function linkHard(programs: Programs): Program | undefined {
  const from = existing(programs, 'file')
  const to = anyPath(programs)
  return from === undefined ? undefined : step(`ln ${from} ${to}`, () => programs.user.ln(from, to))
}

function makeSpecial(programs: Programs): Program {
  const { user, random } = programs
  const path = anyPath(programs)
  const kind = random.pick(['fifo', 'socket'] as const)
  return step(`${kind} ${path}`, () => user.special(path, kind))
}

function touch(programs: Programs): Program | undefined {
  const { user, random } = programs
  const path = existing(programs, 'file')
  return path === undefined ? undefined : step(`touch ${path}`, () => user.touch(path, random.int(2 ** 40)))
}

/** Other content of the same size, perhaps under the old time, perhaps twice in a row. */
function rewrite(programs: Programs): Program | undefined {
  const { user, random, contents } = programs
  const path = existing(programs, 'file')
  const found = path === undefined ? undefined : user.find(path)
  const first = found === undefined ? undefined : contents.sized(found.data.length)
  if (path === undefined || found === undefined || first === undefined) return undefined
  const again = random.chance(0.3) ? contents.sized(found.data.length) : undefined
  const mtimeMs = random.chance(0.6) ? found.mtimeMs : undefined
  return program(`rewrite ${path} ${titleOf(first)}`, function* () {
    for (const bytes of [first, again]) {
      if (bytes === undefined) continue
      const writer = user.open(path, 'keep')
      writer.write(bytes)
      writer.close()
      if (random.chance(0.7)) yield
    }
    if (mtimeMs !== undefined) user.touch(path, mtimeMs)
  })
}

function writeIgnored(programs: Programs): Program {
  const { random } = programs
  const directory = existing(programs, 'directory') ?? ''
  return saving(programs, join(directory, random.pick(['x.ign', 'ignored/a', 'ignored/b'])))
}

/** Into what is ignored, or out of it. */
function moveIgnored(programs: Programs): Program | undefined {
  const { user, random } = programs
  const from = existing(programs, random.pick(['leaf', 'directory'] as const))
  if (from === undefined) return undefined
  const inside = join(parentOf(from), random.pick(['x.ign', 'ignored', 'ignored/a']))
  if (random.chance(0.5)) return step(`mv ${from} ${inside}`, () => user.mv(from, inside))
  const to = anyPath(programs)
  return step(`mv ${inside} ${to}`, () => user.mv(inside, to))
}

/** Unpacks something: a directory of many files. */
function writeTree(programs: Programs): Program {
  const { user, random, contents } = programs
  const top = anyPath(programs)
  const count = random.chance(0.05) ? random.between(257, 300) : random.between(3, 30)
  return program(`unpack ${count} files into ${top}`, function* () {
    user.mkdir(top)
    for (let i = 0; i < count; i++) {
      user.write(join(top, `n${i}`), contents.short())
      if (random.chance(0.2)) yield
    }
  })
}

function anyPath({ random, names, user }: Programs): string {
  const depth = random.pick([1, 1, 2, 2, 3])
  let path = ''
  for (let i = 0; i < depth; i++) path = join(path, random.pick(names))
  const parent = parentOf(path)
  // Mostly where something can stand.
  if (parent === '' || user.find(parent)?.isDirectory === true || random.chance(0.3)) return path
  return nameOf(path)
}

/** A path of the tree now, links not followed; `leaf`: anything but a directory. */
function existing({ user, random }: Programs, kind: 'file' | 'leaf' | 'directory'): string | undefined {
  const found: string[] = []
  for (const [path, entry] of user.snapshot()) {
    const fits = kind === 'leaf' ? entry.kind !== 'directory' : entry.kind === kind
    if (fits) found.push(path)
  }
  return found.length === 0 ? undefined : random.pick(found)
}

function titleOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(10)
  return `${new TextDecoder().decode(bytes.subarray(0, end))}, ${bytes.length} bytes`
}

function step(label: string, run: () => void): Program {
  // oxlint-disable-next-line require-yield -- it does all it does at once
  return program(label, function* () {
    run()
  })
}

function program(label: string, steps: () => Steps): Program {
  return { label, steps: steps() }
}
