import type { SshHost } from '../hosts/host.ts'
import { quoted } from '../hosts/script-files.ts'
import { until } from '../pipe/until.ts'

/** How long one command, or one line of it, may take to appear (ms). */
const patienceMs = 60_000

/** What stands before the cursor when a command has ended: its exit code. */
const prompt = /^\[(\d+)\] \$$/

/** What a person saw of one command. */
export interface Seen {
  readonly code: number
  /** The lines it printed, without spaces at their ends. */
  readonly lines: readonly string[]
  readonly text: string
}

/** A real terminal on a host, in tmux, with a shell in it that a person types into. */
export class Terminal {
  readonly #host: SshHost

  private constructor(host: SshHost) {
    this.#host = host
  }

  static async open(host: SshHost): Promise<Terminal> {
    const terminal = new Terminal(host)
    const shell = `env PS1='[$?] $ ' PATH="/opt/dsync/bin:$PATH" bash --norc --noprofile`
    await host.run(`tmux -L person new-session -d -x 120 -y 45 ${quoted(shell)}`)
    await terminal.#prompted()
    return terminal
  }

  /** Types a command and waits for its end. */
  async runs(command: string): Promise<Seen> {
    await this.types(command)
    return await this.#prompted(command)
  }

  /** Types a line and does not wait. */
  async types(line: string): Promise<void> {
    await this.#tmux('send-keys C-l')
    await until('the screen is empty', async () => prompt.test((await this.#screen('')).trim()), patienceMs)
    await this.#tmux('clear-history')
    await this.answers(line)
  }

  /** Types on, at whatever asks. */
  async answers(line: string): Promise<void> {
    await this.#tmux(`send-keys -l ${quoted(line)}`)
    await this.#tmux('send-keys Enter')
  }

  async presses(key: string): Promise<void> {
    await this.#tmux(`send-keys ${key}`)
  }

  /** Waits for something to appear. */
  async sees(what: RegExp): Promise<void> {
    let screen = ''
    const appears = until(
      `the terminal shows ${what}`,
      async () => {
        screen = await this.#screen()
        return what.test(screen)
      },
      patienceMs,
    )
    await appears.catch(error => {
      throw new Error(`It shows:\n${screen}`, { cause: error })
    })
  }

  /** Waits for the end of what was typed before. */
  ends(): Promise<Seen> {
    return this.#prompted()
  }

  /** The screen with its colours, as escape sequences. */
  coloured(): Promise<string> {
    return this.#tmux('capture-pane -p -e')
  }

  async #prompted(command?: string): Promise<Seen> {
    let lines: string[] = []
    let code: string | undefined
    const comes = until(
      command === undefined ? 'there is a prompt' : `${command} ends`,
      async () => {
        lines = (await this.#screen()).trimEnd().split('\n')
        code = prompt.exec(lines.at(-1) ?? '')?.[1]
        return code !== undefined && (command === undefined || lines.length > 1)
      },
      patienceMs,
    )
    await comes.catch(error => {
      throw new Error(`It shows:\n${lines.join('\n')}`, { cause: error })
    })
    const printed = lines.slice(1, -1)
    return { code: Number(code), lines: printed, text: printed.join('\n') }
  }

  /** Everything since the last command was typed, long lines in one piece. Without history: what is in sight. */
  async #screen(history = '-S -'): Promise<string> {
    return (await this.#tmux(`capture-pane -p -J ${history}`)).replaceAll(/ +$/gm, '')
  }

  #tmux(words: string): Promise<string> {
    return this.#host.run(`tmux -L person ${words}`)
  }
}
