import type { WriteStream } from 'node:tty'
import type { Screen, Terminal } from '../lib/cli/surroundings.ts'
import { coloured, plain } from '../lib/cli/paint.ts'

/** The terminal of this process. Colour only where somebody looks and has not said no (no-color.org). */
export function processTerminal(signal: AbortSignal): Terminal {
  const { stdin, stdout, stderr } = process
  const { NO_COLOR, TERM } = process.env
  const colours = !NO_COLOR && TERM !== 'dumb'
  // A reader that has seen enough (`dsync logs | head`) is no error.
  stdout.on('error', error => {
    if ('code' in error && error.code === 'EPIPE') process.exit()
    throw error
  })
  return {
    out: text => void stdout.write(text),
    err: text => void stderr.write(text),
    canAsk: stdin.isTTY && stderr.isTTY,
    isTerminal: stdin.isTTY && stdout.isTTY,
    async ask(question) {
      const { createInterface } = await import('node:readline/promises')
      const lines = createInterface({ input: stdin, output: stderr })
      try {
        return await lines.question(question, { signal })
      } finally {
        lines.close()
      }
    },
    progress(line) {
      if (stderr.isTTY) stderr.write(`\r\u001b[2K${line}`)
    },
    openScreen: () => (stdout.isTTY && TERM !== 'dumb' ? openScreen(stdout) : undefined),
    paint: stdout.isTTY && colours ? coloured : plain,
    paintErrors: stderr.isTTY && colours ? coloured : plain,
  }
}

/** The other screen of a terminal, without cursor and line breaks of its own; drawn over, not cleared, so it does not flicker (xterm). */
function openScreen(stdout: WriteStream): Screen {
  let isOpen = true
  const close = (): void => {
    if (isOpen) stdout.write('\u001b[?7h\u001b[?25h\u001b[?1049l')
    isOpen = false
    process.off('exit', close)
  }
  process.on('exit', close)
  stdout.write('\u001b[?1049h\u001b[?25l\u001b[?7l')
  return {
    draw(lines) {
      const room = stdout.rows > 1 ? stdout.rows : 24
      const shown =
        lines.length > room ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`] : lines
      stdout.write(`\u001b[H${shown.map(line => `${line}\u001b[K`).join('\r\n')}\u001b[J`)
    },
    close,
  }
}
