import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { processesThatName } from './processes.ts'

const original = fileURLToPath(new URL('../..', import.meta.url))

/** What git would not hold. */
const made = ['.cache', '.git', '.lab', 'dist', 'node_modules']

/** How long one run may take (ms): the demo's own deadlines and a busy machine. */
const runMs = 300_000

/** What one run did. */
export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  /** Added to the environment, or taken from it. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Acts once, as soon as some text has been printed. */
  readonly when?: { readonly says: string; readonly act: (child: ChildProcess) => void }
  /** Runs this instead: a program with its arguments. */
  readonly command?: readonly [string, ...string[]]
}

/**
 * A copy of this checkout as a fresh clone has it, with nothing built, in a folder of its own beside a home directory
 * and a folder for temporary files. Gone, with everything that runs from it, when the test ends.
 */
export class Checkout {
  readonly base: string
  readonly kit: string
  readonly home: string
  readonly temporary: string

  /** @param installed with the packages of this checkout, by a link. */
  constructor(t: TestContext, installed = true) {
    this.base = realpathSync(mkdtempSync(join(tmpdir(), 'dsync-kit-')))
    t.after(() => {
      for (const pid of this.processes()) process.kill(pid, 'SIGKILL')
      rmSync(this.base, { recursive: true, force: true })
    })
    this.kit = join(this.base, 'kit')
    this.home = join(this.base, 'home')
    this.temporary = join(this.base, 'tmp')
    mkdirSync(this.temporary)
    mkdirSync(join(this.home, '.config'), { recursive: true })
    writeFileSync(join(this.home, '.npmrc'), '; mine\n')
    writeFileSync(join(this.home, '.config/settings'), 'mine\n')
    cpSync(original, this.kit, { recursive: true, filter: path => !made.some(name => path === join(original, name)) })
    if (installed) symlinkSync(realpathSync(join(original, 'node_modules')), join(this.kit, 'node_modules'))
  }

  /** Runs `./install.sh` with some words, from elsewhere, to its end. */
  install(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const { env, when, command = [join(this.kit, 'install.sh'), ...words] } = options
    const [program, ...parameters] = command
    return new Promise((resolve, reject) => {
      const child = spawn(program, parameters, {
        cwd: this.base,
        env: { PATH: process.env['PATH'], HOME: this.home, TMPDIR: this.temporary, ...env },
        stdio: ['pipe', 'pipe', 'pipe'],
        timeout: runMs,
      })
      let [out, err] = ['', '']
      child.stdout.setEncoding('utf8').on('data', text => {
        const before = out
        out += String(text)
        if (when !== undefined && !before.includes(when.says) && out.includes(when.says)) when.act(child)
      })
      child.stderr.setEncoding('utf8').on('data', text => (err += String(text)))
      child.once('error', reject)
      child.once('close', code => resolve({ code, out, err }))
    })
  }

  /** Everything that a run must leave as it is, with mode, content and time of change, and what runs; a line each. */
  outside(): string[] {
    const found: string[] = []
    const visit = (path: string): void => {
      const stat = lstatSync(path)
      const mode = stat.mode.toString(8)
      if (stat.isDirectory()) {
        found.push(`${path} ${mode}`)
        const free = path === this.kit ? ['node_modules', 'dist'] : []
        for (const name of readdirSync(path)) if (!free.includes(name)) visit(join(path, name))
      } else {
        found.push([path, mode, stat.mtimeMs, stat.isSymbolicLink() ? readlinkSync(path) : hash(path)].join(' '))
      }
    }
    visit(this.base)
    for (const name of readdirSync(tmpdir())) if (/^dsync-(demo|setup)/.test(name)) found.push(join(tmpdir(), name))
    return [...found, ...this.processes().map(pid => `process ${pid}`)].toSorted()
  }

  /** Throws when something outside is not as it was. */
  assertAsBefore(before: readonly string[]): void {
    const after = this.outside()
    const gone = before.filter(line => !after.includes(line))
    const come = after.filter(line => !before.includes(line))
    assert.deepEqual({ gone, come }, { gone: [], come: [] })
  }

  /** What runs from this checkout or in its folders. */
  processes(): number[] {
    return processesThatName(this.base)
  }
}

function hash(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}
