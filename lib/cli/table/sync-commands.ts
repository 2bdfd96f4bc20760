import type { CommandSpec } from '../command-spec.ts'
import { dryRun, onHost, path, root, yes } from './words.ts'

/** What `push` and `pull` have in common. */
const override = {
  operands: [path],
  options: {
    on: onHost,
    timeout: { says: 'give up after so many seconds', value: 'SECONDS', short: 't', atLeast: 0 },
    'dry-run': dryRun,
    yes,
  },
  more: [
    'Conflicts, held deletes and a first sync are settled by it; a paused root stays paused.',
    'What it replaces or deletes goes to the trash of that host: dsync undo brings it back.',
  ],
} satisfies Partial<CommandSpec>

/** The daemon, and what makes both sides agree. */
export const syncCommands: readonly CommandSpec[] = [
  {
    name: 'start',
    says: 'start the daemon, which keeps the roots in sync',
    operands: [],
    options: {},
    examples: [['dsync start', 'start it, unless it runs already']],
  },
  {
    name: 'stop',
    says: 'stop the daemon; changes wait until it starts again',
    operands: [],
    options: {},
    examples: [['dsync stop && dsync start', 'always works']],
  },
  {
    name: 'restart',
    says: 'stop the daemon and start it again',
    operands: [],
    options: {},
    examples: [['dsync restart', 'after an update of dsync']],
  },
  {
    name: 'status',
    says: 'show roots, hosts, what is under way and what waits for you',
    operands: [],
    options: { watch: { says: 'go on until Ctrl-C; without a terminal, print what changes', short: 'w' } },
    examples: [
      ['dsync status', 'one screen'],
      ['dsync status --watch', 'the same, drawn again every second'],
      ['dsync status --json', 'everything, for scripts'],
    ],
  },
  {
    name: 'sync',
    says: 'wait until every change has reached the other side',
    operands: [path],
    options: {
      on: onHost,
      timeout: { says: 'give up after so many seconds (60)', value: 'SECONDS', short: 't', atLeast: 0 },
      verify: { says: 'list both sides again instead of trusting the watchers' },
    },
    examples: [
      ['dsync sync', 'returns when both sides agree'],
      ['dsync sync ~/projects/site --timeout 10', 'one directory, at most ten seconds'],
    ],
    more: ['Exit code 3 when conflicts stand, 4 when a guard or a problem keeps something, 7 when paused.'],
  },
  {
    name: 'push',
    says: "make this host's version of everything there the other host's",
    ...override,
    examples: [
      ['dsync push ~/projects/site', 'shows what would change there, and asks'],
      ['dsync push --dry-run', 'only shows it'],
      ['dsync pause && dsync push ~/projects --yes', 'sync by hand'],
    ],
  },
  {
    name: 'pull',
    says: "make the other host's version of everything there this host's",
    ...override,
    examples: [
      ['dsync pull ~/projects/site', 'shows what would change here, and asks'],
      ['dsync pull --on twin --yes', 'for scripts'],
    ],
  },
  {
    name: 'verify',
    says: 'read both sides anew and say where they differ',
    operands: [path],
    options: {
      on: onHost,
      timeout: { says: 'give up after so many seconds', value: 'SECONDS', short: 't', atLeast: 0 },
    },
    examples: [['dsync verify ~/projects/site', 'trusts no time stamp and no cache']],
    more: [
      'It repairs nothing. What differs counts as a change made on that host from then on.',
      'Exit code 3 when there is a difference; conflicts, holds and problems are named and are none.',
    ],
  },
  {
    name: 'approve',
    says: 'let something pass that a guard holds',
    operands: [root],
    options: {
      on: onHost,
      prefer: {
        says: 'at a first sync, whose version counts: a host, newest, or ask',
        value: 'HOST|newest|ask',
        completes: 'hosts',
        words: ['newest', 'ask'],
      },
      'dry-run': dryRun,
      yes,
    },
    examples: [
      ['dsync approve', 'shows what is held, and asks'],
      ['dsync approve ~/projects --yes', 'for scripts'],
    ],
  },
  {
    name: 'pause',
    says: 'stop syncing, until resume',
    operands: [root],
    options: { on: onHost, 'dry-run': dryRun },
    examples: [['dsync pause ~/projects', 'one root']],
  },
  {
    name: 'resume',
    says: 'go on after pause',
    operands: [root],
    options: { on: onHost, 'dry-run': dryRun },
    examples: [['dsync resume', 'all roots']],
  },
]
