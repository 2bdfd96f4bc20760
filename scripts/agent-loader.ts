import type { LoaderOrder } from '../lib/remote/boot-script.ts'

/**
 * Runs on the other host: makes sure that the agent's folder is there and is what its name says, takes it from stdin if
 * it is not, and becomes the agent. It is sent as text (`toString`), so it uses nothing from outside itself and nothing
 * newer than Node 20. Says one line a step on stdout: `need PLATFORM`, `ready`, `newer VERSION`, or `failed WHY`.
 */
export async function agentLoader(order: LoaderOrder): Promise<void> {
  const fs = await import('node:fs')
  const { createHash } = await import('node:crypto')
  const { homedir } = await import('node:os')
  const { dirname, join } = await import('node:path')
  const { pathToFileURL } = await import('node:url')
  const { gunzipSync } = await import('node:zlib')
  const { argv, env } = process
  const platform = `${process.platform}-${process.arch}`
  const id = order.ids[platform] ?? order.ids['*'] ?? ''
  const home = env['DSYNC_HOME'] ?? join(homedir(), '.dsync')
  const agents = join(home, 'kit', 'agents')
  const folder = join(agents, id)
  const hash = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  const say = (words: string): void => void fs.writeSync(1, `dsync-boot ${order.nonce} ${words}\n`)

  /** Stdin, whole pieces at a time; it may be a socket that does not wait. */
  const read = (bytes: Uint8Array): Uint8Array => {
    for (let at = 0; at < bytes.length;) {
      try {
        const count = fs.readSync(0, bytes, at, bytes.length - at, null)
        if (count === 0) throw new Error('the hub hung up')
        at += count
      } catch (error) {
        if (!(error instanceof Error) || !('code' in error) || error.code !== 'EAGAIN') throw error
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
      }
    }
    return bytes
  }

  /** True when every file is there with the digest that the manifest gives, and the manifest with the one of its name. */
  const isWhole = (): boolean => {
    try {
      const manifest = fs.readFileSync(join(folder, 'manifest.json'), 'utf8')
      if (hash(manifest) !== id) return false
      const files = JSON.parse(manifest) as { path: string; sha256: string }[]
      return files.every(file => hash(fs.readFileSync(join(folder, file.path))) === file.sha256)
    } catch {
      return false
    }
  }

  /** Takes the folder from the hub: a line with its length, then so many bytes, zipped: the manifest's line, the contents. */
  const take = (): void => {
    say(`need ${platform}`)
    let line = ''
    for (const byte = new Uint8Array(1); line.length < 16; line += String.fromCharCode(byte[0] ?? 0)) {
      read(byte)
      if (byte[0] === 10) break
    }
    const length = Number(line)
    if (!(length > 0 && length <= order.limit)) throw new Error('the hub sent no agent')
    const bytes = gunzipSync(read(new Uint8Array(length)), { maxOutputLength: order.limit })
    const end = bytes.indexOf(10)
    const manifest = bytes.subarray(0, end)
    if (hash(manifest) !== id) throw new Error('what the hub sent is not what it said')
    const made = join(agents, `new-${order.nonce}`)
    let at = end + 1
    for (const file of JSON.parse(manifest.toString()) as { path: string; size: number }[]) {
      fs.mkdirSync(dirname(join(made, file.path)), { recursive: true, mode: 0o700 })
      fs.writeFileSync(join(made, file.path), bytes.subarray(at, (at += file.size)), { mode: 0o600, flush: true })
    }
    fs.writeFileSync(join(made, 'manifest.json'), manifest, { mode: 0o600, flush: true })
    // By one rename each: another login may bring the same at the same time, and become an agent in it.
    const damaged = join(agents, `old-${order.nonce}`)
    if (fs.existsSync(folder) && !isWhole()) fs.renameSync(folder, damaged)
    try {
      fs.renameSync(made, folder)
    } catch (error) {
      if (!isWhole()) throw error
    }
    for (const path of [made, damaged]) fs.rmSync(path, { recursive: true, force: true })
  }

  /** The version of the release in use here, where it comes after the hub's (semver.org, without what stands behind a `-`). */
  const newer = (): string | undefined => {
    let name = ''
    try {
      name = fs.readlinkSync(join(home, 'kit', 'current'))
    } catch {
      return undefined
    }
    const found = /^(\d+)\.(\d+)\.(\d+)(-.*)?-[0-9a-f]{12}$/.exec(name)
    const ours = order.version.split(/[.-]/)
    for (let i = 1; found !== null && i <= 3; i++) {
      const difference = Number(found[i]) - Number(ours[i - 1])
      if (difference !== 0) return difference > 0 ? name.slice(0, -13) : undefined
    }
    return undefined
  }

  const prune = (): void => {
    for (const name of fs.readdirSync(agents)) {
      const path = join(agents, name)
      const stat = fs.statSync(path, { throwIfNoEntry: false })
      if (stat !== undefined && name !== id && Date.now() - stat.mtimeMs > order.unusedMs)
        fs.rmSync(path, { recursive: true, force: true })
    }
    fs.utimesSync(folder, new Date(), new Date())
  }

  const version = newer()
  if (version !== undefined) {
    say(`newer ${version}`)
    process.exit(0)
  }
  try {
    fs.mkdirSync(agents, { recursive: true, mode: 0o700 })
    if (!isWhole()) take()
    if (!isWhole()) throw new Error('what was written there is not what came')
    prune()
  } catch (error) {
    say(`failed ${JSON.stringify(error instanceof Error ? error.message : String(error))}`)
    process.exit(0)
  }
  const agent = join(folder, 'agent.cjs')
  argv.splice(1, argv.length, agent, order.mode, order.nonce)
  env['DSYNC_HOST'] = order.host
  say('ready')
  await import(pathToFileURL(agent).href)
}
