import type { CommandSpec } from '../command-spec.ts'
import { exitCodes } from '../exit-codes.ts'
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
    options: {
      'unless-stopped': { says: 'not if somebody has stopped it since the system was started; for cron' },
      'dry-run': dryRun,
    },
    examples: [['dsync start', 'start it, unless it runs already']],
    more: ['With a service (dsync service install), start, stop and restart act through what keeps the daemon up.'],
  },
  {
    name: 'stop',
    says: 'stop the daemon; changes wait until it starts again',
    operands: [],
    options: { 'dry-run': dryRun },
    examples: [['dsync stop && dsync start', 'always works']],
  },
  {
    name: 'restart',
    says: 'stop the daemon and start it again',
    operands: [],
    options: { 'dry-run': dryRun },
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
      'dry-run': { says: 'only show what it would wait for, as far as it is known now' },
    },
    examples: [
      ['dsync sync', 'returns when both sides agree'],
      ['dsync sync ~/projects/site --timeout 10', 'one directory, at most ten seconds'],
    ],
    more: ['Exit code 3 when conflicts stand, 4 when a guard or a problem keeps something, 7 when paused.'],
  },
  {
    name: 'run',
    says: 'run a command on another host, in the same directory, once everything is there',
    operands: [
      { name: 'COMMAND', says: 'a program that is found there', needed: true },
      { name: 'ARGUMENT', says: 'its arguments, as they are', needed: false, many: true },
    ],
    options: {
      on: { says: 'the host; needed where the root is on several', value: 'HOST', completes: 'hosts' },
      timeout: {
        says: 'for either wait, give up after so many seconds (60)',
        value: 'SECONDS',
        short: 't',
        atLeast: 0,
      },
      force: { says: 'run it though not everything is there' },
      'dry-run': dryRun,
    },
    examples: [
      ['dsync run -- make test', 'what you typed last is there, what it makes is here'],
      ['dsync run --on mac00 -- sh -c "uname -a | wc -c"', 'pipes and the like are a shell’s'],
    ],
    failure: exitCodes.notRun,
    more: [
      'Waits until the root around you agrees with that host, runs the command there, waits again.',
      'The exit code is that of the command, 128 and its number after a signal, 127 when there is no such program;',
      '125 when it was not run, the connection was lost, or what it wrote is not all here.',
    ],
  },
  {
    name: 'switch',
    says: 'bring everything to another host and open a shell there, in the same directory',
    operands: [{ name: 'HOST', says: 'the host', needed: true, completes: 'hosts' }],
    options: {
      timeout: {
        says: 'wait so many seconds for everything to be there (60)',
        value: 'SECONDS',
        short: 't',
        atLeast: 0,
      },
      'dry-run': dryRun,
      yes: { says: 'go on though not everything is there', short: 'y' },
    },
    examples: [
      ['dsync switch mac00', 'says what has not arrived there, and asks whether to go on'],
      ['dsync switch mac00 --dry-run', 'only says where it would take you'],
    ],
    failure: exitCodes.notRun,
    more: [
      'switch-mac00 is the same, where your shell loads dsync’s aliases.',
      'Outside all roots it opens your home there. Your own ssh configuration decides what is forwarded.',
      'It is a new shell: terminal sessions do not move yet. The exit code is that of the shell, 125 when it was not opened.',
    ],
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
  {
    name: 'reset',
    says: 'forget what was agreed on, so that both sides are compared anew',
    operands: [root],
    options: { on: onHost, 'dry-run': dryRun, yes },
    examples: [
      ['dsync reset ~/projects', 'says what it will do, and asks'],
      ['dsync reset ~/projects && dsync verify ~/projects', 'trust nothing that was known of the disks either'],
    ],
    more: [
      'All files, the trash, copies and settings stay. No deletion is inferred: what one side alone has comes back',
      'on the other; where both hold files and differ, the guard on a first sync asks. With or without a daemon.',
    ],
  },
]
