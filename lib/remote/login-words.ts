/**
 * What `sh` does where somebody switches to: enters the directory if it can, says so if it cannot, and becomes the
 * person's shell.
 */
const script =
  'cd -- "$1" 2>/dev/null || echo "dsync: that directory is not here, it may be ignored; this is your home" >&2; ' +
  'shift; exec "${SHELL:-/bin/sh}" "$@"'

/** Program and arguments that become the person's own shell in a directory of the host they are run on. */
export function loginWords(directory: string, options: readonly string[]): readonly [program: string, ...string[]] {
  return ['sh', '-c', script, 'dsync', directory, ...options]
}
