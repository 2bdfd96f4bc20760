import { SyncError } from '../core/errors.ts'

/**
 * What `sh` does on the other host: turns its arguments back into what they were, enters the first, runs the rest as a
 * program, and ends as it ended, with 128 and the signal's number when one ended it. Nothing in here is read otherwise
 * within single quotes by sh, bash, zsh, fish or tcsh. `exec` finds programs only, no word of the shell; the traps let
 * `sh` outlive a Ctrl-C that is meant for the program; `x` keeps line breaks at the end of an argument.
 */
const script =
  'for w do w=$(printf %bx "$w"); set -- "$@" "${w%x}"; shift; done; ' +
  'cd "$1" || exit 125; shift; trap : INT QUIT; (exec "$@"); exit $?'

/** Linux takes 128 KiB for one argument, and the login shell gets the line as one (bytes). */
const lineLimit = 120_000

/**
 * The line for the login shell of another host, sh, bash, zsh, fish or tcsh, that runs a program in a directory.
 * Throws USAGE when it is longer than every system takes.
 * @param words the program and its arguments, whatever is in them but NUL
 */
export function remoteCommandLine(directory: string, words: readonly string[]): string {
  const line = `exec sh -c '${script}' dsync ${[directory, ...words].map(remoteWord).join(' ')}`
  if (line.length <= lineLimit) return line
  throw new SyncError('USAGE', `Cannot run that on another host: it is longer than ${lineLimit} bytes`, {
    hint: 'Write it into a file and run that',
  })
}

/** In single quotes, where every shell leaves these alone: letters, digits, a few marks, and other bytes as `printf %b` reads them. */
function remoteWord(word: string): string {
  const bytes = Array.from(new TextEncoder().encode(word), byte => {
    const letter = String.fromCharCode(byte)
    return /[\w./:=@%+,-]/.test(letter) ? letter : `\\0${byte.toString(8).padStart(3, '0')}`
  })
  return `'${bytes.join('')}'`
}
