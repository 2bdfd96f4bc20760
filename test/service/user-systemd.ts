import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../../lib/core/errors.ts'
import { program } from '../../scripts/provision/programs.ts'
import { until } from '../pipe/until.ts'

/** Where Debian and others keep it; it is on no PATH. */
const systemd = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'].find(path => existsSync(path))

/** Why no systemd of a user can be had here; undefined when it can. */
export const lacksSystemd: string | undefined =
  systemd === undefined || program('systemctl') === undefined
    ? 'there is no systemd: apt-get install systemd'
    : program('unshare') === undefined || program('nsenter') === undefined
      ? 'there is no unshare: apt-get install util-linux'
      : process.getuid?.() !== 0
        ? 'a systemd of its own takes root'
        : undefined

/** It takes a /run of its own, a directory that says that systemd booted, and the place where its user's sockets are. */
const begin = `
set -e
for base in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
  if [ -e "$base/cgroup.procs" ] && mkdir "$base/$1"; then echo $$ >"$base/$1/cgroup.procs"; fi
done
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd/system /run/user
mkdir -m 700 /run/user/0
export XDG_RUNTIME_DIR=/run/user/0
exec "$2" --user
`

const bases = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup']

/**
 * The systemd of a user, for real: its own mount namespace tells it that the system was booted with systemd, its own
 * cgroup keeps it apart from any other. It reads units below `home`, and ends with all that it runs when it is closed.
 */
export class UserSystemd {
  readonly #process: ChildProcess
  readonly #group: string

  constructor(home: string) {
    this.#group = `dsync-test-${process.pid}-${Date.now()}`
    mkdirSync(home, { recursive: true })
    const { PATH } = process.env
    this.#process = spawn('unshare', ['--mount', 'sh', '-c', begin, 'sh', this.#group, systemd ?? ''], {
      stdio: 'ignore',
      env: { PATH, HOME: home },
    })
    process.on('exit', this.#kill)
  }

  /** What comes before a command that is to see this systemd, and be seen by it. */
  get within(): readonly [program: string, ...words: string[]] {
    return ['nsenter', `--target=${this.#process.pid}`, '--mount', '--wdns=/']
  }

  /** Its words to `systemctl --user`. */
  systemctl(...words: readonly string[]): string {
    const [enter, ...rest] = this.within
    const env = { PATH: process.env['PATH'], XDG_RUNTIME_DIR: '/run/user/0', LC_ALL: 'C' }
    const { stdout, stderr } = spawnSync(enter, [...rest, 'systemctl', '--user', ...words], { env, encoding: 'utf8' })
    return `${stdout}${stderr}`.trim()
  }

  async ready(): Promise<void> {
    await until('systemd runs', () => /^(?:running|degraded)$/m.test(this.systemctl('is-system-running')))
  }

  async close(): Promise<void> {
    const ended = new Promise(resolve => this.#process.once('exit', resolve))
    if (this.#process.exitCode === null && this.#process.kill('SIGTERM')) await ended
    process.off('exit', this.#kill)
    this.#kill()
    for (const base of bases) removeGroups(join(base, this.#group))
  }

  readonly #kill = (): void => {
    for (const base of bases) {
      for (const pid of processesIn(join(base, this.#group))) endProcess(pid)
    }
  }
}

function processesIn(group: string): number[] {
  if (!existsSync(group)) return []
  const own = readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
  return [...own, ...groupsIn(group).flatMap(processesIn)]
}

function groupsIn(group: string): string[] {
  return readdirSync(group, { withFileTypes: true }).flatMap(each =>
    each.isDirectory() ? [join(group, each.name)] : [],
  )
}

function removeGroups(group: string): void {
  if (!existsSync(group)) return
  for (const each of groupsIn(group)) removeGroups(each)
  rmdirSync(group)
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}
