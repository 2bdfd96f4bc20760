import type { CommandSpec } from '../command-spec.ts'
import { dryRun, yes } from './words.ts'

const ssh = {
  says: 'how a host is reached from the new hub, where that is not as from the old one',
  value: 'HOST=TARGET',
  many: true,
} as const

/** Which host drives the roots. */
export const hubCommands: readonly CommandSpec[] = [
  {
    name: 'hub show',
    says: 'say which host drives the roots, and since when',
    operands: [],
    options: {},
    examples: [['dsync hub', 'the same']],
  },
  {
    name: 'hub move',
    says: 'hand the role of the hub to another host',
    operands: [{ name: 'HOST', says: 'the new hub', needed: true, completes: 'hosts' }],
    options: {
      ssh,
      timeout: { says: 'give up after so many seconds (60)', value: 'SECONDS', short: 't', atLeast: 0 },
      'dry-run': dryRun,
      yes,
    },
    examples: [
      ['dsync hub move mac00', 'everything arrives first; then mac00 drives, and this host follows'],
      ['dsync hub move mac00 --ssh linux=dev@10.0.0.3', 'where mac00 does not know linux by that name'],
    ],
    more: [
      'Every host of the roots must be there and reachable from the new hub; what is not is named before anything is changed.',
      'dsync has to be installed on the new hub.',
    ],
  },
  {
    name: 'hub take',
    says: 'make this host the hub, when the other is lost or asleep',
    operands: [],
    options: { ssh, 'dry-run': dryRun, yes },
    examples: [['dsync hub take', 'the old hub follows as soon as it hears of it']],
    more: [
      'Contents are compared anew: what only one host has comes to the others, what differs is a conflict, nothing is deleted.',
      'Hosts that are away are kept in sync once they are back.',
    ],
  },
]
