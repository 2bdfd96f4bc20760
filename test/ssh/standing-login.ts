import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { spawn } from 'node:child_process'
import type { TestContext } from 'node:test'
import type { HostSet, SshHost } from '../hosts/host.ts'
import { until } from '../pipe/until.ts'

/** A login that stays and gives back what it is given. Ends with the test. */
export class StandingLogin {
  readonly #child: ChildProcessWithoutNullStreams
  #heard = ''
  #code: number | null | undefined

  /** @param settings as `ssh -o` takes them. */
  constructor(t: Pick<TestContext, 'after'>, hosts: HostSet, host: SshHost, settings: readonly string[] = []) {
    const options = ['BatchMode=yes', ...settings].flatMap(setting => ['-o', setting])
    this.#child = spawn('ssh', ['-F', hosts.config, ...options, '--', host.name, 'cat'])
    this.#child.stdin.on('error', () => {})
    this.#child.stdout.on('data', (data: Buffer) => (this.#heard += data.toString()))
    this.#child.once('exit', code => (this.#code = code))
    t.after(() => this.#child.kill('SIGKILL'))
  }

  get heard(): string {
    return this.#heard
  }

  say(text: string): void {
    this.#child.stdin.write(text)
  }

  async hears(text: string): Promise<void> {
    await until(`${JSON.stringify(text)} comes back, not ${JSON.stringify(this.#heard)}`, () => this.#heard === text)
  }

  /** Waits until it ends; returns its exit code. */
  async ends(): Promise<number | null> {
    await until('the login ends', () => this.#code !== undefined)
    return this.#code ?? null
  }
}
