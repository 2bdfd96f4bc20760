import type { Terminal } from '../lib/cli/surroundings.ts'
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
    paint: stdout.isTTY && colours ? coloured : plain,
    paintErrors: stderr.isTTY && colours ? coloured : plain,
  }
}
