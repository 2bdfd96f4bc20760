import type { RsyncAbilities } from './rsync-abilities.ts'

/** One file that rsync is to write into a slot. */
export interface RsyncCopy {
  readonly direction: 'push' | 'pull'
  /** The file: a name in the directory rsync is started in (push), or an absolute path on the other host (pull). */
  readonly from: string
  /** The slot, an absolute path: there (push) or here (pull). */
  readonly into: string
  /** The slot holds something that may be like the file. */
  readonly hasBasis: boolean
  /** `ssh` with its options and the target, as words. */
  readonly ssh: readonly string[]
  /** Where rsync lies there, if its login does not find it: an absolute path, see `isPlainWord`. */
  readonly programThere?: string
}

/**
 * What rsync asks for as a host. The words of ssh name the real one; what follows them is run there: `nice rsync …`,
 * which every login shell takes for a command. So rsync never parses a target, nor splits one into user and host, and
 * yields to what people wait for.
 */
const host = 'nice'

/** What rsync, or a shell, on the other host would take for a pattern. rsync also looks for patterns where no shell reads the name. */
const pattern = /[*?[\\]/

/** What no shell reads anything into. */
const plain = /^[\w@%+=:,./-]+$/

/** True for a word that every login shell takes as it is. */
export function isPlainWord(word: string): boolean {
  return plain.test(word)
}

/**
 * rsync's arguments for one file: content only, into one regular file, with nothing beside it made, removed or followed.
 * Equal size and time never count as equal content. Undefined when names like these cannot be told to these two.
 */
export function rsyncArguments(copy: RsyncCopy, { secluded }: RsyncAbilities): readonly string[] | undefined {
  const { direction, from, into, hasBasis, ssh, programThere } = copy
  const there = direction === 'push' ? into : from
  const isTellable = secluded ? !pattern.test(there) : plain.test(there)
  const shell = secluded || ssh.every(word => plain.test(word)) ? ssh.map(quoted).join(' ') : undefined
  if (!isTellable || shell === undefined || ![from, into].every(isCarriable)) return undefined
  return [
    '--inplace',
    '--ignore-times',
    // Between hosts it looks for what both have unless told not to; `--no-whole-file` is not known to all.
    ...(hasBasis ? [] : ['--whole-file']),
    // A slot that was dropped meanwhile is not made again.
    ...(secluded ? ['-s', '--stats', '--existing'] : []),
    '--progress',
    ...(programThere === undefined ? [] : [`--rsync-path=${programThere}`]),
    '-e',
    shell,
    '--',
    ...(direction === 'push' ? [`./${from}`, `${host}:${into}`] : [`${host}:${from}`, into]),
  ]
}

/** Arguments of a process are text without NUL bytes. */
function isCarriable(path: string): boolean {
  return path.isWellFormed() && !path.includes('\0')
}

/** rsync splits this option at spaces itself; within quotes a quote is written twice. Source: `do_cmd` in its main.c. */
function quoted(word: string): string {
  return plain.test(word) ? word : `"${word.replaceAll('"', '""')}"`
}
