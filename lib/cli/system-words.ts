/** What a code of a problem or a failed call means, and what a person does about it. */
interface Words {
  readonly says: string
  readonly next?: string
}

const known: Readonly<Record<string, Words>> = {
  ENOSPC: { says: 'the disk is full', next: 'make room on the disk' },
  EDQUOT: { says: 'the quota is used up', next: 'make room on the disk' },
  EROFS: { says: 'the disk is mounted read-only', next: 'mount it for writing' },
  EACCES: { says: 'permission denied', next: 'chmod or chown it' },
  EPERM: { says: 'the system does not permit it', next: 'chmod or chown it' },
  EIO: { says: 'the disk reports a fault', next: 'look after the disk' },
  ENAMETOOLONG: { says: 'the name is too long there', next: 'give it a shorter name' },
  EILSEQ: { says: 'its name or target is not UTF-8, and Deno carries no other', next: 'run dsync under Node' },
  EFBIG: { says: 'the file is too large for that disk' },
  EINVAL: { says: 'that disk cannot hold such a thing or such a name', next: 'give it another name on the other host' },
  ENOENT: { says: 'there is no such file or directory' },
  EMFILE: { says: 'this program has too many files open', next: 'ulimit -n shows how many it may have' },
  ENFILE: { says: 'the system has too many files open' },
  NO_ROOM: { says: 'there is no room for it, or that disk refuses to be written', next: 'make room on the disk' },
  NAME: { says: 'that disk cannot hold such a name', next: 'give it another name on the other host' },
  SPELLING: {
    says: 'that disk takes its name for that of another beside it',
    next: 'give one of the two another name on the other host',
  },
  IGNORED: { says: 'it is ignored there and not here', next: 'dsync why names the rule of each host' },
  MOUNT: { says: 'another disk is mounted there' },
  SYMLINK: { says: 'the link leads out of the root' },
}

/** A code in words, with the code itself, which can be searched for; what is no code as it is. */
export function codeText(code: string): string {
  const words = Object.hasOwn(known, code) ? known[code] : undefined
  return words === undefined ? code : `${words.says} (${code})`
}

/** What a person does next about a code, where there is something to do. */
export function codeNext(code: string | undefined): string | undefined {
  return code !== undefined && Object.hasOwn(known, code) ? known[code]?.next : undefined
}

/** True for what Deno throws when its rights forbid something. */
export function isForbidden(error: unknown): error is Error {
  return error instanceof Error && error.name === 'NotCapable'
}

/** The message of a failed system call as node:fs throws it, in our words; undefined where it is something else. */
export function callText(error: unknown): string | undefined {
  if (isForbidden(error)) return `Deno forbids it: ${error.message}`
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  if (!Object.hasOwn(known, error.code)) return undefined
  const [, call = '', path = ''] = /^E[A-Z0-9]+: [^,]*(?:, (\w+)(?: '([^']*)')?)?/.exec(error.message) ?? []
  return `Cannot ${call === '' ? 'go on' : call}${path === '' ? '' : ` ${path}`}: ${codeText(error.code)}`
}
