/** More than a line of a screen holds says nothing more (characters). */
const lineLimit = 240

/** The line of a program's last words that says what went wrong, with what it says on Node and on Deno. */
const errorLine = /^(?:Uncaught |error: )*(?:Uncaught )?\w*Error\b/

const said = /^[^\n]*; it said: /

/**
 * One line of a message, however much it quotes: for `dsync status`. Of a stack trace that is the error's own line, not
 * where it was thrown. What it leaves out is in the log.
 */
export function headline(text: string): string {
  const lines = text.split('\n').map(line => line.trimEnd())
  const [first = ''] = lines
  const quoted = lines.length > 1 ? lines.find(line => errorLine.test(line.replace(said, ''))) : undefined
  const head = quoted === undefined || quoted === first ? first : `${said.exec(text)?.[0] ?? ''}${quoted}`
  return head.length > lineLimit ? `${head.slice(0, lineLimit - 1)}…` : head
}
