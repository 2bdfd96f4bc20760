import type { CommandSpec, OperandSpec, OptionSpec } from './command-spec.ts'

const path: OperandSpec = {
  name: 'PATH',
  says: 'a file or directory in a root; default: all roots',
  needed: false,
  completes: 'files',
}
const root: OperandSpec = { name: 'ROOT', says: 'a root; default: all', needed: false, completes: 'roots' }
const yes: OptionSpec = { says: 'do not ask', short: 'y' }
const dryRun: OptionSpec = { says: 'only show what would be done' }
const onHost: OptionSpec = { says: 'only this host', value: 'HOST', completes: 'hosts' }

/** Every command. What is not in here does not exist: parsing, help and suggestions read nothing else. */
export const commandTable: readonly CommandSpec[] = [
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
    name: 'conflicts',
    says: 'list what was changed on both sides',
    operands: [path],
    options: { on: onHost },
    examples: [['dsync conflicts', 'all of them, with the command that ends each']],
  },
  {
    name: 'diff',
    says: 'show both versions of conflicts',
    operands: [path],
    options: { on: onHost },
    examples: [['dsync diff notes.txt', 'this host first, the other second']],
    more: ['Exit code 3 when there is a difference.'],
  },
  {
    name: 'resolve',
    says: 'end conflicts by taking one version, or both',
    operands: [
      { name: 'PATH', says: 'a conflicting file, or a directory with conflicts', needed: false, completes: 'files' },
    ],
    options: {
      all: { says: 'every conflict' },
      mine: { says: "this host's version" },
      theirs: { says: "the other host's version" },
      take: { says: "this host's version, by name", value: 'HOST', completes: 'hosts' },
      newest: { says: 'the version that was changed last' },
      both: { says: "keep this host's version, and put the other beside it" },
      on: onHost,
      'dry-run': dryRun,
      yes,
    },
    examples: [
      ['dsync resolve notes.txt --mine', 'the other version goes to the trash'],
      ['dsync resolve --all --newest', 'asks first'],
    ],
    more: ['It acts on what was shown last, and refuses when that has changed since. The loser goes to the trash.'],
  },
  {
    name: 'undo',
    says: 'bring back what dsync replaced or deleted',
    operands: [
      {
        name: 'PATH|ID|GROUP',
        says: 'a path, or an id or group of dsync trash; default: what was done last',
        needed: false,
        completes: 'files',
      },
    ],
    options: {
      list: { says: 'only show what would come back' },
      'dry-run': { says: 'the same as --list' },
      on: { says: "from this host's trash", value: 'HOST', completes: 'hosts' },
    },
    examples: [
      ['dsync undo notes.txt', 'the version before the last sync'],
      ['dsync undo --list', 'what a plain undo would bring back'],
    ],
    more: ['What stands there now goes to the trash, so an undo can be undone.'],
  },
  {
    name: 'trash',
    says: 'list what dsync replaced or deleted',
    operands: [path],
    options: {
      on: { says: "only this host's trash", value: 'HOST', completes: 'hosts' },
      limit: { says: 'at most so many (50)', value: 'COUNT', short: 'n', atLeast: 1 },
    },
    examples: [['dsync trash ~/projects/site', 'with the id that dsync undo takes']],
  },
  {
    name: 'history',
    says: 'show what happened to a path, and which versions can be brought back',
    operands: [path],
    options: { limit: { says: 'at most so many (50)', value: 'COUNT', short: 'n', atLeast: 1 } },
    examples: [['dsync history notes.txt', 'newest first, under its earlier names too']],
    more: ['It reads the log of this host and the trash of all. Without a daemon, the log alone.'],
  },
  {
    name: 'why',
    says: 'say what state one path is in, and why',
    operands: [{ name: 'PATH', says: 'a file or directory', needed: true }],
    options: {},
    examples: [
      ['dsync why notes.txt', 'in sync, waiting, ignored, held, in conflict, …, and the command that comes next'],
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
    name: 'logs',
    says: 'show what was done',
    operands: [],
    options: {
      follow: { says: 'go on as it happens', short: 'f' },
      realtime: { says: 'only changes that travelled, with the time they took' },
      lines: { says: 'so many past lines (50)', value: 'COUNT', short: 'n', atLeast: 0 },
    },
    examples: [['dsync logs -f', 'until Ctrl-C']],
  },
  {
    name: 'hosts list',
    says: 'list the other hosts',
    operands: [],
    options: {},
    examples: [['dsync hosts', 'the same']],
  },
  {
    name: 'hosts add',
    says: 'add another host',
    operands: [{ name: 'NAME', says: 'what to call it', needed: true }],
    options: {
      ssh: { says: 'what ssh is told, if not the name: an alias, USER@HOST or ssh://USER@HOST:PORT', value: 'TARGET' },
      pipe: { says: 'a directory of this machine that plays the host', value: 'DIR', completes: 'directories' },
      'dry-run': dryRun,
    },
    examples: [
      ['dsync hosts add mac00', 'as `ssh mac00` reaches it'],
      ['dsync hosts add mac00 --ssh dev@mac00.local', 'as another user'],
      ['dsync hosts add twin --pipe /mnt/disk', 'an external disk; roots lie below it as they do below your home'],
    ],
  },
  {
    name: 'hosts remove',
    says: 'forget a host that no root is on',
    operands: [{ name: 'NAME', says: 'the host', needed: true, completes: 'hosts' }],
    options: { 'dry-run': dryRun },
    examples: [['dsync hosts remove twin', 'its files stay as they are']],
  },
  {
    name: 'hosts check',
    says: 'see whether hosts can be reached',
    operands: [{ name: 'NAME', says: 'the host; default: all', needed: false, completes: 'hosts' }],
    options: {},
    examples: [['dsync hosts check', 'exit code 5 when one cannot be reached']],
  },
  {
    name: 'roots list',
    says: 'list the directories that are kept in sync',
    operands: [],
    options: {},
    examples: [['dsync roots', 'the same']],
  },
  {
    name: 'roots add',
    says: 'keep a directory in sync',
    operands: [{ name: 'DIR', says: 'the directory', needed: true, completes: 'directories' }],
    options: {
      on: { says: 'the hosts it is to be on (all)', value: 'HOST', completes: 'hosts', many: true },
      at: { says: 'where it lies on a host, if not at the same place under the home', value: 'HOST=PATH', many: true },
      watcher: {
        says: 'how changes are noticed, here or on a host: auto, inotify, fs-watch, fsevents, chokidar, polling',
        value: '[HOST=]NAME',
        words: ['auto', 'inotify', 'fs-watch', 'fsevents', 'chokidar', 'polling'],
        many: true,
      },
      'dry-run': dryRun,
    },
    examples: [
      ['dsync roots add ~/projects', 'on all hosts, at the same place under the home'],
      ['dsync roots add ~/notes --at twin=/mnt/disk/texts', 'elsewhere on one host'],
    ],
  },
  {
    name: 'roots remove',
    says: 'keep a directory in sync no longer',
    operands: [{ name: 'DIR', says: 'the root', needed: true, completes: 'roots' }],
    options: { on: { says: 'only on this host', value: 'HOST', completes: 'hosts', many: true }, 'dry-run': dryRun },
    examples: [['dsync roots remove ~/projects', 'its files stay as they are, everywhere']],
  },
  {
    name: 'roots show',
    says: 'show where a root lies',
    operands: [{ name: 'DIR', says: 'the root', needed: true, completes: 'roots' }],
    options: {},
    examples: [['dsync roots show ~/projects', 'on every host']],
  },
  {
    name: 'config get',
    says: 'show settings, and where they come from',
    operands: [
      {
        name: 'KEY',
        says: 'a setting, or what several begin with; default: all',
        needed: false,
        completes: 'settings',
      },
    ],
    options: {},
    examples: [
      ['dsync config', 'all of them'],
      ['dsync config get roots.~/projects.watcher', 'one'],
    ],
  },
  {
    name: 'config set',
    says: 'change a setting',
    operands: [
      { name: 'KEY', says: 'the setting, as dsync config get shows it', needed: true, completes: 'settings' },
      { name: 'VALUE', says: 'a text, a list with commas, or JSON', needed: false },
    ],
    options: { default: { says: 'remove it instead, so that its default counts' }, 'dry-run': dryRun },
    examples: [
      ['dsync config set roots.~/projects.watcher polling', 'look every few seconds instead of being told'],
      ['dsync config set ssh.program --default', 'as if it had never been set'],
    ],
    more: ['Comments and order of config.json stay as they are. The daemon takes it up at once.'],
  },
  {
    name: 'config edit',
    says: 'edit the settings in your editor',
    operands: [
      {
        name: 'FILE',
        says: 'config (config.json) or paths (paths.txt); default: config',
        needed: false,
        words: ['config', 'paths'],
      },
    ],
    options: {},
    examples: [
      ['dsync config edit', 'in $VISUAL, else $EDITOR, else vi'],
      ['dsync config edit paths', 'the list of roots'],
    ],
    more: ['You edit a copy. It takes the place of the file once nothing is wrong with it, and is never thrown away.'],
  },
  {
    name: 'config check',
    says: 'list every mistake in the settings',
    operands: [],
    options: {},
    examples: [['dsync config check', 'each with its file, line and column']],
    more: ['Exit code 2 when there is one.'],
  },
  {
    name: 'completions',
    says: 'make your shell complete the words of a dsync command line',
    operands: [
      { name: 'SHELL', says: 'bash, zsh or fish', needed: true, words: ['bash', 'zsh', 'fish'] },
      {
        name: 'WORD',
        says: 'complete the last of these instead of printing the code for the shell',
        needed: false,
        many: true,
      },
    ],
    options: {},
    examples: [
      ['dsync completions bash', 'in ~/.bashrc: eval "$(dsync completions bash)"'],
      ['dsync completions zsh', 'in ~/.zshrc, after compinit: eval "$(dsync completions zsh)"'],
      ['dsync completions fish', 'in ~/.config/fish/config.fish: dsync completions fish | source'],
    ],
  },
]

/** What every command takes. */
export const globalOptions: Readonly<Record<string, OptionSpec>> = {
  json: { says: 'print one JSON object' },
  help: { says: 'show this', short: 'h' },
}

/** What each group does when it is named alone. */
export const groupDefaults: Readonly<Record<string, string>> = { hosts: 'list', roots: 'list', config: 'get' }
