import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

/** The directory of the files that shells source. */
export const shellKit = fileURLToPath(new URL('../../shell', import.meta.url))

interface ShellKind {
  /** Program and options before `-c`, none of a person's own files read, as at a terminal. */
  readonly command: readonly [program: string, ...string[]]
  readonly file: 'aliases.sh' | 'aliases.fish'
  /** What loads it, as the installed file does. */
  readonly load: string
}

const posix = { file: 'aliases.sh', load: `. '${shellKit}/aliases.sh'` } as const

export const shellKinds = {
  bash: { command: ['bash', '--norc', '-i'], ...posix },
  'bash, unset variables are errors': { command: ['bash', '--norc', '-iu'], ...posix },
  'bash as a POSIX shell': { command: ['bash', '--posix', '--norc', '-i'], ...posix },
  zsh: { command: ['zsh', '-f', '-i'], ...posix },
  'zsh, strict': { command: ['zsh', '-f', '-i', '-o', 'nounset', '-o', 'warncreateglobal'], ...posix },
  fish: { command: ['fish', '--no-config', '-i'], file: 'aliases.fish', load: `source '${shellKit}/aliases.fish'` },
} satisfies Readonly<Record<string, ShellKind>>

export type ShellName = keyof typeof shellKinds

/** What a shell printed after it had loaded our file. */
export interface Said {
  readonly out: string
  /** Without what shells say of themselves where no terminal is. */
  readonly err: string
  readonly code: number | null
}

/** A home for shells to find: two hosts, one root whose name says little good of its owner, and no daemon. */
export class ShellHome {
  readonly home: string
  readonly kit: string
  /** A directory with every character in its name that shells have a meaning for. */
  readonly root: string

  constructor(t: TestContext) {
    this.home = mkdtempSync(join(tmpdir(), 'dsync-shell-'))
    t.after(() => rmSync(this.home, { recursive: true, force: true }))
    this.kit = join(this.home, '.dsync')
    this.root = join(this.home, 'it\'s a "$root" [a-z]* `x` \\ ; é ')
    mkdirSync(this.root)
    mkdirSync(join(this.kit, 'run'), { recursive: true, mode: 0o700 })
    mkdirSync(join(this.kit, 'bin'))
    writeFileSync(join(this.kit, 'bin/dsync'), '#!/bin/sh\nprintf "<%s>" "$@"\n', { mode: 0o755 })
    const hosts = ['mac00', 'a.b-c_d', 'x;touch made', '$(touch made)', '-rf', '.x', '']
    this.write('run/places', `${hosts.map(host => `host ${host}\n`).join('')}root /nowhere\nroot ${this.root}\n`)
    this.write('session.cwd', '')
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.kit, path)), { recursive: true })
    writeFileSync(join(this.kit, path), text, { mode: 0o600 })
  }

  /** Loads our file in a shell and runs some lines. Undefined where there is no such shell. */
  run(name: ShellName, lines: string, before = ''): Said | undefined {
    return this.#start([], name, `${before}\n${shellKinds[name].load}\n${lines}`)
  }

  /** The calls by which a process is made while our file is loaded and some lines are run; threads are none. */
  traced(name: ShellName, lines: string): readonly string[] | undefined {
    const log = join(this.home, 'calls')
    const tracer = ['strace', '-f', '-qq', '-e', 'trace=clone,clone3,fork,vfork,execve', '-e', 'signal=none', '-o', log]
    if (this.#start(tracer, name, `${shellKinds[name].load}\n${lines}`) === undefined) return undefined
    const calls = readFileSync(log, 'utf8')
      .split('\n')
      .filter(line => /^\d+ +\w+\(/.test(line))
    // The first is the shell itself.
    return calls.slice(1).filter(line => !line.includes('CLONE_THREAD'))
  }

  #start(before: readonly string[], name: ShellName, lines: string): Said | undefined {
    const [program = '', ...words] = [...before, ...shellKinds[name].command, '-c', lines]
    const env = { HOME: this.home, PATH: '/usr/local/bin:/usr/bin:/bin', TERM: 'dumb', LC_ALL: 'C.UTF-8' }
    const ran = spawnSync(program, words, { env, cwd: this.home, encoding: 'utf8', input: '', timeout: 20_000 })
    if (ran.error !== undefined || ran.stderr.includes("strace: Can't stat")) return undefined
    const own = /^bash: (?:cannot set terminal process group|no job control).*\n/gm
    return { out: ran.stdout, err: ran.stderr.replace(own, ''), code: ran.status }
  }
}
