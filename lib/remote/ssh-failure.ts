import type { LinkEnd } from '../ports/link.ts'
import type { ChildEnd } from './child-link.ts'
import type { SshOptions } from './ssh-command.ts'

interface Symptom {
  readonly says: RegExp
  readonly why: string
  /** @param ssh the command a person types to reach it */
  readonly hint: (host: { readonly target: string; readonly ssh: string }) => string
  /** Nothing changes until a person does something: asking again and again would only get us locked out. */
  readonly waits?: true
}

/** What ssh says on stderr, and what it means. The first that fits counts: more than one may be in the text. */
const symptoms: readonly Symptom[] = [
  {
    says: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    why: 'its host key is not the one that is known: somebody may be listening in, or it was installed anew',
    hint: ({ target, ssh }) =>
      `Ask its owner for the new fingerprint, then: ssh-keygen -R ${hostOf(target)} && ${ssh} true`,
    waits: true,
  },
  {
    says: /Host key verification failed|No .* host key is known for/,
    why: 'its host key is not known here yet',
    hint: ({ ssh }) => `Look at the fingerprint and accept it once: ${ssh} true`,
    waits: true,
  },
  {
    says: /Permission denied \((?=[^)]*(?:publickey|password|keyboard-interactive))/,
    why: 'it does not let us in without a password',
    hint: ({ target }) => `Give it your key once: ssh-copy-id ${target}`,
    waits: true,
  },
  {
    says: /Too many authentication failures/,
    why: 'it was offered too many keys',
    hint: () => 'Name the right one in ~/.ssh/config with IdentityFile and IdentitiesOnly yes',
    waits: true,
  },
  {
    says: /Could not resolve hostname/,
    why: 'nobody knows an address for its name',
    hint: ({ ssh }) => `Is the name right, and is the network up? ${ssh} true`,
  },
  {
    says: /Connection refused/,
    why: 'no ssh server answers there',
    hint: ({ ssh }) => `Is sshd running there? ${ssh} true`,
  },
  {
    says: /timed out|No route to host|Network is unreachable|Host is down/i,
    why: 'it cannot be reached over the network',
    hint: () => 'It is tried again by itself; to try now: dsync sync',
  },
  {
    says: /Bad configuration option|Bad owner or permissions|terminating, \d+ bad configuration/,
    why: 'ssh does not accept its configuration',
    hint: ({ ssh }) => `See what it says: ${ssh} true`,
    waits: true,
  },
  {
    says: /\bsh: (?:[Cc]ommand )?not found|command not found: sh\b|Unknown command:? '?sh\b/,
    why: 'its login shell does not find `sh`: PATH leaves out /bin',
    hint: () => 'Put /usr/bin and /bin back into PATH there (~/.bashrc, ~/.zshenv)',
    waits: true,
  },
  {
    says: /open terminal failed|not a terminal/,
    why: 'its login shell starts a program that needs a terminal',
    hint: () => 'Start tmux or screen there for interactive shells only: begin the line with  case $- in *i*) …;; esac',
    waits: true,
  },
]

/** What the end of an `ssh` that was to reach a host means. 255 is ssh's own exit code. */
export function sshFailure(
  { target, configFile }: Pick<SshOptions, 'target' | 'configFile'>,
  { code, signal, startError, stderr }: ChildEnd,
): LinkEnd {
  if (startError !== undefined) {
    return { code: 'AGENT_FAILED', why: `Cannot start ssh: ${startError}`, hint: 'Install OpenSSH', waits: true }
  }
  const found = symptoms.find(({ says }) => says.test(stderr))
  if (found !== undefined) {
    const { why, hint, waits } = found
    return {
      code: 'TRANSPORT_LOST',
      why: `Cannot reach ${target}: ${why}`,
      hint: hint({ target, ssh: configFile === undefined ? `ssh ${target}` : `ssh -F ${configFile} ${target}` }),
      ...(waits !== undefined && { waits }),
    }
  }
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`
  const said = stderr.split('\n').findLast(line => line.trim() !== '')
  return {
    code: 'TRANSPORT_LOST',
    why: `The connection to ${target} ended: ssh ${how}${said === undefined ? '' : `; it said: ${said.trim()}`}`,
  }
}

function hostOf(target: string): string {
  return target
    .replace(/^ssh:\/\//, '')
    .replace(/^[^@]*@/, '')
    .replace(/:\d+\/?$/, '')
}
