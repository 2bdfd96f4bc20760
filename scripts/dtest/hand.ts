/** What is to be done to the files of one side. Paths are relative to its folder. */
export type Ask =
  | { readonly do: 'ping' }
  | { readonly do: 'text'; readonly path: string; readonly text: string }
  /** Bytes without a pattern, the same for the same seed. */
  | { readonly do: 'noise'; readonly path: string; readonly seed: number; readonly length: number }
  /** As editors save: a new file takes the old one's place. */
  | { readonly do: 'save'; readonly path: string; readonly text: string }
  | { readonly do: 'many'; readonly below: string; readonly name: string; readonly files: number }
  | { readonly do: 'rename'; readonly path: string; readonly to: string }
  | { readonly do: 'mode'; readonly path: string; readonly mode: number }
  | { readonly do: 'link'; readonly path: string; readonly target: string }
  | { readonly do: 'remove'; readonly path: string }
  /** Answers `true` once all of it is so, `false` when it is not within the limit. */
  | { readonly do: 'await'; readonly marks: readonly Mark[]; readonly limitMs: number }
  /** Everything there is, as one line each: `{ [path]: kind, mode, content }`. */
  | { readonly do: 'tree' }
  /** The text of a file by its absolute path. */
  | { readonly do: 'read'; readonly file: string }
  /** Makes the folder, which must not be there. */
  | { readonly do: 'begin' }
  /** Answers those of these absolute paths that are there. */
  | { readonly do: 'which'; readonly paths: readonly string[] }
  /** Removes these absolute paths and all below; answers those that are still there. */
  | { readonly do: 'clear'; readonly paths: readonly string[] }

/** By what one sees that a change has arrived. */
export type Mark =
  | { readonly path: string; readonly sha256: string }
  | { readonly path: string; readonly mode: number }
  | { readonly path: string; readonly target: string }
  | { readonly path: string; readonly gone: true }
  | { readonly below: string; readonly files: number }

export interface Hand {
  readonly answer: (ask: Ask) => Promise<unknown>
}

/**
 * Works on the files of one host, in one folder. It is sent to other hosts as text (`toString`), so it uses nothing
 * from outside itself and nothing newer than Node 20.
 * @param folder absolute, or below the home with `~/`
 */
export async function makeHand(folder: string): Promise<Hand> {
  const fs = await import('node:fs')
  const { createCipheriv, createHash } = await import('node:crypto')
  const { homedir } = await import('node:os')
  const { dirname, join } = await import('node:path')
  const { setTimeout: after } = await import('node:timers/promises')
  // Modes travel: what both sides make must not differ because they are set up differently.
  process.umask(0o022)
  const top = folder.startsWith('~/') ? join(homedir(), folder.slice(2)) : folder
  const at = (path: string): string => join(top, path)
  const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
  const look = (path: string): import('node:fs').Stats | undefined =>
    fs.lstatSync(at(path), { throwIfNoEntry: false }) as import('node:fs').Stats | undefined

  const noise = (seed: number, length: number): Uint8Array =>
    createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(length))

  const contentAt = (path: string): string | undefined => {
    if (look(path)?.isFile() !== true) return undefined
    try {
      return sha256(fs.readFileSync(at(path)))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  const filesBelow = (path: string): number => {
    let entries: readonly import('node:fs').Dirent[]
    try {
      entries = fs.readdirSync(at(path), { withFileTypes: true })
    } catch (error) {
      // It is not there yet, or has just been moved.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
      throw error
    }
    return entries.reduce((sum, each) => sum + (each.isDirectory() ? filesBelow(`${path}/${each.name}`) : 1), 0)
  }

  const isSo = (mark: Mark): boolean => {
    if ('below' in mark) return filesBelow(mark.below) === mark.files
    const stat = look(mark.path)
    if ('gone' in mark) return stat === undefined
    if (stat === undefined) return false
    if ('mode' in mark) return (stat.mode & 0o777) === mark.mode
    if ('target' in mark) return stat.isSymbolicLink() && fs.readlinkSync(at(mark.path)) === mark.target
    return contentAt(mark.path) === mark.sha256
  }

  /**
   * Looks until all is so. A file must be seen with its old content, with none, as who writes it begins, or with its new
   * one, never with another.
   */
  const wait = async (marks: readonly Mark[], limitMs: number): Promise<boolean> => {
    const before = new Map(marks.flatMap(mark => ('sha256' in mark ? [[mark, contentAt(mark.path)]] : [])))
    const left = [...marks]
    const deadline = Date.now() + limitMs
    for (;;) {
      while (left[0] !== undefined && isSo(left[0])) left.shift()
      const [next] = left
      if (next === undefined) return true
      if ('sha256' in next) {
        const seen = contentAt(next.path)
        const old = before.get(next)
        if (seen !== undefined && seen !== old && seen !== sha256('') && seen !== next.sha256)
          throw new Error(`${next.path} was seen half written`)
      }
      if (Date.now() > deadline) return false
      await after(1)
    }
  }

  const tree = (path: string, found: Record<string, string>): Record<string, string> => {
    for (const name of fs.readdirSync(at(path))) {
      const below = path === '' ? name : `${path}/${name}`
      const stat = fs.lstatSync(at(below))
      const mode = (stat.mode & 0o777).toString(8)
      if (stat.isSymbolicLink()) found[below] = `link to ${fs.readlinkSync(at(below))}`
      else if (!stat.isDirectory()) found[below] = `file ${mode} ${sha256(fs.readFileSync(at(below)))}`
      else {
        found[below] = `directory ${mode}`
        tree(below, found)
      }
    }
    return found
  }

  const parentOf = (path: string): string => {
    fs.mkdirSync(dirname(at(path)), { recursive: true })
    return at(path)
  }

  const which = (paths: readonly string[]): readonly string[] =>
    paths.filter(path => fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined)

  const answer = async (ask: Ask): Promise<unknown> => {
    switch (ask.do) {
      case 'ping':
        return null
      case 'text':
        return fs.writeFileSync(parentOf(ask.path), ask.text) ?? null
      case 'noise':
        return fs.writeFileSync(parentOf(ask.path), noise(ask.seed, ask.length)) ?? null
      case 'save':
        fs.writeFileSync(`${parentOf(ask.path)}.new`, ask.text)
        return fs.renameSync(`${at(ask.path)}.new`, at(ask.path)) ?? null
      case 'many':
        for (let i = 0; i < ask.files; i++) {
          fs.writeFileSync(parentOf(`${ask.below}/${i % 10}/${ask.name}-${i}.json`), `{ "${ask.name}": ${i} }\n`)
        }
        return null
      case 'rename':
        return fs.renameSync(at(ask.path), parentOf(ask.to)) ?? null
      case 'mode':
        return fs.chmodSync(at(ask.path), ask.mode) ?? null
      case 'link':
        return fs.symlinkSync(ask.target, parentOf(ask.path)) ?? null
      case 'remove':
        return fs.rmSync(at(ask.path), { recursive: true }) ?? null
      case 'await':
        return await wait(ask.marks, ask.limitMs)
      case 'tree':
        return tree('', {})
      case 'read':
        return fs.readFileSync(ask.file, 'utf8')
      case 'begin':
        return fs.mkdirSync(top, { mode: 0o700 }) ?? null
      case 'which':
        return which(ask.paths)
      case 'clear':
        for (const path of ask.paths) fs.rmSync(path, { recursive: true, force: true, maxRetries: 5 })
        return which(ask.paths)
    }
  }
  return { answer }
}

export interface HandOrder {
  /** Stands before each line of ours: a login shell may print others. */
  readonly nonce: string
  readonly folder: string
  /** It ends by itself after this (ms), whatever becomes of whoever asked for it. */
  readonly limitMs: number
}

/**
 * Runs on another host: answers lines of JSON on stdin, `{ id, ask }`, with lines `NONCE { id, ok }` or
 * `NONCE { id, error }`, until stdin ends. Sent as text, as `makeHand`, which it is given.
 */
export async function serveHand(order: HandOrder, make: (folder: string) => Promise<Hand>): Promise<void> {
  const { createInterface } = await import('node:readline')
  const hand = await make(order.folder)
  const say = (answer: object): void => void process.stdout.write(`${order.nonce} ${JSON.stringify(answer)}\n`)
  setTimeout(() => process.exit(1), order.limitMs).unref()
  const lines = createInterface({ input: process.stdin })
  lines.on('line', line => {
    const { id, ask } = JSON.parse(line) as { id: number; ask: Ask }
    hand.answer(ask).then(
      ok => say({ id, ok }),
      (error: unknown) => say({ id, error: error instanceof Error ? error.message : String(error) }),
    )
  })
  lines.on('close', () => process.exit(0))
  say({ id: 0, ok: null })
}
